//! A conversation, one run a message: the flow sees what the session's earlier runs were asked and
//! what they answered, as values. Another session begins anew.
//!
//! ```sh
//! cargo run --example session_history -- run --session ada --message "two loaves of rye"
//! cargo run --example session_history -- run --session ada --message "a dozen rolls"
//! cargo run --example session_history -- run --session ada --message "that is all"
//! cargo run --example session_history -- sessions
//! ```
//!
//! A step that is an agent gets its own earlier exchanges, as messages, with `#[step(history = 5)]`.

use agno::prelude::*;

/// So many messages are looked back on.
const MESSAGES: usize = 5;

/// Takes orders in a bakery.
#[workflow]
struct SessionHistory;

#[workflow]
impl SessionHistory {
    /// Repeats what was ordered.
    #[step]
    async fn confirm_order(&self, items: Vec<String>) -> Result<String> {
        ensure!(!items.is_empty(), "nothing was ordered");
        Ok(format!("You get: {}.", items.join(", ")))
    }

    /// Notes an item.
    #[step]
    async fn note(&self, item: String, place: usize) -> Result<String> {
        Ok(format!("Noted as number {place}: {item}. Anything else?"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, message: String) -> Result<String> {
        let mut items = Vec::new();
        for past in flow.history(MESSAGES).await? {
            let (asked, answered): (String, String) = (past.input_as()?, past.output_as()?);
            if answered.starts_with("You get") {
                items.clear();
            } else {
                items.push(asked);
            }
        }
        if message == "that is all" {
            return flow.confirm_order(items).await;
        }
        flow.note(message, items.len() + 1).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(SessionHistory).main()
}
