// Wanted: words for people from a step.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn price(&self, item: String) -> Result<u64> {
        flow.say("looking it up");
        Ok(item.len() as u64)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
