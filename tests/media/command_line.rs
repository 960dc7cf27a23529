//! Files on the command line, and what it shows of them: the example `media_analysis`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::LazyLock,
};

use agno::{Image, Json, prelude::*};
use serde_json::Value;
use tempfile::TempDir;

use super::workflow::{Album, Job, png};

/// The example, which cargo builds next to the tests.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let name = format!("media_analysis{}", std::env::consts::EXE_SUFFIX);
    let binary = profile.join("examples").join(name);
    if !binary.exists() {
        // Only this test was built, as by `cargo test --test media`.
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--package",
            "agno-workflows",
            "--example",
            "media_analysis",
        ]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success());
    }
    binary
});

/// A folder with images, and a store beside them.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a directory"));
        place.write("cat.png", &png(12_300));
        place.write("dog.png", &png(0));
        place.write("notes.md", b"# Notes");
        place
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(name), bytes).expect("a file");
    }

    fn has_store(&self) -> bool {
        self.0.path().join(".agno").exists()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(&*BINARY);
        command
            .current_dir(&self.0)
            .args(args)
            .env_remove("AGNO_STORE");
        command.output().expect("runs")
    }

    fn json(&self, args: &[&str]) -> Value {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}", said(&done));
        serde_json::from_slice(&done.stdout).expect("json")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_field_takes_the_path_of_a_file() {
    let place = Place::new();
    let run = [
        "run",
        "--images",
        "./cat.png",
        "--images",
        "dog.png",
        "--run-id",
        "r",
        "--json",
    ];
    let report = place.json(&run);
    let media = &report["output"]["media"];
    assert_eq!(media[0]["name"], "cat.png");
    assert_eq!(media[1]["media_type"], "image/png");

    let shown = place.run(&["show", "r"]);
    let shown = String::from_utf8(shown.stdout).expect("text");
    let hash = media[0]["$artifact"].as_str().expect("a hash");
    let words = format!("image/png cat.png 12.3 KB ({})", &hash[..8]);
    assert!(shown.contains(&words), "{shown}");
    assert!(!shown.contains("$artifact"), "{shown}");
    // And back out of the store: to a file of one's own, and to a pipe.
    let written = place.run(&["artifact", &hash[..8], "--output", "back.png"]);
    assert!(written.status.success(), "{}", said(&written));
    let back = place.0.path().join("back.png");
    assert_eq!(fs::read(&back).expect("a file"), png(12_300));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&back).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = place.run(&["artifact", hash, "--output", "back.png"]);
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert_eq!(place.run(&["artifact", hash]).stdout, png(12_300));
    for unknown in ["00000000", "../x", ""] {
        let refused = place.run(&["artifact", unknown]);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    }
}

#[test]
fn json_takes_files_as_well() {
    let place = Place::new();
    place.write(
        "input.json",
        br#"{"images": [{"$file": "cat.png"}, {"$file": "dog.png"}]}"#,
    );
    for input in [
        r#"{"images": [{"$file": "cat.png"}, {"$file": "./dog.png"}]}"#,
        "@input.json",
    ] {
        let report = place.json(&["run", "-i", input, "--json"]);
        assert_eq!(report["output"]["media"][1]["name"], "dog.png", "{report}");
    }
    let none = place.json(&["run", "--json"]);
    assert_eq!(none["output"]["media"], serde_json::json!([]));
}

#[test]
fn whatever_is_wrong_with_a_file_writes_nothing() {
    let place = Place::new();
    let large = fs::File::create(place.0.path().join("large.png")).expect("a file");
    large.set_len(300 * 1024 * 1024).expect("is sparse");
    let cases = [
        (
            vec!["run", "--images", "none.png"],
            "--images: cannot store `none.png`: No such file",
        ),
        (vec!["run", "--images", "."], "it is a directory"),
        (
            vec!["run", "--images", "large.png"],
            "the limit is 268435456",
        ),
        (vec!["run", "--images", "notes.md"], "text/markdown"),
        (
            vec!["run", "--images", "cat.png", "--images", "notes.md"],
            "text/markdown",
        ),
        (
            vec!["run", "-i", r#"{"images": [{"$file": "none.png"}]}"#],
            ".images[0]: cannot store `none.png`",
        ),
        (
            vec!["run", "-i", r#"{"images": [{"$file": 1}]}"#],
            "takes the path of a file",
        ),
        (
            vec!["run", "-i", r#"{"images": [{"$file": "notes.md"}]}"#],
            "text/markdown",
        ),
    ];
    for (args, why) in cases {
        let refused = place.run(&args);
        assert_eq!(
            refused.status.code(),
            Some(2),
            "{args:?}: {}",
            said(&refused)
        );
        assert!(said(&refused).contains(why), "{args:?}: {}", said(&refused));
        assert!(!place.has_store(), "{args:?}");
    }
}

#[test]
fn help_and_example_say_how_a_file_is_given() {
    let place = Place::new();
    let help = place.run(&["run", "--help"]);
    let help = String::from_utf8(help.stdout).expect("text");
    assert!(help.contains("--images <FILE>"), "{help}");
}

#[workflow]
struct Frame;

#[workflow]
impl Frame {
    #[step]
    async fn look(&self, photo: Image) -> String {
        photo.to_string()
    }
}

/// The fields of a run's input, of a program with this workflow.
fn input_of<W: agno::Workflow>(place: &Place, workflow: W, fields: &[&str]) -> Json {
    let store = place.0.path().join("store");
    let store = store.to_str().expect("text");
    let mut args = vec!["run", "--store", store, "--run-id", "r"];
    args.extend(fields);
    let code = agno::app().workflow(workflow).run_from(args);
    assert_eq!(code, ExitCode::SUCCESS);
    let runtime = tokio::runtime::Runtime::new().expect("starts");
    runtime.block_on(async {
        let storage = agno::open(store).await.expect("opens");
        let id = agno::RunId::new("r").expect("a legal id");
        let input = storage.input(&id).await.expect("reads").expect("is there");
        storage.close().await.expect("closes");
        input.input
    })
}

#[test]
fn a_parameter_a_list_and_what_may_be_left_out_take_files() {
    let place = Place::new();
    let cat = place.0.path().join("cat.png");
    let cat = cat.to_str().expect("text");
    let photo: Image = input_of(&place, Frame, &["--photo", cat])
        .decode()
        .expect("an image");
    assert_eq!((photo.name(), photo.size()), (Some("cat.png"), 12_324));

    let place = Place::new();
    let fields = ["--how", "", "--photos", cat, "--cover", cat];
    let job: Job = input_of(&place, Album::default(), &fields)
        .decode()
        .expect("a job");
    assert_eq!((&job.photos[0], job.cover.as_ref()), (&photo, Some(&photo)));
}
