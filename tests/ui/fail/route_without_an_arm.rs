// Wanted: who asks for support is sent there.
use agno::prelude::*;

#[data]
pub enum Route {
    Sales,
    Support,
}

#[workflow]
struct Router;

#[workflow]
impl Router {
    #[step]
    async fn route(&self, text: String) -> Result<Route> {
        Ok(if text.contains("buy") { Route::Sales } else { Route::Support })
    }

    #[step]
    async fn sell(&self, text: String) -> Result<String> {
        Ok(text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<String> {
        match flow.route(text.clone()).await? {
            Route::Sales => flow.sell(text).await,
        }
    }
}

fn main() {}
