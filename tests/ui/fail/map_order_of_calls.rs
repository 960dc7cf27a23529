// Wanted: one call for each customer.
use std::collections::HashMap;

use agno::prelude::*;

#[workflow]
struct Billing;

#[workflow]
impl Billing {
    #[step]
    async fn bill(&self, customer: String, cents: u64) -> Result<String> {
        Ok(format!("{customer}: {cents}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, orders: Vec<(String, u64)>) -> Result<Vec<String>> {
        let mut sums = HashMap::new();
        for (customer, cents) in orders {
            *sums.entry(customer).or_insert(0) += cents;
        }
        let mut bills = Vec::new();
        for (customer, cents) in &sums {
            bills.push(flow.bill(customer.clone(), *cents).await?);
        }
        Ok(bills)
    }
}

fn main() {}
