use std::{fs, path::Path};

use agno_core::Error;

use super::{EntryKind, FileError, Files};
use crate::ToolContext;

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

#[tokio::test]
async fn paths_that_leave_are_refused() {
    let (folder, files) = folder();
    let absolute = folder.path().join("secret").display().to_string();
    let inside = folder
        .path()
        .join("inside/notes/a.txt")
        .display()
        .to_string();
    for path in [
        "..",
        "../secret",
        "../inside-too/secret",
        "../inside/notes/a.txt",
        "notes/../../secret",
        "notes/./../../secret",
        "notes/..",
        "/etc/passwd",
        "//etc/passwd",
        "a\0b",
        &absolute,
        &inside,
    ] {
        let read = files.read(path).await;
        assert!(
            matches!(read, Err(FileError::Path { .. })),
            "{path}: {read:?}"
        );
        let written = files.write(path, "x").await;
        assert!(
            matches!(written, Err(FileError::Path { .. })),
            "{path}: {written:?}"
        );
        let listed = files.list(path).await;
        assert!(
            matches!(listed, Err(FileError::Path { .. })),
            "{path}: {listed:?}"
        );
        let found = files.search("ferry", path).await;
        assert!(
            matches!(found, Err(FileError::Path { .. })),
            "{path}: {found:?}"
        );
    }
    let kept = fs::read_to_string(folder.path().join("secret")).expect("secret");
    assert_eq!(kept, "secret ferry");
    // These are names, nothing more.
    for path in ["~/x", "$HOME", "..x", "%2e%2e/secret", "....//secret"] {
        let read = files.read(path).await;
        assert!(
            matches!(read, Err(FileError::NotFound { .. })),
            "{path}: {read:?}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_leave_are_refused() {
    use std::os::unix::fs::symlink;

    let (folder, files) = folder();
    let inside = folder.path().join("inside");
    symlink("../secret", inside.join("link")).expect("link");
    symlink(folder.path().join("inside-too"), inside.join("folder-link")).expect("link");
    symlink("link", inside.join("link-to-link")).expect("link");
    symlink("..", inside.join("notes/up")).expect("link");
    symlink("notes/a.txt", inside.join("kept")).expect("link");
    symlink("../nowhere", inside.join("dangling")).expect("link");
    for path in [
        "link",
        "link-to-link",
        "folder-link/secret",
        "notes/up/../link",
    ] {
        let read = files.read(path).await;
        let refused = matches!(
            read,
            Err(FileError::Outside { .. } | FileError::Path { .. })
        );
        assert!(refused, "{path}: {read:?}");
        let written = files.write(path, "x").await;
        let refused = matches!(
            written,
            Err(FileError::Outside { .. } | FileError::Path { .. })
        );
        assert!(refused, "{path}: {written:?}");
    }
    assert!(matches!(
        files.list("folder-link").await,
        Err(FileError::Outside { .. })
    ));
    let written = files.write("folder-link/new/file", "x").await;
    assert!(
        matches!(written, Err(FileError::Outside { .. })),
        "{written:?}"
    );
    assert!(!folder.path().join("inside-too/new").exists());

    // Links within the folder are followed; one that leads nowhere is replaced, not followed.
    assert_eq!(
        files.read("kept").await.expect("text"),
        "One ferry.\nTwo Ferries.\n"
    );
    files.write("kept", "new").await.expect("written");
    assert_eq!(files.read("notes/a.txt").await.expect("text"), "new");
    assert_eq!(
        files.read("notes/up/notes/a.txt").await.expect("text"),
        "new"
    );
    files.write("dangling", "here").await.expect("written");
    assert!(!folder.path().join("nowhere").exists());
    assert_eq!(files.read("dangling").await.expect("text"), "here");
    // Searching follows none, so it finds nothing twice and ends.
    assert_eq!(files.search("secret", "").await.expect("found"), []);
}

#[cfg(unix)]
#[tokio::test]
async fn special_files_are_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let (folder, files) = folder();
    let pipe = folder.path().join("inside/pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("pipe");
    let limit = std::time::Duration::from_secs(5);
    let read = tokio::time::timeout(limit, files.read("pipe"))
        .await
        .expect("at once");
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a pipe",
                ..
            })
        ),
        "{read:?}"
    );
    let written = files.write("pipe", "x").await;
    assert!(
        matches!(
            written,
            Err(FileError::Kind {
                found: "a pipe",
                ..
            })
        ),
        "{written:?}"
    );
    let searched = tokio::time::timeout(limit, files.search("ferr", "")).await;
    assert_eq!(searched.expect("at once").expect("found").len(), 3);
    let listing = files.list("").await.expect("entries");
    let entry = listing.entries.iter().find(|entry| entry.name == "pipe");
    assert_eq!(entry.map(|entry| entry.kind), Some(EntryKind::Other));

    let devices = Files::under("/dev").expect("files");
    let read = devices.read("zero").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a device",
                ..
            })
        ),
        "{read:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let (_folder, files) = folder();
    let read = files.read("bytes").await;
    assert!(
        matches!(read, Err(FileError::NotText { at: 1, .. })),
        "{read:?}"
    );
    let read = files.read("long").await;
    assert!(
        matches!(read, Err(FileError::TooLarge { limit: 1_000, .. })),
        "{read:?}"
    );
    let read = files.read("notes").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a folder",
                ..
            })
        ),
        "{read:?}"
    );
    let read = files.read("").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a folder",
                ..
            })
        ),
        "{read:?}"
    );
    let read = files.read("notes/a.txt/b").await;
    assert!(matches!(read, Err(FileError::Kind { .. })), "{read:?}");
    let listed = files.list("notes/a.txt").await;
    assert!(matches!(listed, Err(FileError::Kind { .. })), "{listed:?}");
    assert!(matches!(
        Files::under("/no such folder"),
        Err(FileError::NotFound { .. })
    ));
}

#[tokio::test]
async fn files_are_listed_and_searched() {
    let (_folder, files) = folder();
    let listing = files.list("").await.expect("entries");
    let names: Vec<(&str, EntryKind, Option<u64>)> = listing
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind, entry.size))
        .collect();
    assert_eq!(
        names,
        [
            ("bytes", EntryKind::File, Some(2)),
            ("long", EntryKind::File, Some(2_000)),
            ("notes", EntryKind::Folder, None),
        ]
    );
    let found = files.search(" FERR", "./notes/").await.expect("found");
    let found: Vec<(&str, usize, &str)> = found
        .iter()
        .map(|found| (found.path.as_str(), found.line, found.text.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("./notes/a.txt", 1, "One ferry."),
            ("./notes/a.txt", 2, "Two Ferries."),
            ("./notes/deep/b.md", 2, "ferries."),
        ]
    );
    assert_eq!(files.search("  ", "").await.expect("nothing"), []);
}

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
async fn a_model_uses_them() {
    let (_folder, files) = folder();
    let tools = files.tools();
    let call = async |name: &str, arguments: &str| -> Result<String, Error> {
        let tool = tools.iter().find(|tool| tool.name() == name).expect(name);
        let called = tool.call(arguments, ToolContext::for_test(), None).await;
        called.map(|answer| answer.text)
    };
    let written = call("write_file", r#"{"path": "x", "content": "A ferry."}"#).await;
    assert_eq!(written.expect("written"), "written");
    assert_eq!(
        call("read_file", r#"{"path": "x"}"#).await.expect("text"),
        "A ferry."
    );
    let found = call("search_files", r#"{"text": "a ferry"}"#)
        .await
        .expect("found");
    assert_eq!(found, r#"[{"line":1,"path":"x","text":"A ferry."}]"#);
    assert!(
        call("list_files", "{}")
            .await
            .expect("entries")
            .contains(r#""name":"x""#)
    );
    let error = call("read_file", r#"{"path": "../secret"}"#)
        .await
        .expect_err("refused");
    assert!(error.message().contains("it goes up by `..`"), "{error}");
}

/// A folder and a link that leads out change places all the time: nothing outside is seen or made.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_becomes_a_link_in_between_leads_nowhere() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use rustix::fs::{CWD, RenameFlags, renameat_with};

    let (folder, files) = folder();
    let outside = folder.path().join("outside");
    fs::create_dir_all(outside.join("deep")).expect("folder");
    fs::write(outside.join("a.txt"), "secret ferry").expect("write");
    fs::write(outside.join("deep/b.md"), "secret ferry").expect("write");
    let (real, link) = (
        folder.path().join("inside/notes"),
        folder.path().join("inside/link"),
    );
    std::os::unix::fs::symlink(&outside, &link).expect("link");
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let swapping = std::thread::spawn(move || {
        let mut swaps = 0u32;
        while !is_done.load(Ordering::Relaxed) {
            renameat_with(CWD, &real, CWD, &link, RenameFlags::EXCHANGE).expect("swap");
            swaps += 1;
        }
        swaps
    });
    let (mut read, mut refused) = (0, 0);
    for round in 0..1_500 {
        for path in ["notes/a.txt", "notes/deep/b.md", "link/a.txt"] {
            match files.read(path).await {
                Ok(text) => {
                    assert!(!text.contains("secret"), "{path} in round {round}");
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        let new = format!("notes/new/{}.md", round % 20);
        // It may be refused; where it is written is looked at below.
        let _ = files.write(&new, "mine").await;
        let _ = files.write("notes/a.txt", "One ferry.").await;
        if round % 10 == 0 {
            for found in files.search("ferry", "").await.into_iter().flatten() {
                assert!(!found.text.contains("secret"), "{found:?}");
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    let swaps = swapping.join().expect("the thread");
    assert!(
        read > 0 && refused > 0 && swaps > 100,
        "{read} {refused} {swaps}"
    );
    let text = fs::read_to_string(outside.join("a.txt")).expect("there");
    assert_eq!(text, "secret ferry");
    let names = fs::read_dir(&outside).expect("there").count();
    assert_eq!(names, 2, "something was made outside");
}

#[test]
fn a_search_that_nobody_waits_for_stops() {
    use std::sync::atomic::AtomicBool;

    let (folder, _) = folder();
    let root = super::Root::at(folder.path()).expect("root");
    for (stopped, expected) in [(false, 5), (true, 0)] {
        let found = super::search::search(&root, "ferr", "", 1_000, &AtomicBool::new(stopped));
        assert_eq!(found.expect("found").len(), expected);
    }
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
