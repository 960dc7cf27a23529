//! Tools over the files of one folder.

mod leaving;
mod reading;
mod tools;
mod writing;

use std::fs;

use super::Files;

/// A folder with files, and one beside it with a secret.
fn folder() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().expect("folder");
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join("notes/deep")).expect("folder");
    fs::write(inside.join("notes/a.txt"), "One ferry.\nTwo Ferries.\n").expect("write");
    fs::write(inside.join("notes/deep/b.md"), "Three\r\nferries.").expect("write");
    fs::write(inside.join("bytes"), [b'a', 0xff]).expect("write");
    fs::write(inside.join("long"), vec![b'x'; 2_000]).expect("write");
    fs::create_dir(folder.path().join("inside-too")).expect("folder");
    fs::write(folder.path().join("inside-too/secret"), "secret ferry").expect("write");
    fs::write(folder.path().join("secret"), "secret ferry").expect("write");
    let files = Files::under(&inside)
        .expect("files")
        .writable()
        .largest(1_000);
    (folder, files)
}
