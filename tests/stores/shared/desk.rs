//! The program of these tests.

use std::path::PathBuf;

use agno::{File, prelude::*};

use crate::program::{arguments, exit_with};

#[data]
pub(super) struct Visit {
    pub(super) name: String,
    /// Waits until there is such a file.
    pub(super) door: Option<PathBuf>,
    pub(super) asks: bool,
}

#[data]
#[derive(Default, State)]
pub(super) struct Visits {
    #[merge(sum)]
    pub(super) count: u32,
}

/// Lets visitors in.
#[workflow]
#[derive(Debug)]
pub(super) struct Desk {}

#[workflow(state = Visits)]
impl Desk {
    #[step(cache(ttl = "1h", tags = "greetings"))]
    async fn greet(&self, name: String) -> Result<String> {
        ensure!(name != "trouble", "no entry");
        Ok(format!("hello, {name}"))
    }

    #[step]
    async fn sign(&self, context: &StepContext, name: String) -> Result<File> {
        File::store(context, format!("signed: {name}").into_bytes()).await
    }

    #[step]
    async fn wait(&self, door: PathBuf) -> Result<bool> {
        while !door.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(true)
    }

    #[step]
    async fn count(&self, visits: &mut Visits) -> Result<u32> {
        visits.count += 1;
        Ok(visits.count)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, visit: Visit) -> Result<String> {
        let greeting = flow.greet(visit.name.clone()).await?;
        flow.sign(visit.name).await?;
        if let Some(door) = visit.door {
            flow.wait(door).await?;
        }
        if visit.asks {
            flow.confirm("Let them in?").await?;
        }
        flow.count().await?;
        Ok(greeting)
    }
}

/// The input of a run.
pub(super) fn visit(name: &str) -> String {
    serde_json::json!({"name": name, "door": null, "asks": false}).to_string()
}

#[test]
#[ignore = "the other process of the tests of this module"]
fn program() {
    let Some(args) = arguments() else { return };
    exit_with(agno::app().workflow(Desk {}).run_from(args));
}
