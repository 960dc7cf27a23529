// Wanted: a shop that can be another one.
use agno::prelude::*;
use std::sync::Arc;

trait Shop {
    fn price(&self, item: &str) -> u32;
}

struct Corner;

impl Shop for Corner {
    fn price(&self, item: &str) -> u32 {
        item.len() as u32
    }
}

#[workflow]
struct Order {
    shop: Arc<dyn Shop>,
}

#[workflow]
impl Order {
    #[step]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(self.shop.price(&item))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.price(item).await
    }
}

fn main() -> ExitCode {
    agno::app()
        .workflow(Order {
            shop: Arc::new(Corner),
        })
        .main()
}
