// Wanted: a client that all tools share.
use agno::prelude::*;
use std::rc::Rc;

fn main() {
    let _agent = Agent::builder("Writer").dependency(Rc::new(String::new()));
}
