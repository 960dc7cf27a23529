// Wanted: keep the whole report.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Notes {
    drafts: u32,
}

#[workflow]
struct Article;

#[workflow(state = Notes)]
impl Article {
    #[step]
    async fn write(&self, notes: &mut Notes, topic: String) -> Result<String> {
        notes.drafts += 1;
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.report(topic).await?)
    }

    #[flow(cache(ttl = "1h"))]
    async fn report(flow: &Flow<Self>, topic: String) -> Result<String> {
        Ok(flow.write(topic).await?)
    }
}

fn main() {}
