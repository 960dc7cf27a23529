// Wanted: pass a connection to a step.
use agno::prelude::*;

struct Connection(std::net::TcpStream);

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, on: Connection) -> Result<String> {
        Ok(format!("{:?}", on.0))
    }
}

fn main() {}
