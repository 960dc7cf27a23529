// Wanted: a name in one's own language.
use agno::prelude::*;

/// Sucht im Handbuch.
#[tool]
fn prüfe(
    /// Was gesucht wird.
    begriff: String,
) -> String {
    begriff
}

fn main() {
    let _ = prüfe::tool();
}
