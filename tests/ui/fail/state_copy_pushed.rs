// Wanted: to note something in the flow.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    drafts: u32,
    log: Vec<String>,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<u32> {
        flow.search(topic.clone()).await?;
        flow.state().log.push(topic);
        Ok(flow.state().drafts)
    }
}

fn main() {}
