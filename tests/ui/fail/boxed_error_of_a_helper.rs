// Wanted: the price, by a helper with any error.
use agno::prelude::*;

fn parse(text: &str) -> Result<u64, Box<dyn std::error::Error>> {
    Ok(text.trim().parse()?)
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
