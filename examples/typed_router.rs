//! A route carries what its steps need: an enum with data. A route that nobody handles does not
//! compile, and a route without its data cannot be made.
//!
//! ```sh
//! cargo run --example typed_router -- run --message "Refund 19.90 for order 4711"
//! cargo run --example typed_router -- run --message "I cannot log in as ada@example.com"
//! cargo run --example typed_router -- run --message "Are you open on Sunday?"
//! ```

use agno::prelude::*;

/// Where a message goes, with what is needed there.
#[data]
enum Route {
    /// Money back.
    Refund { order: u64, cents: u64 },
    /// A new password.
    Reset(String),
    /// A person reads it.
    Other,
}

/// Sends a customer's message to who can help.
#[workflow]
struct TypedRouter;

#[workflow]
impl TypedRouter {
    /// Reads the message. An agent of type `Agent<Route>` would do the same.
    #[step]
    async fn route(&self, message: String) -> Result<Route> {
        let words = || {
            message
                .split_whitespace()
                .map(|word| word.trim_matches('.'))
        };
        let order = words().filter_map(|word| word.parse().ok()).next_back();
        let price = words().find_map(|word| word.split_once('.'));
        Ok(
            match (order, price, words().find(|word| word.contains('@'))) {
                (Some(order), Some((euros, cents)), _) => Route::Refund {
                    order,
                    cents: euros.parse::<u64>()? * 100 + cents.parse::<u64>()?,
                },
                (_, _, Some(address)) => Route::Reset(address.to_owned()),
                _ => Route::Other,
            },
        )
    }

    /// Pays back.
    #[step]
    async fn refund(&self, order: u64, cents: u64) -> Result<String> {
        Ok(format!("{cents} cents for order {order} are on their way."))
    }

    /// Sends a link.
    #[step]
    async fn reset(&self, address: String) -> Result<String> {
        Ok(format!("A link was sent to {address}."))
    }

    /// Puts the message on somebody's desk.
    #[step]
    async fn hand_over(&self, message: String) -> Result<String> {
        Ok(format!("Somebody reads it: {message}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, message: String) -> Result<String> {
        match flow.route(message.clone()).await? {
            Route::Refund { order, cents } => flow.refund(order, cents).await,
            Route::Reset(address) => flow.reset(address).await,
            Route::Other => flow.hand_over(message).await,
        }
    }
}

fn main() -> ExitCode {
    agno::app().workflow(TypedRouter).main()
}
