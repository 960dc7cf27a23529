//! Every verb, on a store of its own.

mod common;

use common::Place;
use serde_json::json;

#[test]
fn run_prints_the_result_alone_on_standard_output() {
    let place = Place::new();
    let answer = place.one(&["run", "--name", "Ada"]).exits(0);
    assert_eq!(answer.out, "Hello, Ada!\n");
    answer
        .says("greeting · run 01")
        .says("store ./.agno (sled)")
        .says("✔ greet")
        .says("done in")
        .says("1 step ran");
    let answer = place.many(&[
        "run", "report", "--topic", "rust", "--words", "3", "--draft",
    ]);
    let answer = answer
        .exits(0)
        .says("read ×5")
        .says("│ looking into rust")
        .says("7 steps ran");
    // The order of the fields is that of the type.
    assert!(
        answer
            .out
            .starts_with("{\n  \"topic\": \"rust\",\n  \"words\": 3,\n  \"draft\": true")
    );
    let again = place.many(&["run", "report", "--topic", "rust"]).exits(0);
    again
        .says("◆ search")
        .says("by 01")
        .says("6 steps ran · 1 cached");
    let fresh = place
        .many(&["run", "report", "--topic", "rust", "--no-cache"])
        .exits(0);
    fresh.says("✔ search").says("7 steps ran");
}

#[test]
fn run_in_json_is_one_object() {
    let place = Place::new();
    let args = [
        "run",
        "report",
        "--topic",
        "rust",
        "--session",
        "s",
        "--user",
        "u",
        "--json",
    ];
    let report = place.many(&args).exits(0).json();
    let keys: Vec<_> = report
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    let mut expected = vec![
        "run_id",
        "workflow",
        "session_id",
        "status",
        "output",
        "error",
        "steps_run",
        "steps_cached",
        "steps_replayed",
        "duration_ms",
    ];
    expected.sort_unstable();
    let mut keys: Vec<_> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(report["workflow"], "report");
    assert_eq!(report["session_id"], "s");
    assert_eq!(report["status"], "completed");
    assert_eq!(report["output"]["topic"], "rust");
    assert_eq!(report["error"], json!(null));
    assert_eq!(
        (&report["steps_run"], &report["steps_cached"]),
        (&json!(7), &json!(0))
    );
    assert!(report["duration_ms"].is_u64());

    let failed = place
        .many(&["run", "fragile", "--how", "fail", "--json"])
        .exits(1)
        .json();
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["error"]["code"], "step_failed");
    assert_eq!(failed["error"]["path"], "act#0");
    assert_eq!(failed["output"], json!(null));
}

#[test]
fn input_comes_from_a_file_or_standard_input() {
    let place = Place::new();
    place.write("in.json", b"\"Grace\"");
    assert_eq!(
        place.one(&["run", "-i", "@in.json"]).exits(0).out,
        "Hello, Grace!\n"
    );
    let command = place.command("one_workflow", &["run", "greeting", "-i", "-"]);
    assert_eq!(
        common::with_input(command, b"\"Edsger\"\n").exits(0).out,
        "Hello, Edsger!\n"
    );
    assert_eq!(
        place.one(&["run", "-i", "\"Alan\""]).exits(0).out,
        "Hello, Alan!\n"
    );
}

#[test]
fn a_run_id_of_ones_own_answers_the_same_run() {
    let place = Place::new();
    let first = place
        .one(&["run", "--name", "A", "--run-id", "mine", "--json"])
        .exits(0)
        .json();
    assert_eq!(first["run_id"], "mine");
    let again = place
        .one(&["run", "--name", "A", "--run-id", "mine", "--json"])
        .exits(0)
        .json();
    assert_eq!(again["output"], first["output"]);
    assert_eq!(again["steps_run"], 0);
    let other = place
        .one(&["run", "--name", "B", "--run-id", "mine"])
        .exits(2);
    other.says("exists already");
    place
        .one(&["run", "--name", "B", "--run-id", "no/good"])
        .exits(2);
    place
        .one(&["run", "--name", "B", "--session", ""])
        .exits(2)
        .says("name of a session");
}

#[test]
fn runs_lists_and_filters() {
    let place = Place::new();
    place.many(&["runs"]).exits(0).says("no runs in");
    place
        .many(&["run", "report", "--topic", "rust", "--session", "s1"])
        .exits(0);
    place.many(&["run", "fragile", "--how", "fail"]).exits(1);
    let list = place
        .many(&["runs"])
        .exits(0)
        .prints("RUN")
        .prints("NEXT")
        .prints("fragile");
    let lines: Vec<_> = list.out.lines().collect();
    assert!(
        lines[1].contains("failed") && lines[1].contains("retry 01"),
        "{lines:?}"
    );
    assert!(
        lines[2].contains("completed") && !lines[2].contains("retry"),
        "{lines:?}"
    );
    for (filter, count) in [
        (["--status", "failed"], 1),
        (["--status", "interrupted"], 0),
        (["--workflow", "report"], 1),
        (["--session", "s1"], 1),
        (["--session", "s2"], 0),
        (["--limit", "1"], 1),
    ] {
        let report = place
            .many(&["runs", "--json", filter[0], filter[1]])
            .exits(0)
            .json();
        assert_eq!(
            report["runs"].as_array().expect("a list").len(),
            count,
            "{filter:?}"
        );
    }
    place
        .many(&["runs", "--limit", "1"])
        .exits(0)
        .says("there are more");
    let run = &place.many(&["runs", "--json", "--limit", "1"]).json()["runs"][0];
    assert_eq!(run["status"], "failed");
    assert_eq!(run["error"]["code"], "step_failed");
}

#[test]
fn show_tells_all_that_is_recorded() {
    let place = Place::new();
    place.many(&["run", "report", "--topic", "rust"]).exits(0);
    place.many(&["run", "report", "--topic", "rust"]).exits(0);
    let id = place.newest();
    let report = place.many(&["show", &id, "--json"]).exits(0).json();
    assert_eq!(report["status"], "completed");
    assert_eq!(report["input"]["topic"], "rust");
    assert_eq!(report["state"], json!({"pages": 10}));
    assert_eq!(
        (&report["steps_run"], &report["steps_cached"]),
        (&json!(6), &json!(1))
    );
    let steps = report["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 7);
    assert_eq!(steps[0]["path"], "search#0");
    assert_eq!(steps[0]["name"], "search");
    assert_eq!(steps[0]["source"], "cache");
    assert_eq!(steps[0]["status"], "completed");
    assert_eq!(steps[0]["input"], json!({"topic": "rust"}));
    let read = steps
        .iter()
        .find(|step| step["path"] == "map#0[3]/read#0")
        .expect("an item");
    assert_eq!(
        (&read["name"], &read["source"]),
        (&json!("read"), &json!("ran"))
    );
    assert_eq!((&read["attempts"], &read["output"]), (&json!(1), &json!(6)));
    let started = read["started_at"].as_str().expect("a time");
    assert!(
        started.starts_with("20") && started.ends_with('Z'),
        "{started}"
    );
    assert!(read["duration_ms"].is_u64());
    let events = report["events"].as_array().expect("events");
    let numbers: Vec<_> = events
        .iter()
        .map(|event| event["number"].as_u64())
        .collect();
    assert_eq!(
        numbers,
        (0..events.len() as u64).map(Some).collect::<Vec<_>>()
    );
    assert_eq!(events[0]["type"], "run_started");
    assert!(events.iter().all(|event| event["at"].is_u64()));
    assert_eq!(events.last().expect("one")["type"], "run_ended");

    place
        .many(&["show", &id])
        .exits(0)
        .prints("completed")
        .prints("pages = 10")
        .prints("◆ search#0")
        .prints("✔ map#0[3]/read#0");
}

#[test]
fn a_superseded_failure_is_no_step_any_more() {
    let place = Place::new();
    let repair = place.file("repair");
    let repair = repair.to_str().expect("text");
    let failed = place.many(&["run", "fragile", "--how", repair]).exits(1);
    let next = failed.next();
    assert_eq!(next[0], "retry");
    place.write("repair", b"");
    let next: Vec<_> = next.iter().map(String::as_str).collect();
    let resumed = place.many(&next).exits(0).says("◆ begin  from the journal");
    let resumed = resumed.says("1 step ran · 1 replayed");
    assert_eq!(resumed.out, format!("{repair}\n"));
    let report = place.many(&["show", next[1], "--json"]).exits(0).json();
    let steps = report["steps"].as_array().expect("steps");
    let names: Vec<_> = steps
        .iter()
        .map(|step| (&step["name"], &step["status"]))
        .collect();
    assert_eq!(
        names,
        [
            (&json!("begin"), &json!("completed")),
            (&json!("act"), &json!("completed"))
        ]
    );
    assert_eq!(report["resumes"], 1);
    // Resumed once more, a completed run answers what it answered.
    let resume = ["resume", next[1]];
    assert_eq!(place.many(&resume).exits(0).out, format!("{repair}\n"));
}

#[test]
fn a_pause_exits_with_3() {
    let place = Place::new();
    let repair = place.file("repair");
    let how = format!("pause:{}", repair.display());
    let paused = place
        .many(&["run", "fragile", "--how", &how, "--json"])
        .exits(3);
    assert_eq!(paused.json()["status"], "paused");
    let next = paused.next();
    place.write("repair", b"");
    let next: Vec<_> = next.iter().map(String::as_str).collect();
    place.many(&next).exits(0);
}

#[test]
fn failures_name_the_step_and_the_cause() {
    let place = Place::new();
    let panicked = place.many(&["run", "fragile", "--how", "panic"]).exits(1);
    panicked
        .says("error: step `act#0`: panicked: out of")
        .says("[panic]");
    let hung = place.many(&["run", "fragile", "--how", "hang"]).exits(1);
    hung.says("did not finish within 100ms [timeout]")
        .says("2 attempts");
    let failed = place.many(&["run", "fragile", "--how", "fail"]).exits(1);
    let failed = failed.says("↻ act  attempt 1 failed, again in 5ms");
    assert_eq!(failed.next()[0], "retry");
}

#[test]
fn graphs_are_drawn_with_and_without_a_run() {
    let place = Place::new();
    place
        .many(&["graph", "report"])
        .exits(0)
        .prints("├─ search");
    assert!(!place.has_store(), "a picture needs no store");
    place.many(&["run", "report", "--topic", "rust"]).exits(0);
    let id = place.newest();
    place.many(&["graph", "--run", &id]).exits(0).prints("✔ ×5");
    place
        .many(&["graph", "report", "--format", "mermaid"])
        .exits(0)
        .prints("flowchart");
    place
        .many(&["graph", "report", "--format", "dot"])
        .exits(0)
        .prints("digraph");
    place
        .many(&["graph", "report", "--format", "svg"])
        .exits(0)
        .prints("<svg");
    place
        .many(&["graph", "report", "--format", "json"])
        .exits(0)
        .json();
    place.many(&["graph", "report", "--format", "png"]).exits(2);
    let other = place.many(&["graph", "slow", "--run", &id]).exits(2);
    other.says("is one of `report`, not of `slow`");
    place
        .many(&["graph", "slow"])
        .exits(0)
        .says("declared without a graph");
}

#[test]
fn workflows_and_schemas() {
    let place = Place::new();
    place
        .many(&["workflows"])
        .exits(0)
        .prints("Writes a report.")
        .prints("fragile");
    let report = place.many(&["workflows", "--json"]).exits(0).json();
    assert_eq!(report["workflows"][1]["name"], "report");
    assert_eq!(report["workflows"][1]["steps"][0]["name"], "search");
    assert_eq!(report["workflows"][1].get("problems"), None);
    let checked = place.many(&["workflows", "--check"]).exits(0);
    checked
        .says("warning: report: no flow calls the step `write`; call it where it belongs")
        .says("warning: report: flow `run`, agno-cli/examples/many_workflows.rs:")
        .says(": this loop is never left")
        .says("warning: report: step `read`: `factor` has no effect")
        .says("slow: schemas are sound");
    let checked = place
        .many(&["workflows", "--check", "--json"])
        .exits(0)
        .json();
    assert_eq!(checked["workflows"][1]["problems"], json!([]));
    let warnings = checked["workflows"][1]["warnings"].as_array();
    assert_eq!(warnings.map(Vec::len), Some(3));
    assert_eq!(
        warnings.and_then(|warnings| warnings[2].as_str()),
        Some("step `read`: `factor` has no effect: with one retry there is one wait")
    );
    let schema = place.many(&["schema", "report"]).exits(0).json();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["topic"]["minLength"], 3);
    assert_eq!(place.one(&["schema"]).exits(0).json()["type"], "string");
    assert_eq!(
        place.many(&["schema", "slow", "--output"]).exits(0).json()["type"],
        "integer"
    );
    assert!(!place.has_store());
}

#[test]
fn the_cache_is_listed_and_cleared() {
    let place = Place::new();
    place.many(&["cache"]).exits(0).says("empty");
    place.many(&["run", "report", "--topic", "rust"]).exits(0);
    place
        .many(&["cache", "list"])
        .exits(0)
        .prints("search")
        .prints("never");
    let list = place
        .many(&["cache", "--json", "--step", "search"])
        .exits(0)
        .json();
    assert_eq!(list["cached"][0]["workflow"], "report");
    assert_eq!(
        place
            .many(&["cache", "clear", "--step", "x", "--json"])
            .exits(0)
            .json()["cleared"],
        0
    );
    place
        .many(&["cache", "clear", "--workflow", "report"])
        .exits(0)
        .prints("1 cached result removed");
    place
        .many(&["run", "report", "--topic", "rust"])
        .exits(0)
        .says("7 steps ran");
}

#[test]
fn the_store_is_where_it_is_said_to_be() {
    let place = Place::new();
    let path = place.one(&["store", "path"]).exits(0).out;
    assert!(path.trim_end().ends_with(".agno"), "{path}");
    assert!(!place.has_store());
    place
        .one(&["run", "--name", "A", "--store", "elsewhere"])
        .exits(0)
        .says("store elsewhere");
    assert!(place.file("elsewhere").exists() && !place.has_store());
    let mut command = place.command("one_workflow", &["runs", "--json"]);
    let runs = common::Answer::of(command.env("AGNO_STORE", "elsewhere").output())
        .exits(0)
        .json();
    assert_eq!(runs["runs"].as_array().expect("a list").len(), 1);
    let verified = place
        .one(&["store", "verify", "--store", "elsewhere"])
        .exits(0);
    verified.prints("1 run, ").says("sound");
    let verified = place
        .one(&["store", "verify", "--json", "--store", "elsewhere"])
        .exits(0)
        .json();
    assert_eq!(
        (&verified["runs"], &verified["problems"]),
        (&json!(1), &json!([]))
    );
    // What is only in memory is not there for a next command.
    let gone = place
        .one(&["run", "--name", "A", "--store", "memory:"])
        .exits(0);
    assert_eq!(gone.out, "Hello, A!\n");
    let path = place
        .one(&["store", "path", "--json", "--store", "memory:"])
        .exits(0)
        .json();
    assert_eq!(path["path"], json!(null));
}

#[test]
fn help_names_verbs_and_fields() {
    let place = Place::new();
    let help = place
        .one(&["--help"])
        .exits(0)
        .prints("Greets somebody by name.");
    for verb in [
        "run",
        "resume",
        "runs",
        "show",
        "workflows",
        "schema",
        "graph",
        "cache",
        "store",
    ] {
        assert!(
            help.out.contains(&format!("  {verb} ")),
            "{verb}: {}",
            help.out
        );
    }
    place
        .one(&["run", "--help"])
        .exits(0)
        .prints("--name <TEXT>");
    let help = place.many(&["run", "--help"]).exits(0);
    help.prints("--topic <TEXT>")
        .prints("What to write about.")
        .prints("--words <NUMBER>");
}

#[test]
fn a_store_that_was_typed_and_is_not_there_is_not_made_by_looking() {
    let place = Place::new();
    let verbs: [&[&str]; 8] = [
        &["runs"],
        &["show", "r"],
        &["inbox"],
        &["resume", "r"],
        &["prune", "--older-than", "1d"],
        &["cache", "clear"],
        &["store", "verify"],
        &["store", "export", "all.ndjson"],
    ];
    for verb in verbs {
        let answer = place.many(&[verb, &["--store", "typo"]].concat()).exits(2);
        answer.says("error: there is no store in typo");
        assert!(!place.file("typo").exists(), "{verb:?}");
    }
    // One that is always the same is no slip: nothing has run here yet.
    place.many(&["runs"]).exits(0);
    let mut named = place.command("many_workflows", &["runs"]);
    let listed = named.env("AGNO_STORE", "theirs").output().expect("starts");
    assert!(listed.status.success(), "{listed:?}");
}
