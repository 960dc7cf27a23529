//! Every example program, ended right after each of its commits in turn: resumed, it answers what it
//! answers undisturbed, and no step that was recorded runs again.
//!
//! `AGNO_EXAMPLES=all` takes every one; otherwise three of them are a sample.
#![cfg(all(unix, feature = "sled"))]

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use agno_torture::figures::Figures;
use serde_json::Value;
use tempfile::TempDir;

const SIGKILL: i32 = 9;
const PAUSED: i32 = 3;
const RUN: &str = "r";

struct Example {
    name: &'static str,
    args: &'static [&'static str],
    /// How a person answers: a verb, and what follows the request's id.
    answer: &'static [&'static str],
    /// Has a step that must not run twice: a crash inside of it is told, and not repeated.
    once: bool,
}

const fn example(name: &'static str, args: &'static [&'static str]) -> Example {
    Example {
        name,
        args,
        answer: &[],
        once: false,
    }
}

/// Those of every push.
const SAMPLE: [&str; 3] = ["hello", "from_agno_2x", "trade_approval"];

const EXAMPLES: &[Example] = &[
    example("hello", &["--name", "World"]),
    example("background", &["--topic", "films", "--parts", "3"]),
    example("blog_post", &["--topic", "Durable execution"]),
    example("cached_joke", &["--input", "Tell me a joke."]),
    example("conditional_research", &["--topic", "AI in hospitals"]),
    Example {
        answer: &["answer", "a receipt"],
        ..example(
            "confidence_router",
            &["ConfidenceRouter", "--document", "???"],
        )
    },
    example(
        "content_creation",
        &["--input", "Write about durable execution"],
    ),
    example("deep_research_loop", &["--input", "Durable execution"]),
    example("digest", &["--path", "papers"]),
    example(
        "from_agno_1x",
        &["--session", "ada", "--question", "What is a heat pump?"],
    ),
    example("from_agno_2x", &["--topic", "rye"]),
    example(
        "media_analysis",
        &["--images", "cat.png", "--images", "dog.png"],
    ),
    Example {
        once: true,
        ..example("no_macro", &["Hello", "--name", "World"])
    },
    example(
        "parallel_research",
        &["--input", "Heat pumps in old houses"],
    ),
    Example {
        answer: &["answer", "rose by 12 percent"],
        ..example("quality_gate", &["--text", "Sales, hm"])
    },
    example("research", &["--topic", "Durable execution"]),
    example(
        "session_history",
        &["--session", "ada", "--message", "two loaves of rye"],
    ),
    example(
        "topic_router",
        &["--input", "Which tech stack suits a start-up?"],
    ),
    Example {
        answer: &["approve"],
        once: true,
        ..example("trade_approval", &["--symbol", "ACME", "--shares", "300"])
    },
    example(
        "typed_router",
        &["--message", "Refund 19.90 for order 4711"],
    ),
    example(
        "typification",
        &[
            "--conversation-text",
            "My credit card was stolen on the train. Somebody paid with it.",
        ],
    ),
    example(
        "validated_support_request",
        &[
            "--name",
            "Ada",
            "--email",
            "ada@example.com",
            "--query",
            "Where is my parcel, please?",
        ],
    ),
];

/// Those that cannot be crashed here, and why.
const SKIPPED: [(&str, &str); 4] = [
    ("agno-bench", "measures, and has no verbs"),
    (
        "chat",
        "holds a conversation in one process, and has no verbs",
    ),
    (
        "five_turns",
        "needs a server of models: `tests/servers` crashes it after each commit",
    ),
    (
        "handoff",
        "starts a server of tools: `tests/examples_agents` crashes it after each commit",
    ),
];

/// The folder of the binaries, which Cargo builds next to the tests.
fn binaries(names: &[&str]) -> PathBuf {
    let test = env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let binaries = profile.join("examples");
    let built = |path: PathBuf| fs::metadata(path).and_then(|data| data.modified()).ok();
    let test = built(test.clone());
    let is_old = |name: &&str| built(binaries.join(name)) < test;
    if env::var_os("AGNO_BUILT").is_none() && names.iter().any(is_old) {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--package",
            "agno-workflows",
            "--features",
            "testing",
        ]);
        for name in names {
            build.args(["--example", name]);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.status().expect("cargo runs").success(),
            "the examples build"
        );
    }
    binaries
}

/// An example in a folder of its own, with what it reads.
struct Place<'a> {
    example: &'a Example,
    binary: PathBuf,
    folder: TempDir,
}

impl<'a> Place<'a> {
    fn new(example: &'a Example, binary: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let png =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
        for name in ["cat.png", "dog.png"] {
            fs::write(
                folder.path().join(name),
                [&png[..], name.as_bytes()].concat(),
            )
            .expect("write");
        }
        let papers = folder.path().join("papers");
        fs::create_dir(&papers).expect("a folder");
        for (name, text) in [
            (
                "one.md",
                "# Bread\n\nRye keeps for a week. Wheat does not keep. A crust helps both.\n",
            ),
            (
                "two.txt",
                "Pumps move heat into a house. They need little power. Old houses leak.\n",
            ),
        ] {
            fs::write(papers.join(name), text).expect("write");
        }
        Self {
            example,
            binary,
            folder,
        }
    }

    fn output(&self, args: &[&str], crash_after: Option<u64>) -> Output {
        let mut command = Command::new(&self.binary);
        command
            .args(args)
            .arg("--json")
            .current_dir(self.folder.path())
            .env("AGNO_STORE", self.folder.path().join("store"))
            .env("AGNO_MODEL", "offline")
            .env("NO_COLOR", "1")
            .env_remove("AGNO_CRASH_AFTER")
            .stdin(Stdio::null());
        if let Some(commits) = crash_after {
            command.env("AGNO_CRASH_AFTER", commits.to_string());
        }
        command.output().expect("it starts")
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.output(args, None);
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    fn start(&self, crash_after: Option<u64>) -> Output {
        // The name of a workflow stands before the options.
        self.output(
            &[&["run"], self.example.args, &["--run-id", RUN]].concat(),
            crash_after,
        )
    }

    /// The first open request, answered.
    fn answer(&self, crash_after: Option<u64>) -> Option<Output> {
        let inbox = self.json(&["inbox"]);
        let id = inbox["requests"][0]["id"].as_str()?.to_owned();
        let (verb, rest) = self
            .example
            .answer
            .split_first()
            .expect("somebody is asked");
        Some(self.output(&[&[*verb, &*id], rest].concat(), crash_after))
    }

    /// The paths of the steps that are recorded as run, and when they began.
    fn recorded(&self) -> Option<Vec<(String, String)>> {
        let shown = self.json(&["show", RUN]);
        let steps = shown["steps"].as_array()?;
        let ran = steps.iter().filter(|step| step["source"] == "ran");
        Some(
            ran.map(|step| (step["path"].to_string(), step["started_at"].to_string()))
                .collect(),
        )
    }

    /// Answers until nobody is asked any more; the end as `show` has it.
    fn to_the_end(&self) -> Value {
        for _ in 0..20 {
            let shown = self.json(&["show", RUN]);
            if shown["status"] != "paused" || self.answer(None).is_none() {
                break;
            }
        }
        self.json(&["show", RUN])
    }
}

fn is_killed(output: &Output) -> bool {
    output.status.signal() == Some(SIGKILL)
}

fn told(output: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{}\n{out}\n{err}", output.status)
}

/// Crashes after each commit of the start, and then of each answer.
fn crash_everywhere(
    example: &Example,
    binary: &Path,
    figures: &mut Figures,
    problems: &mut Vec<String>,
) {
    let whole = Place::new(example, binary.to_owned());
    let begun = whole.start(None);
    let expected = whole.to_the_end();
    if expected["status"] != "completed" {
        problems.push(format!(
            "{}: undisturbed it is {}: {}",
            example.name,
            expected["status"],
            told(&begun)
        ));
        return;
    }
    let steps = whole.recorded().unwrap_or_default().len();
    let phases = if begun.status.code() == Some(PAUSED) {
        2
    } else {
        1
    };
    for phase in 0..phases {
        for commits in 1.. {
            let place = Place::new(example, binary.to_owned());
            let after = format!(
                "{}: a crash in phase {phase} after commit {commits}",
                example.name
            );
            let crashed = match phase {
                0 => place.start(Some(commits)),
                _ => {
                    place.start(None);
                    place.answer(Some(commits)).expect("somebody is asked")
                }
            };
            if !is_killed(&crashed) {
                break;
            }
            figures.tried += 1;
            let Some(recorded) = place.recorded() else {
                problems.push(format!("{after}: the run is not there"));
                figures.lost += 1;
                continue;
            };
            figures.acknowledged += recorded.len() as u64;
            let resumed = place.output(&["resume", RUN], None);
            let end = place.to_the_end();
            let known = place.recorded().unwrap_or_default();
            if example.once && end["error"]["code"] == "may_have_run" {
                // It was inside of the step that must not run twice, and says so.
                continue;
            }
            if end["status"] != "completed" || end["output"] != expected["output"] {
                problems.push(format!(
                    "{after}: {} instead of {}: {}",
                    end["output"],
                    expected["output"],
                    told(&resumed)
                ));
                figures.lost += 1;
            }
            // A step that ran again has another beginning, or is there twice.
            let kept = recorded.iter().filter(|step| known.contains(step)).count();
            figures.again +=
                (recorded.len() - kept) as u64 + known.len().saturating_sub(steps) as u64;
            if kept < recorded.len() || known.len() != steps {
                problems.push(format!(
                    "{after}: {recorded:?} were recorded, then {known:?}"
                ));
            }
            // Of the last process only the steps that were missing.
            let report: Value = serde_json::from_slice(&resumed.stdout).unwrap_or(Value::Null);
            if let Some(ran) = report["steps_run"].as_u64()
                && ran > (steps - recorded.len().min(steps)) as u64
            {
                figures.again += 1;
                problems.push(format!(
                    "{after}: {ran} steps ran, {} of {steps} were recorded",
                    recorded.len()
                ));
            }
        }
    }
}

#[test]
fn a_crash_at_any_commit_of_an_example_changes_nothing() {
    let all = env::var("AGNO_EXAMPLES").is_ok_and(|which| which == "all");
    let chosen: Vec<&Example> = EXAMPLES
        .iter()
        .filter(|example| all || SAMPLE.contains(&example.name))
        .collect();
    let names: Vec<&str> = chosen.iter().map(|example| example.name).collect();
    let binaries = binaries(&names);
    let mut figures = Figures::default();
    let mut problems = Vec::new();
    for example in chosen {
        let before = figures.tried;
        crash_everywhere(
            example,
            &binaries.join(example.name),
            &mut figures,
            &mut problems,
        );
        println!("{}: {} crashes", example.name, figures.tried - before);
    }
    if all {
        for (name, reason) in SKIPPED {
            println!("{name} is left out: it {reason}");
        }
    }
    figures.print("sled", "examples");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// An example that is in neither list would be forgotten.
#[test]
fn every_example_is_crashed_or_has_a_reason() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let known: Vec<&str> = EXAMPLES
        .iter()
        .map(|example| example.name)
        .chain(SKIPPED.map(|(name, _)| name))
        .collect();
    for file in root.read_dir().expect("the examples") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            assert!(known.contains(&&*name), "{name} is in no list");
        }
    }
}
