// Wanted: a workflow that looks things up in a catalogue of its caller.
use agno::prelude::*;

trait Catalogue: Send + Sync {
    fn price(&self, name: &str) -> u32;
}

#[workflow]
struct Desk<'a> {
    catalogue: &'a dyn Catalogue,
}

#[workflow]
impl Desk<'_> {
    #[step]
    async fn price(&self, name: String) -> u32 {
        self.catalogue.price(&name)
    }
}

fn main() {}
