//! An order, taken in five turns of a model, with a tool that must not run twice. Kill it wherever
//! you like: `resume` goes on with the turn it was in.
//!
//! ```sh
//! export OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3.2
//! cargo run --example five_turns --features openai -- run --run-id seven --input "Order 7: tea, a cup, a ribbon"
//! # Ctrl-C, kill -9, a power cut ..
//! cargo run --example five_turns --features openai -- resume seven
//! ```
//!
//! What the tools do is a line each in `ledger.txt`, or in the file that `FIVE_TURNS_LEDGER` names.
//! `FIVE_TURNS_PAUSE_MS` keeps a tool busy for so long after its line is written: time to kill it
//! between what it did and the record of it.

use std::{env, fs::OpenOptions, io::Write, path::PathBuf, time::Duration};

use agno::prelude::*;

/// Takes an order: reserves what is in it, and charges for it.
#[workflow(name = "Five turns")]
struct Order {
    /// Asks the model, which wants the tools.
    #[step]
    clerk: Agent,
}

/// Puts something aside for the customer. To do it again changes nothing.
#[tool]
async fn reserve(
    /// What to put aside.
    item: String,
    context: &ToolContext,
) -> Result<String> {
    Ledger::of(context)?.write("reserve", item).await
}

/// Charges the customer's card. It is never called again unless it is known not to have run.
#[tool(idempotent = false)]
async fn charge(
    /// What to charge for.
    item: String,
    context: &ToolContext,
) -> Result<String> {
    Ledger::of(context)?.write("charge", item).await
}

/// The world outside: a file that remembers what was done.
#[derive(Clone)]
struct Ledger {
    file: PathBuf,
    pause: Duration,
}

impl Ledger {
    fn from_env() -> Result<Self> {
        let pause = match env::var("FIVE_TURNS_PAUSE_MS") {
            Ok(millis) => Duration::from_millis(millis.parse()?),
            Err(_) => Duration::ZERO,
        };
        let file = env::var_os("FIVE_TURNS_LEDGER").map_or("ledger.txt".into(), PathBuf::from);
        Ok(Self { file, pause })
    }

    fn of(context: &ToolContext) -> Result<&Self> {
        let ledger = context.dependency();
        ledger.ok_or_else(|| Error::new("no_ledger", "the agent was built without a ledger"))
    }

    /// Writes a line that is on disk when this returns.
    async fn write(&self, what: &str, item: String) -> Result<String> {
        let file = self.file.clone();
        let line = format!("{what} {}\n", item.escape_debug());
        let writing = tokio::task::spawn_blocking(move || {
            let mut file = OpenOptions::new().create(true).append(true).open(file)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()
        });
        writing.await??;
        tokio::time::sleep(self.pause).await;
        Ok(format!("{what} {item}: done"))
    }
}

fn main() -> Result<ExitCode> {
    let clerk = Agent::builder("Clerk")
        .instructions([
            "Reserve every item of the order.",
            "Charge for every item that is reserved.",
            "Then say in a sentence what you did.",
        ])
        .tool(reserve::tool())
        .tool(charge::tool())
        .dependency(Ledger::from_env()?)
        .build()?;
    // Only to do something are five turns taken, and the offline model only quotes.
    ensure!(
        clerk.model().name() != "offline",
        "this needs a real model: set OPENAI_API_KEY, or OPENAI_BASE_URL and OPENAI_MODEL"
    );
    Ok(agno::app().workflow(Order { clerk }).main())
}
