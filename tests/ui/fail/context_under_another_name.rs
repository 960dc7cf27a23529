// Wanted: the number of the attempt.
use agno::StepContext as Context;
use agno::prelude::*;

#[workflow]
struct Orders;

#[workflow]
impl Orders {
    #[step]
    async fn buy(&self, context: &Context, item: String) -> Result<String> {
        Ok(format!("{item}, attempt {}", context.attempt()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<String> {
        flow.buy(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Orders).main()
}
