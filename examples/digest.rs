//! Digests a folder of documents. (Being written.)
fn main() {}
