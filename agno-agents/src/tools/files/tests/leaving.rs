//! Ways out of the folder: paths, links, and a link that appears in between.

use std::fs;

use super::folder;
use crate::tools::files::FileError;

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
