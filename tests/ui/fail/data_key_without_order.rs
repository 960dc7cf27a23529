// Wanted: how many orders have which status, in order.
use std::collections::BTreeMap;

use agno::prelude::*;

#[data]
#[derive(PartialEq, Eq)]
enum Status {
    Open,
    Paid,
}

#[data]
struct Count {
    orders: BTreeMap<Status, u32>,
}

fn main() {}
