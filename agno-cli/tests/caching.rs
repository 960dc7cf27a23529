//! The step cache from the command line: modes, tags, and why a call was computed.

mod common;

use common::{Answer, Place};

const REPORT: [&str; 4] = ["run", "report", "--topic", "rust"];

fn report(place: &Place, more: &[&str]) -> Answer {
    place.many(&[&REPORT[..], more].concat())
}

fn cached(place: &Place) -> usize {
    let list = place.many(&["cache", "--json"]).exits(0).json();
    list["cached"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_run_uses_the_cache_as_it_is_told() {
    let place = Place::new();
    report(&place, &["--cache", "bypass"])
        .exits(0)
        .says("7 steps ran");
    assert_eq!(cached(&place), 0, "nothing was stored");
    report(&place, &["--cache", "only"]).exits(1).says("search");
    report(&place, &[]).exits(0).says("7 steps ran");
    report(&place, &["--cache", "refresh"])
        .exits(0)
        .says("7 steps ran");
    report(&place, &["--cache", "only"])
        .exits(0)
        .says("6 steps ran · 1 cached");
    report(&place, &["--cache", "sometimes"])
        .exits(2)
        .says("bypass");
    report(&place, &["--cache", "use", "--no-cache"]).exits(2);
}

#[test]
fn operations_say_it_for_every_run() {
    let place = Place::new();
    let with = |mode: &str| {
        let mut command = place.command("many_workflows", &REPORT);
        Answer::of(command.env("AGNO_CACHE", mode).output())
    };
    report(&place, &[]).exits(0).says("7 steps ran");
    with("bypass").exits(0).says("7 steps ran");
    with("").exits(0).says("6 steps ran · 1 cached");
    let wrong = with("maybe").exits(2);
    wrong.says("AGNO_CACHE is `maybe`").says("refresh");
    let mut command = place.command("many_workflows", &REPORT);
    command.args(["--cache", "use"]).env("AGNO_CACHE", "bypass");
    // What is typed comes before what the environment says.
    Answer::of(command.output())
        .exits(0)
        .says("6 steps ran · 1 cached");
}

#[test]
fn why_a_call_was_computed_is_told() {
    let place = Place::new();
    report(&place, &[]).exits(0);
    report(&place, &["--run-id", "again"]).exits(0);
    let explain = ["cache", "explain", "search"];
    place
        .many(&[&explain[..], &["--run", "again"]].concat())
        .exits(0)
        .prints("report · search · run again")
        .prints("taken from the cache")
        .prints("a hit: stored")
        .prints("The key is made from");
    let other = [&explain[..], &["--input", r#"{"topic":"go"}"#]].concat();
    place
        .many(&other)
        .exits(0)
        .prints("a miss: nothing is stored for this key")
        .prints("differs in 1 part")
        .prints("\"go\" here")
        .prints("\"rust\" stored");
    let json = place.many(&[&other[..], &["--json"]].concat());
    assert_eq!(json.exits(0).json()["step"], "search");

    place
        .many(&["cache", "explain", "write", "--run", "again"])
        .exits(0)
        .prints("not cached");
    place
        .many(&["cache", "explain", "serach", "--run", "again"])
        .exits(2)
        .says("search");
    place
        .many(&["cache", "explain", "search", "--input", "{"])
        .exits(2)
        .says("no JSON");
}

#[test]
fn a_result_is_found_by_its_key_and_by_a_tag() {
    let place = Place::new();
    report(&place, &[]).exits(0);
    let list = place.many(&["cache", "--json"]).exits(0).json();
    let key = list["cached"][0]["key"].as_str().expect("a key").to_owned();
    let cleared = |args: &[&str]| {
        let args = [&["cache", "clear", "--json"], args].concat();
        place.many(&args).exits(0).json()["cleared"].clone()
    };
    assert_eq!(cleared(&["--tag", "of-another"]), 0);
    assert_eq!(cleared(&["--key", &key[..12]]), 1);
    assert_eq!(cached(&place), 0);
}
