//! Every verb, once.

use serde_json::Value;

use super::{Shared, desk::visit};

#[test]
fn every_verb_works_over_a_database() {
    let Some(shared) = Shared::new() else { return };
    let done = |args: &[&str]| shared.run(args).exits(0);
    let json = |args: &[&str]| done(&[args, &["--json"]].concat()).json();
    let status = |run: &str| json(&["show", run])["status"].clone();

    let one = done(&["run", "-i", &visit("one"), "--run-id", "one"]);
    assert!(one.out.contains("hello, one"), "{one:#?}");
    assert!(one.err.contains("store postgres://agno@"), "{one:#?}");
    // The same run again is that run.
    let again = done(&["run", "-i", &visit("one"), "--run-id", "one"]);
    assert!(again.out.contains("hello, one"), "{again:#?}");
    let trouble = visit("trouble");
    let failed = shared.run(&["run", "-i", &trouble, "--run-id", "trouble"]);
    failed.exits(1).says("no entry");
    shared.run(&["retry", "trouble"]).exits(1).says("no entry");
    shared.run(&["resume", "one"]).exits(0);

    let asks = visit("asks").replace("\"asks\":false", "\"asks\":true");
    let paused = shared.run(&["run", "-i", &asks, "--run-id", "asks", "--no-input"]);
    paused.exits(3).says("Let them in?");
    let inbox = json(&["inbox"]);
    let request = inbox["requests"][0]["id"].as_str();
    let request = request.unwrap_or_else(|| panic!("{inbox}"));
    done(&["approve", request]);
    assert_eq!(status("asks"), "completed");
    shared.run(&["approve", request]).exits(1);

    for run in ["later", "gone"] {
        done(&["run", "-i", &visit(run), "--run-id", run, "--detach"]);
        assert_eq!(status(run), "pending");
    }
    assert_eq!(json(&["cancel", "gone"])["status"], "cancelled");
    let worked = done(&["worker", "--until-idle"]);
    assert!(worked.out.contains("later completed"), "{worked:#?}");
    assert_eq!(status("later"), "completed");

    done(&["fork", "one", "--from", "count", "--run-id", "forked"]);
    assert_eq!(json(&["show", "forked"])["forked_from"], "one");
    let diff = done(&["diff", "one", "forked"]);
    assert!(diff.out.contains("count#0"), "{diff:#?}");
    let runs = json(&["runs"]);
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(6), "{runs}");
    let sessions = json(&["sessions"]);
    assert_eq!(sessions["sessions"][0]["runs"], 6, "{sessions}");
    assert!(done(&["events", "one"]).out.contains("step_completed"));
    done(&["events", "one", "--follow"]);
    done(&["show", "one", "--follow"]);
    done(&["graph", "--run", "one"]);

    let cached = json(&["cache", "list"]);
    let of = |cached: &Value| cached["cached"].as_array().map(Vec::len);
    assert_eq!(of(&cached), Some(3), "{cached}");
    done(&["cache", "explain", "greet", "--run", "one"]);
    let cleared = json(&["cache", "clear", "--tag", "greetings"]);
    assert_eq!(cleared["cleared"], 3, "{cleared}");
    let signed = &json(&["show", "one"])["steps"][1]["output"];
    let hash = hash(signed).unwrap_or_else(|| panic!("{signed}"));
    assert_eq!(done(&["artifact", &hash]).out, "signed: one");
    let page = done(&["export", "one", "--format", "html"]);
    assert!(page.out.contains("<html"), "{page:#?}");

    let pruned = json(&["prune", "--older-than", "0s", "--status", "cancelled"]);
    assert_eq!(pruned["removed"][0]["id"], "gone", "{pruned}");
    let stats = json(&["store", "stats"]);
    assert_eq!(stats["runs"]["completed"], 4, "{stats}");
    let verified = json(&["store", "verify"]);
    assert_eq!(verified["problems"], serde_json::json!([]), "{verified}");
    assert_eq!(verified["runs"], 5, "{verified}");
    done(&["store", "compact"]);
    let path = done(&["store", "path"]);
    assert!(path.out.starts_with("postgres://agno:***@"), "{path:#?}");
    done(&["store", "export", "moved.jsonl"]);
    done(&["store", "import", "moved.jsonl"]).says("added 0 runs");
}

/// The first hash in a reference to an artifact.
fn hash(value: &Value) -> Option<String> {
    let is_hash = |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    match value {
        Value::String(text) => {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
            words.find(|word| is_hash(word)).map(str::to_owned)
        }
        Value::Object(fields) => fields.values().find_map(hash),
        Value::Array(items) => items.iter().find_map(hash),
        _ => None,
    }
}
