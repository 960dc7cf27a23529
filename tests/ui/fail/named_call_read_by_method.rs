// Wanted: how many items there are.
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
    async fn run(flow: &Flow<Self>, list: String) -> Result<usize> {
        let items = flow.items(list);
        if items.is_empty() {
            bail!("nothing to buy");
        }
        Ok(items.len())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
