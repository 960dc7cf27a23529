// Wanted: count while waiting.
use std::rc::Rc;

use agno::prelude::*;

async fn fetch() {}

/// Counts.
#[tool]
async fn count(
    /// What to count.
    words: String,
) -> usize {
    let words = Rc::new(words);
    fetch().await;
    words.len()
}

fn main() {
    let _ = count::tool();
}
