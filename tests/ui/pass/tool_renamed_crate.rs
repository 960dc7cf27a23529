// The library under another name.
extern crate agno as durable;

mod inner {
    use durable::prelude::*;

    #[data(crate = durable)]
    #[derive(Default, State)]
    #[state(crate = durable)]
    pub struct Notes {
        words: Vec<String>,
    }

    /// Keeps a word.
    #[tool(crate = durable, timeout = "5s")]
    pub async fn keep(
        /// The word.
        word: String,
        notes: &mut Notes,
    ) -> Result<usize> {
        notes.words.push(word);
        Ok(notes.words.len())
    }
}

fn main() {
    assert_eq!(inner::keep::tool().name(), "keep");
}
