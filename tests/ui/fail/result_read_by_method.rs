// Wanted: whether anything is found.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn items(&self, list: String) -> Result<Vec<String>> {
        Ok(list.lines().map(str::to_owned).collect())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, list: String) -> Result<bool> {
        let is_empty = flow.items(list).await.is_empty();
        Ok(is_empty)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
