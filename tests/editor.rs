//! What an editor shows while a workflow is typed: rust-analyzer is driven as an editor drives it, on
//! the half-typed files in `editor/files`. The first line of each says what its author is doing.
//!
//! Names of options inside `#[step(..)]` are not among it: rust-analyzer completes them for the
//! language's own attributes only.
//!
//! Without rust-analyzer the test is skipped and says so. `cargo xtask test editor` runs it alone.
#![cfg(unix)]

#[path = "editor/document.rs"]
mod document;
#[path = "editor/mistakes.rs"]
mod mistakes;
#[path = "editor/project.rs"]
mod project;
#[path = "editor/questions.rs"]
mod questions;
#[path = "editor/server.rs"]
mod server;
#[path = "editor/typing.rs"]
mod typing;
#[path = "editor/understanding.rs"]
mod understanding;

use project::Project;

/// One test, since each would have to wait until the server has read everything.
#[test]
fn an_editor_understands_half_typed_workflows() {
    if !server::is_installed() {
        eprintln!(
            "skipped: rust-analyzer is not installed (rustup component add rust-analyzer rust-src)"
        );
        return;
    }
    let mut project = Project::open();
    typing::ask(&mut project);
    understanding::ask(&mut project);
    mistakes::ask(&mut project);
    project.finish();
}
