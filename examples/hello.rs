//! The smallest program: two steps, and what the first has done is kept when the second fails.
//!
//! ```sh
//! cargo run --example hello -- run --name World
//! ```

use agno::prelude::*;

/// Somebody to greet.
#[data]
pub(crate) struct Person {
    /// What people call them.
    #[schemars(length(min = 1))]
    name: String,
}

/// Greets somebody, loudly.
#[workflow]
#[derive(Debug)]
pub(crate) struct Hello;

#[workflow]
impl Hello {
    /// Greets somebody by name.
    #[step(retry(max = 3))]
    async fn greet(&self, person: Person) -> Result<String> {
        Ok(format!("Hello, {}!", person.name.trim()))
    }

    /// Says it louder.
    #[step]
    async fn shout(&self, greeting: String) -> String {
        greeting.to_uppercase()
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Hello).main()
}
