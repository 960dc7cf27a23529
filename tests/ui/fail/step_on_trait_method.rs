// Wanted: a step with several bodies.
use agno::prelude::*;

trait Search {
    #[step]
    async fn search(&self, topic: String) -> Result<String>;
}

fn main() {}
