//! Inputs given field by field, and the commands that are named next.

mod common;

use common::{Answer, Place};
use serde_json::json;

fn fields(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("many_fields", args).output())
}

#[test]
fn workflows_may_share_the_name_of_a_field() {
    let place = Place::new();
    for args in [
        ["run", "one", "--n", "4"].as_slice(),
        &["run", "two", "--n=4"],
        &["run", "--n", "4", "one"],
    ] {
        assert_eq!(fields(&place, args).exits(0).out, "4\n", "{args:?}");
    }
    fields(&place, &["run", "one", "--n", "4", "--n", "5"])
        .exits(2)
        .says("--n: this is given twice");
    // The named workflow says what a flag takes: here `--yes` is a text.
    let text = fields(&place, &["run", "three", "--yes", "perhaps"]).exits(0);
    assert_eq!(text.out, "perhaps\n");
}

#[test]
fn truth_values_may_stand_apart() {
    let place = Place::new();
    for (given, expected) in [
        (["--yes"].as_slice(), true),
        (&["--yes=true"], true),
        (&["--yes=false"], false),
        (&["--yes", "true"], true),
        (&["--yes", "false"], false),
    ] {
        let mut args = vec!["run", "--url", "x"];
        args.extend(given);
        args.push("publish");
        let report = fields(&place, &args).exits(0).json();
        assert_eq!(report["yes"], expected, "{given:?}");
    }
    fields(&place, &["run", "publish", "--url", "x", "--yes=perhaps"])
        .exits(2)
        .says("--yes: expected true or false");
}

#[test]
fn a_list_may_be_given_whole() {
    let place = Place::new();
    let report = |args: &[&str]| {
        let mut all = vec!["run", "report", "--topic", "rust"];
        all.extend(args);
        Answer::of(place.command("many_workflows", &all).output())
    };
    for (args, expected) in [
        (
            ["--file-under", "a", "--file-under", "b"].as_slice(),
            json!(["a", "b"]),
        ),
        (&["--file-under", r#"["a", "b"]"#], json!(["a", "b"])),
        (&["--file-under", "[a]"], json!(["[a]"])),
    ] {
        let topic = report(args).exits(0).json();
        assert_eq!(topic["file_under"], expected, "{args:?}");
    }
    report(&["--help"])
        .exits(0)
        .prints("Words to file it under (given once for each, or as a JSON list)");
}

#[test]
fn all_that_is_wrong_with_flags_is_told_at_once() {
    let place = Place::new();
    let args = [
        "run",
        "publish",
        "--max-kib",
        "-1",
        "--max-words",
        "abc",
        "--source",
        "x",
    ];
    fields(&place, &args)
        .exits(2)
        .says("--max-words: expected integer, found \"abc\"")
        .says("--max-kib: out of range")
        .says("--source: `source` is an object: give the whole input with -i")
        .says("missing: --url (string)");
    assert!(!place.has_store());
}

#[test]
fn what_cannot_be_a_flag_says_so() {
    let place = Place::new();
    let when = "`when` is an object: give the whole input with -i";
    for args in [
        ["run", "watch"].as_slice(),
        &["run", "watch", "--url", "x"],
        &["run", "watch", "--when", "x"],
    ] {
        fields(&place, args).exits(2).says(when);
    }
    let json = "`json` is no flag, `--json` is an option of `run`: give the whole input with -i";
    let missing = fields(&place, &["run", "print", "--url", "x"]).exits(2);
    assert!(!missing.says(json).err.contains("missing: --json"));
    let report = fields(&place, &["run", "print", "--json"]).exits(2).json();
    assert_eq!(report["error"]["problems"][0]["kind"], "missing_field");
    let draw = "draw: `shape` is no simple value: give the whole input with -i";
    let other = fields(&place, &["run", "draw", "--radius", "3"])
        .exits(2)
        .says("unexpected argument '--radius'")
        .says(draw);
    assert!(!other.err.contains("publish:"), "{other:?}");
    let help = fields(&place, &["run", "--help"]).exits(0);
    help.prints(when)
        .prints(json)
        .prints(draw)
        .prints("publish: `source` is an object")
        .prints("--max-words <NUMBER>");
}

#[test]
fn the_next_command_keeps_what_was_typed() {
    let place = Place::new();
    let which = fields(&place, &["run", "--n", "4", "--user", "Ada L"]).exits(2);
    assert_eq!(which.next().join(" "), "run draw --n 4 --user 'Ada L'");
    // A store from the environment is named as well.
    let mut command = place.command("many_workflows", &["run", "fragile", "--how", "fail"]);
    let failed = Answer::of(command.env("AGNO_STORE", "elsewhere").output()).exits(1);
    let next = failed.next();
    assert_eq!(
        (&*next[0], &*next[2], &*next[3]),
        ("retry", "--store", "elsewhere")
    );
    let mut command = place.command("many_workflows", &["run", "fragile", "--how", "fail"]);
    let failed = Answer::of(command.env("AGNO_STORE", "./.agno").output()).exits(1);
    assert_eq!(failed.next().len(), 2);
}

#[test]
fn after_drift_the_same_code_is_not_to_go_on() {
    let place = Place::new();
    let failed = fields(&place, &["run", "drifting", "--file", "now-new"]).exits(1);
    let id = failed.next()[1].clone();
    place.write("now-new", b"");
    let drifted = fields(&place, &["resume", &id]).exits(1).says("[drift]");
    let last = drifted.err.lines().last().unwrap_or_default();
    assert!(last.starts_with("next: restore the code, then: "), "{last}");
    assert!(
        last.contains(&format!(" resume {id}; or start anew: ")),
        "{last}"
    );
    assert!(last.ends_with(" run drifting -i '\"now-new\"'"), "{last}");
}

#[test]
fn a_long_cache_is_cut_for_people() {
    let place = Place::new();
    fields(&place, &["run", "squares", "--count", "53"]).exits(0);
    let rows = |answer: Answer| answer.exits(0).out.lines().count() - 1;
    let list = fields(&place, &["cache", "list", "--step", "square"]);
    let list = list
        .says("and 3 more: ")
        .says("cache list --all --step square");
    assert_eq!(rows(list), 50);
    assert_eq!(rows(fields(&place, &["cache", "--all"])), 53);
    let report = fields(&place, &["cache", "--json"]).exits(0).json();
    assert_eq!(report["cached"].as_array().map(Vec::len), Some(53));
    let cleared = fields(&place, &["cache", "clear", "--json"])
        .exits(0)
        .json();
    assert_eq!(cleared, json!({"cleared": 53}));
}

#[test]
fn an_asynchronous_main_is_told_what_to_write() {
    let place = Place::new();
    let mut command = place.command("many_fields", &["workflows"]);
    Answer::of(command.env("AS_ASYNC_MAIN", "1").output())
        .exits(2)
        .says("error: `main` runs a runtime of its own: write a plain `fn main()` without `#[tokio::main]`");
}
