// Wanted: the text of an error as the error.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn price(&self, text: String) -> Result<u64> {
        let price = text.parse::<u64>().map_err(|e| e.to_string())?;
        Ok(price)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
