//! Files that are written.

use std::{fs, path::Path};

use super::folder;
use crate::tools::files::{FileError, Files};

#[tokio::test]
async fn writing_is_whole_and_private() {
    let (folder, files) = folder();
    files
        .write("new/er/file.txt", "first")
        .await
        .expect("written");
    files
        .write("new/er/file.txt", "second")
        .await
        .expect("written");
    assert_eq!(files.read("new/er/file.txt").await.expect("text"), "second");
    let inside = folder.path().join("inside/new/er");
    assert_eq!(
        fs::read_dir(&inside).expect("folder").count(),
        1,
        "nothing is left over"
    );
    mode(&inside.join("file.txt"), 0o600);
    mode(&inside, 0o700);

    let written = files.write("notes", "x").await;
    assert!(
        matches!(written, Err(FileError::Kind { .. })),
        "{written:?}"
    );
    let written = files.write("notes/a.txt/b", "x").await;
    assert!(
        matches!(written, Err(FileError::Kind { .. })),
        "{written:?}"
    );
    let written = files.write("x", &"x".repeat(1_001)).await;
    assert!(
        matches!(written, Err(FileError::TooLarge { .. })),
        "{written:?}"
    );
    let reader = Files::under(folder.path()).expect("files");
    assert!(matches!(
        reader.write("x", "x").await,
        Err(FileError::ReadOnly)
    ));
    assert_eq!(reader.tools().len(), 3);
    assert_eq!(files.tools().len(), 4);
}

fn mode(path: &Path, expected: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, expected);
    }
    #[cfg(not(unix))]
    let _ = (path, expected);
}

#[tokio::test]
async fn odd_names_are_names() {
    let (folder, files) = folder();
    let long = "n".repeat(255);
    for name in [
        "-rf",
        "a b",
        "a\u{1b}[2Jb",
        "CON",
        "a.",
        "~",
        "$HOME",
        "*",
        "ü",
        &long,
    ] {
        files.write(name, name).await.expect(name);
        assert_eq!(files.read(name).await.expect(name), name);
    }
    files.write("a.txt", "x").await.expect("written");
    let (long, deep) = ("n".repeat(256), "n/".repeat(100) + "n");
    let deeper = "n/".repeat(5_000) + "n";
    for path in [&long, &deep, &deeper, "a.txt/b"] {
        let written = files.write(path, "x").await;
        let told = written.expect_err("refused").to_string();
        assert!(told.len() < 1_000, "{told}");
    }
    assert!(!folder.path().join("inside/n").exists());
    // Nothing half done is left.
    let entries = fs::read_dir(folder.path().join("inside")).expect("there");
    let left = entries
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .find(|name| name.contains(".tmp"));
    assert_eq!(left, None);
    drop(folder);
    assert!(matches!(
        files.read("a.txt").await,
        Err(FileError::NotFound { .. })
    ));
    assert!(matches!(
        files.list("").await,
        Err(FileError::NotFound { .. })
    ));
    assert!(files.write("a.txt", "x").await.is_err());
}
