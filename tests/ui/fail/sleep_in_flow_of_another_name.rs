// Wanted: wait an hour, in a flow whose parameter is called otherwise.
use agno::prelude::*;
mod tokio {
    pub mod time {
        pub async fn sleep(_: std::time::Duration) {}
    }
}

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[flow]
    async fn run(shop: &Flow<Self>, item: String) -> Result<u32> {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        shop.buy(item).await
    }
}

fn main() {}
