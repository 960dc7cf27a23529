// Wanted: a value that borrows its text.
use agno::prelude::*;

#[data]
struct Quote<'a> {
    item: &'a str,
    price: u64,
}

fn show(quote: &Quote<'_>) -> String {
    format!("{}: {}", quote.item, quote.price)
}

fn main() {
    println!("{}", show(&Quote { item: "tea", price: 3 }));
}
