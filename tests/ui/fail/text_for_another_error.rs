// Wanted: a message of one's own for an error.
use agno::prelude::*;

#[workflow]
struct Orders;

#[workflow]
impl Orders {
    #[step]
    async fn count(&self, text: String) -> Result<u32> {
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<u32> {
        flow.count(text).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Orders).main()
}
