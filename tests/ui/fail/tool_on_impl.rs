// Wanted: every method as a tool.
use agno::prelude::*;

struct Handbook;

#[tool]
impl Handbook {
    /// Searches the handbook.
    pub async fn search(query: String) -> String {
        query
    }
}

fn main() {
    let _ = Handbook::search(String::new());
}
