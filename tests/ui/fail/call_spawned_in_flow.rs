// Wanted: a call that runs while the flow goes on.
use agno::prelude::*;
mod tokio {
    pub fn spawn<F: Future>(future: F) -> impl Future<Output = F::Output> {
        future
    }
}

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn price(&self, item: String) -> Result<u32> {
        Ok(item.parse()?)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        let price = tokio::spawn(flow.price(item));
        Ok(price.await?)
    }
}

fn main() {}
