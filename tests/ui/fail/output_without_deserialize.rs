// Wanted: an output with derives of one's own; `Deserialize` was forgotten.
use agno::prelude::*;

#[derive(Serialize, JsonSchema)]
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
