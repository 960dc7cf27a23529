// Wanted: a step that fails with a text, by a question mark.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> agno::Result<u32> {
        match item.as_str() {
            "" => Err("no item".to_string())?,
            _ => Ok(1),
        }
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
