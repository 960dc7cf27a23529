// Wanted: a counter that several steps raise.
use std::sync::{Arc, Mutex};

use agno::prelude::*;

#[data]
struct Page {
    views: Mutex<u32>,
    title: Arc<String>,
}

fn main() {}
