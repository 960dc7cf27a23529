//! Secrets are used, and are nowhere.

use std::{fs, path::Path};

use crate::program::{Answer, KEY, Place, TOKEN};

/// Every file below a directory.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for file in fs::read_dir(directory).expect("lists").flatten() {
        let path = file.path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => {
                let bytes = fs::read(&path).unwrap_or_default();
                all.push((path.display().to_string(), bytes));
            }
        }
    }
    all
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|part| part == words.as_bytes())
}

#[test]
fn a_secret_is_used_and_is_nowhere() {
    let place = Place::new();
    let mut said = String::new();
    let mut run = |args: &[&str], code: i32| {
        let args = [args, &["--store", "data"]].concat();
        let answer = Answer::of(place.command(&args).env("AGNO_LOG", "trace")).exits(code);
        said.push_str(&answer.out);
        said.push_str(&answer.err);
        answer
    };
    let (fine, trouble) = (place.order("fine"), place.order("trouble"));
    let done = run(&["run", "-i", &fine, "--run-id", "fine"], 0);
    let output = format!("fine {} {}\n", KEY.len(), TOKEN.len());
    assert_eq!(done.out, output, "the values reach the steps");
    let failed = run(&["run", "-i", &trouble, "--run-id", "trouble"], 1);
    let refusal = "refused for Secret(AGNO_TEST_KEY) and Report { token: Secret(AGNO_TEST_TOKEN) }";
    assert!(failed.err.contains(refusal), "{failed:#?}");
    for args in [
        &["show", "fine", "--json"][..],
        &["show", "fine"],
        &["show", "trouble", "--json"],
        &["events", "fine", "--json"],
        &["events", "trouble"],
        &["export", "fine", "--format", "html"],
        &["cache", "list", "--json"],
        &["store", "export"],
        &["schema"],
    ] {
        run(args, 0);
    }
    assert!(
        said.contains("{\"$secret\":\"AGNO_TEST_KEY\"}"),
        "the reference is shown"
    );
    assert!(!said.contains(KEY) && !said.contains(TOKEN), "{said}");
    let stored = files(&place.file("data"));
    let reference = stored
        .iter()
        .any(|(_, bytes)| holds(bytes, "AGNO_TEST_KEY"));
    assert!(reference, "the records are in the files as they are");
    for (name, bytes) in stored {
        assert!(!holds(&bytes, KEY) && !holds(&bytes, TOKEN), "{name}");
    }
}

#[test]
fn a_resumed_run_reads_it_anew_and_names_what_is_missing() {
    let place = Place::new();
    place.half_finished("data", "half");
    let resume = ["resume", "half", "--store", "data"];
    let mut without = place.command(&resume);
    let missing = Answer::of(without.env_remove("AGNO_TEST_KEY"));
    let words = "the environment variable `AGNO_TEST_KEY` of a secret is not set";
    assert!(
        missing.code != Some(0) && missing.err.contains(words),
        "{missing:#?}"
    );
    // It is back, with another value: the step that is left takes it.
    let back = Answer::of(place.command(&resume).env("AGNO_TEST_KEY", "another"));
    assert_eq!(
        back.exits(0).out,
        format!("half {} {}\n", KEY.len(), TOKEN.len())
    );
    assert_eq!(place.ran(), ["gather", "polish", "shelve"]);
}

#[test]
fn a_cached_result_is_found_by_the_reference() {
    let place = Place::new();
    let order = place.order("x");
    let run = ["run", "-i", &order, "--store", "data"];
    place.run(&run).exits(0);
    Answer::of(place.command(&run).env("AGNO_TEST_KEY", "another")).exits(0);
    let gathered = place.ran().iter().filter(|step| *step == "gather").count();
    assert_eq!(gathered, 1, "the value is no part of the key");
}

#[test]
fn an_input_cannot_name_any_variable() {
    let place = Place::new();
    let of = |reference: &str| {
        let order = place
            .order("x")
            .replace("{\"$secret\":\"AGNO_TEST_KEY\"}", reference);
        let run = ["run", "-i", &order, "--store", "data"];
        let refused = Answer::of(place.command(&run).env("AGNO_LOG", "trace")).exits(2);
        assert!(!refused.err.contains(TOKEN), "{refused:#?}");
        refused
    };
    // The program has it, for itself.
    let other = of("{\"$secret\":\"AGNO_TEST_TOKEN\"}");
    other.says("`AGNO_TEST_TOKEN` is no secret of this program");
    of("{\"$secret\":\"AGNO_NOT_THERE\"}").says("`AGNO_NOT_THERE` is no secret of this program");
    of("{\"$secret\":\"PATH=x\"}");
    of("{}");
    of("null");
    let runs = place.run(&["runs", "--json", "--store", "data"]).exits(0);
    assert_eq!(
        runs.json()["runs"],
        serde_json::json!([]),
        "nothing was begun"
    );
}
