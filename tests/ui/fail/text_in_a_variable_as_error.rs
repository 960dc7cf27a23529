// Wanted: an error whose text is put together ahead of it.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn first(&self, item: String) -> Result<char> {
        let missing = format!("nothing in {item:?}");
        let first = item.chars().next().ok_or(missing)?;
        Ok(first)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
