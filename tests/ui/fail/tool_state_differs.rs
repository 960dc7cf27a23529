// Wanted: an agent with a tool that keeps notes, in a workflow that counts.
use agno::prelude::*;

#[agno::data]
#[derive(Default, State)]
struct Notes {
    lines: Vec<String>,
}

#[agno::data]
#[derive(Default, State)]
struct Count {
    calls: u32,
}

#[workflow]
struct Article {
    writer: Agent,
}

#[workflow(state = Count)]
impl Article {
    #[step]
    async fn write(&self, notes: &mut Notes, topic: String) -> Result<String> {
        self.writer.run(topic).state(notes).await
    }
}

fn main() {}
