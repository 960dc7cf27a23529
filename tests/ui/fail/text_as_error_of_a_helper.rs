// Wanted: the price, by a helper whose error is a text.
use agno::prelude::*;

fn parse(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no price"))
}

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn price(&self, text: String) -> Result<u64> {
        Ok(parse(&text)?)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
