// Wanted: a sub-flow for each invoice; it is called as a function.
use agno::prelude::*;

#[workflow]
struct Invoices;

#[workflow]
impl Invoices {
    #[step]
    async fn check(&self, invoice: String) -> Result<String> {
        Ok(invoice)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, invoices: Vec<String>) -> Result<Vec<String>> {
        flow.map(invoices, |invoice| Self::handle(flow, invoice)).await
    }

    #[flow]
    async fn handle(flow: &Flow<Self>, invoice: String) -> Result<String> {
        flow.check(invoice).await
    }
}

fn main() {}
