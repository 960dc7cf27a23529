// Wanted: a step that fails with a text.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<u32> {
        if item.is_empty() {
            return Err("no item");
        }
        Ok(1)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
