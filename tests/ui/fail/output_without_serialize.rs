// Wanted: an output with derives of one's own; `Serialize` was forgotten.
use agno::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(crate = "agno::__private::serde")]
#[schemars(crate = "agno::__private::schemars")]
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
