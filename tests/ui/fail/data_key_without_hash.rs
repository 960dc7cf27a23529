// Wanted: how many orders have which status.
use std::collections::HashMap;

use agno::prelude::*;

#[data]
enum Status {
    Open,
    Paid,
}

#[data]
struct Count {
    orders: HashMap<Status, u32>,
}

fn main() {}
