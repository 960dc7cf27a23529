//! Started here, run there, looked at from anywhere: a run is put down, a worker takes it up, and
//! other processes ask how far it is.
//!
//! ```sh
//! cargo run --example background -- run --detach --run-id films --topic films --parts 30
//! cargo run --example background -- worker &
//! cargo run --example background -- show films --follow
//! cargo run --example background -- cancel films            # or let it come to its end
//! ```

use std::time::Duration;

use agno::prelude::*;

/// What is to be reported on.
#[data]
struct Wish {
    /// The topic.
    #[schemars(length(min = 1))]
    topic: String,
    /// In so many parts.
    #[schemars(range(min = 1, max = 1_000))]
    parts: u32,
}

/// Writes a long report.
#[workflow]
struct Background;

#[workflow]
impl Background {
    /// Writes a part, which takes its time.
    #[step]
    async fn write(&self, topic: String, part: u32) -> Result<String> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(format!("{topic}, part {part}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, wish: Wish) -> Result<String> {
        let Wish { topic, parts } = wish;
        let mut report = Vec::new();
        for part in 1..=parts {
            report.push(flow.write(topic.clone(), part).await?);
            flow.say(format!("{part} of {parts}"));
        }
        Ok(report.join("\n"))
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Background).main()
}
