use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{Ran, Shell, ShellError};
use crate::{ToolContext, tools::files::FileError};

fn arguments(arguments: &[&str]) -> Vec<String> {
    arguments
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
}

async fn run(shell: &Shell, program: &str, given: &[&str]) -> Result<Ran, ShellError> {
    shell.run(program, &arguments(given), "").await
}

/// Waits until a process is gone; a zombie is.
async fn gone(process: &str) {
    let stat = format!("/proc/{}/stat", process.trim());
    let start = Instant::now();
    while let Ok(stat) = fs::read_to_string(&stat) {
        let state = stat.rsplit(')').next().unwrap_or_default().trim();
        if state.starts_with('Z') {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{process} lives on: {stat}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until a program has written a file, which it does by renaming.
async fn written(path: &Path) -> String {
    let start = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{} is missing",
            path.display()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Starts a grandchild that ignores polite signals, and tells its number in a file.
const GRANDCHILD: &str = "sh -c 'trap \"\" TERM HUP INT; sleep 300' & \
    echo $! > number.new; mv number.new number;";

#[tokio::test]
async fn programs_are_run_as_they_are_written() {
    let shell = Shell::allowing(["echo", "sh"]);
    let ran = run(&shell, "echo", &["$HOME; ls | cat", "`id`", "*"])
        .await
        .expect("ran");
    assert_eq!(ran.stdout, "$HOME; ls | cat `id` *\n");
    assert_eq!((ran.status, ran.shortened), (Some(0), false));
    let ran = run(&shell, "sh", &["-c", "echo out; echo err >&2; exit 3"])
        .await
        .expect("ran");
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str(), ran.status),
        ("out\n", "err\n", Some(3))
    );
    let ran = run(&shell, "sh", &["-c", "kill -9 $$"]).await.expect("ran");
    assert_eq!(ran.status, None);
    let ran = run(&shell, "sh", &["-c", "read line; echo \"got $line.\""])
        .await
        .expect("ran");
    assert_eq!(ran.stdout, "got .\n", "there is no input");
}

#[tokio::test]
async fn only_listed_programs_are_run() {
    let shell = Shell::allowing(["echo", "no-such-program", "./x"]);
    for program in ["ls", "/bin/echo", "echo ", "echo;ls", "../echo", ""] {
        let ran = run(&shell, program, &[]).await;
        assert!(
            matches!(ran, Err(ShellError::NotAllowed { .. })),
            "{program}: {ran:?}"
        );
    }
    for program in ["no-such-program", "./x"] {
        let ran = run(&shell, program, &[]).await;
        assert!(
            matches!(ran, Err(ShellError::NotFound { .. })),
            "{program}: {ran:?}"
        );
    }
}

#[tokio::test]
async fn the_environment_is_what_the_program_allows() {
    let shell = Shell::allowing(["env"])
        .set("TOKEN", "of-the-program")
        .set("LANG", "C");
    assert!(!format!("{shell:?}").contains("of-the-program"));
    let ran = run(&shell, "env", &[]).await.expect("ran");
    let names: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    let known = ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "TOKEN"];
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    assert!(ran.stdout.contains("TOKEN=of-the-program\n") && ran.stdout.contains("LANG=C\n"));
    // Cargo sets it for tests.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let ran = run(&shell.pass_on("CARGO_MANIFEST_DIR"), "env", &[])
        .await
        .expect("ran");
    assert!(ran.stdout.contains("CARGO_MANIFEST_DIR="));
}

#[tokio::test]
async fn programs_work_under_one_folder() {
    let folder = tempfile::tempdir().expect("folder");
    fs::create_dir(folder.path().join("inner")).expect("folder");
    std::os::unix::fs::symlink("/", folder.path().join("link")).expect("link");
    let shell = Shell::allowing(["pwd"])
        .under(folder.path())
        .expect("folder");
    let root = fs::canonicalize(folder.path()).expect("folder");
    let ran = shell.run("pwd", &[], "inner").await.expect("ran");
    assert_eq!(Path::new(ran.stdout.trim()), root.join("inner"));
    for path in ["..", "/", "link", "link/tmp", "missing"] {
        let ran = shell.run("pwd", &[], path).await;
        assert!(matches!(ran, Err(ShellError::Folder(_))), "{path}: {ran:?}");
    }
    let missing = Shell::allowing(["pwd"]).under(folder.path().join("missing"));
    assert!(matches!(
        missing,
        Err(ShellError::Folder(FileError::NotFound { .. }))
    ));
}

#[tokio::test]
async fn a_program_in_the_working_folder_is_not_taken() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("folder");
    let fake = folder.path().join("fake");
    fs::write(&fake, "#!/bin/sh\necho fake\n").expect("write");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).expect("mode");
    let shell = Shell::allowing(["fake"])
        .under(folder.path())
        .expect("folder");
    let ran = run(&shell.set("PATH", ".::/bin"), "fake", &[]).await;
    assert!(matches!(ran, Err(ShellError::NotFound { .. })), "{ran:?}");
}

#[tokio::test]
async fn output_is_bounded() {
    let shell = Shell::allowing(["head"]).most_output(1_000);
    let ran = run(&shell, "head", &["-c", "3000000", "/dev/zero"])
        .await
        .expect("ran");
    assert_eq!(
        (ran.stdout.len(), ran.shortened, ran.status),
        (1_000, true, Some(0))
    );
}

#[tokio::test]
async fn a_timeout_kills_grandchildren() {
    let folder = tempfile::tempdir().expect("folder");
    let shell = Shell::allowing(["sh"])
        .under(folder.path())
        .expect("folder");
    let shell = shell.timeout(Duration::from_millis(1_500));
    let start = Instant::now();
    let script = format!("echo started; {GRANDCHILD} wait");
    let error = run(&shell, "sh", &["-c", &script])
        .await
        .expect_err("too long");
    let ShellError::Timeout { output, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(output.stdout, "started\n");
    assert!(
        error.to_string().contains("it had written: started"),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    gone(&written(&folder.path().join("number")).await).await;
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_killed() {
    let folder = tempfile::tempdir().expect("folder");
    let shell = Shell::allowing(["sh"])
        .under(folder.path())
        .expect("folder");
    let start = Instant::now();
    // The grandchild holds the pipe open, and that does not keep the call waiting.
    let ran = run(&shell, "sh", &["-c", &format!("{GRANDCHILD} echo done")])
        .await
        .expect("ran");
    assert_eq!((ran.stdout.as_str(), ran.status), ("done\n", Some(0)));
    assert!(start.elapsed() < Duration::from_secs(10));
    gone(&written(&folder.path().join("number")).await).await;
}

#[tokio::test]
async fn a_dropped_call_kills_grandchildren() {
    let folder = tempfile::tempdir().expect("folder");
    let shell = Shell::allowing(["sh"])
        .under(folder.path())
        .expect("folder");
    let number = folder.path().join("number");
    let script = format!("{GRANDCHILD} wait");
    let given = ["-c", script.as_str()];
    tokio::select! {
        ran = run(&shell, "sh", &given) => panic!("it ended: {ran:?}"),
        _ = written(&number) => {}
    }
    gone(&written(&number).await).await;
}

#[tokio::test]
async fn a_model_is_asked_for_confirmation() {
    let shell = Shell::allowing(["echo"]);
    let tool = shell.tool();
    assert_eq!(
        tool.options().confirm.as_deref(),
        Some("Run a program on this machine (echo)?")
    );
    assert!(!tool.options().idempotent);
    assert_eq!(shell.without_confirmation().tool().options().confirm, None);
    let called = tool
        .call(
            r#"{"program": "echo", "arguments": ["hi"]}"#,
            ToolContext::for_test(),
            None,
        )
        .await;
    assert!(called.expect("ran").text.contains(r#""stdout":"hi\n""#));
    let called = tool
        .call(r#"{"program": "rm"}"#, ToolContext::for_test(), None)
        .await;
    assert!(
        called
            .expect_err("refused")
            .message()
            .contains("allowed are echo")
    );
}
