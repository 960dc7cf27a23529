//! A trade waits for a person, for as long as it takes: the program ends, another one gives the
//! answer, and only then is the order placed, once.
//!
//! ```sh
//! cargo run --example trade_approval -- run --run-id trade-1 --symbol ACME --shares 300
//! cargo run --example trade_approval -- inbox
//! cargo run --example trade_approval -- approve ID --by anna    # the ID is in the inbox
//! ```
//!
//! Small trades need nobody, and a question that nobody answers in a day is a no.

use agno::prelude::*;

/// What is to be bought.
#[data]
struct Trade {
    /// The share.
    #[schemars(length(min = 1, max = 12))]
    symbol: String,
    /// How many.
    #[schemars(range(min = 1))]
    shares: u32,
}

/// An offer, at a price that was valid as it was made.
#[data]
struct Quote {
    symbol: String,
    shares: u32,
    cents: u64,
}

/// Buys shares, with approval above a limit.
#[workflow]
struct TradeApproval;

#[workflow]
impl TradeApproval {
    /// Asks for a price.
    #[step(retry(max = 3, backoff = "500ms"))]
    async fn quote(&self, trade: Trade) -> Result<Quote> {
        let Trade { symbol, shares } = trade;
        let cents = 4_200 * u64::from(shares);
        Ok(Quote {
            symbol,
            shares,
            cents,
        })
    }

    /// Places the order. After a crash in the middle of it the run says that it may have been
    /// placed, and does not place it again.
    #[step(at_most_once)]
    async fn execute(&self, quote: Quote, context: &StepContext) -> Result<String> {
        context.progress(format!("order {}", context.idempotency_key()));
        let Quote {
            symbol,
            shares,
            cents,
        } = quote;
        Ok(format!(
            "Bought {shares} {symbol} for {}.{:02} EUR.",
            cents / 100,
            cents % 100
        ))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, trade: Trade) -> Result<String> {
        let quote = flow.quote(trade).await?;
        let Quote {
            symbol,
            shares,
            cents,
        } = &quote;
        if *cents > 1_000_000 {
            let question = format!("Buy {shares} {symbol} for {} EUR?", cents / 100);
            let day = std::time::Duration::from_secs(24 * 3_600);
            if !flow.confirm(question).or_after(day, false).await? {
                return Ok(format!(
                    "Nothing was bought: {shares} {symbol} were declined."
                ));
            }
        }
        flow.execute(quote).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(TradeApproval).main()
}
