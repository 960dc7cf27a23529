// Wanted: an output with derives of one's own; `JsonSchema` was forgotten.
use agno::prelude::*;

#[derive(Serialize, Deserialize)]
#[serde(crate = "agno::__private::serde")]
struct Draft {
    text: String,
}

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn write(&self, text: String) -> Result<Draft> {
        Ok(Draft { text })
    }
}

fn main() {}
