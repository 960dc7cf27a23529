// Wanted: a report with the file that it stands in.
use std::fs::File;

use agno::prelude::*;

#[data]
struct Report {
    title: String,
    file: File,
}

fn main() {}
