// Wanted: a method as a tool.
use agno::prelude::*;

struct Handbook(String);

impl Handbook {
    /// Searches the handbook.
    #[tool]
    async fn search(
        &self,
        /// What to look for.
        query: String,
    ) -> bool {
        self.0.contains(&query)
    }
}

fn main() {
    let _ = Handbook(String::new()).search(String::new());
}
