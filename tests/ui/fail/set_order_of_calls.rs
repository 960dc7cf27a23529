// Wanted: one call for each different customer, at the same time.
use std::collections::HashSet;

use agno::prelude::*;

#[workflow]
struct Billing;

#[workflow]
impl Billing {
    #[step]
    async fn bill(&self, customer: String) -> Result<String> {
        Ok(customer)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, orders: Vec<String>) -> Result<Vec<String>> {
        let customers: HashSet<String> = orders.into_iter().collect();
        flow.map(customers, |customer| flow.bill(customer)).await
    }
}

fn main() {}
