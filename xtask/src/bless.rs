//! Recording anew what tests compare with.

use crate::tools::{WORKSPACE, cargo, installed, succeeds};

/// Writes the compiler's messages under `tests/ui` and the snapshots of insta, then checks that
/// the tests of the messages hold for the new ones. What was written is read in `git diff`.
pub(crate) fn run() -> Result<bool, String> {
    let ui = [&["test"], &WORKSPACE[..], &["--test", "ui"]].concat();
    // The tests beside it read the messages while they are written, so this run proves nothing.
    succeeds(cargo(ui.iter().copied()).env("TRYBUILD", "overwrite"))?;
    let messages = succeeds(&mut cargo(ui))?;

    let snapshots = if installed("insta") {
        succeeds(&mut cargo(
            [&["insta", "test", "--accept"], &WORKSPACE[..]].concat(),
        ))?
    } else {
        println!(
            "\nSnapshots are not recorded: cargo-insta is not installed \
             (cargo install cargo-insta --locked)."
        );
        true
    };
    println!("\nRead every change as a user would: git diff");
    Ok(messages && snapshots)
}
