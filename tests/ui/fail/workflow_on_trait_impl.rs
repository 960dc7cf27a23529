// Wanted: steps in a trait.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Clone for Article {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
