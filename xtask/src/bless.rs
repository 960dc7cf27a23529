//! Recording anew what tests compare with.

use crate::tools::{WORKSPACE, cargo, succeeds};

/// Writes the compiler's messages under `tests/ui` and the snapshots of insta, then checks that
/// the tests of the messages hold for the new ones. What was written is read in `git diff`.
pub(crate) fn run() -> Result<bool, String> {
    let ui = [&["test"], &WORKSPACE[..], &["--test", "ui"]].concat();
    // The tests beside it read the messages while they are written, so this run proves nothing.
    succeeds(cargo(ui.iter().copied()).env("TRYBUILD", "overwrite"))?;
    let messages = succeeds(&mut cargo(ui))?;

    // insta writes them itself; a test that fails for another reason still does.
    let all = [&["test"], &WORKSPACE[..], &["--no-fail-fast"]].concat();
    let snapshots = succeeds(cargo(all).env("INSTA_UPDATE", "always"))?;
    println!("\nRead every change as a user would: git diff");
    Ok(messages && snapshots)
}
