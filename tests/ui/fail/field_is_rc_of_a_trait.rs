// Wanted: a workflow that looks things up in a catalogue.
use std::rc::Rc;

use agno::prelude::*;

trait Catalogue {
    fn price(&self, name: &str) -> u32;
}

#[workflow]
struct Desk {
    catalogue: Rc<dyn Catalogue>,
}

#[workflow]
impl Desk {
    #[step]
    async fn price(&self, name: String) -> u32 {
        self.catalogue.price(&name)
    }
}

fn main() {}
