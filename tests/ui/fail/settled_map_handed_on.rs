// Wanted: hosts probed, failures among them, and each classified.
use agno::prelude::*;

#[data]
struct Probe {
    millis: u32,
}

#[workflow]
struct Nightly;

#[workflow]
impl Nightly {
    #[step]
    async fn probe(&self, host: String) -> Result<Probe> {
        Ok(Probe {
            millis: host.len() as u32,
        })
    }

    #[step]
    async fn classify(&self, probe: Probe) -> bool {
        probe.millis < 100
    }

    #[flow]
    async fn run(flow: &Flow<Self>, hosts: Vec<String>) -> Result<usize> {
        let answers = flow.map(hosts, |host| flow.probe(host).settle()).await?;
        let fast = flow.map(answers, |probe| flow.classify(probe)).await?;
        Ok(fast.len())
    }
}

fn main() {}
