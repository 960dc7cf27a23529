// Wanted: three retries.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step(retires = 3)]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }
}

fn main() {}
