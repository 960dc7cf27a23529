// Wanted: a shape of whatever kind.
use agno::prelude::*;

trait Shape {
    fn area(&self) -> f64;
}

#[data]
struct Drawing {
    shapes: Vec<Box<dyn Shape>>,
}

fn main() {}
