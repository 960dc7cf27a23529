// Wanted: the program of the comparison in the guide, without a fault.
use agno::prelude::*;

#[data]
struct Text {
    words: String,
}

#[workflow]
struct Report;

#[workflow]
impl Report {
    #[step]
    async fn count(&self, topic: String) -> Result<u64> {
        Ok(topic.len() as u64)
    }

    #[step]
    async fn write(&self, n: u64) -> Result<Text> {
        Ok(Text { words: format!("{n} letters") })
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Text> {
        let n = flow.count(topic.clone()).await?;
        flow.write(n).await
    }
}

fn main() {
    let _app = agno::app().workflow(Report);
}
