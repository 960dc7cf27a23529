// Wanted: a workflow over any catalogue.
use agno::prelude::*;

trait Catalogue: Send + Sync + 'static {
    fn price(&self, name: &str) -> u32;
}

#[workflow]
struct Desk<C: Catalogue> {
    catalogue: C,
}

#[workflow]
impl<C: Catalogue> Desk<C> {
    #[step]
    async fn price(&self, name: String) -> u32 {
        self.catalogue.price(&name)
    }
}

fn main() {}
