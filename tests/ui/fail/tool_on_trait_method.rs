// Wanted: a tool with several bodies.
use agno::prelude::*;

pub trait Search {
    /// Searches.
    #[tool]
    fn search(query: String) -> String;
}

fn main() {}
