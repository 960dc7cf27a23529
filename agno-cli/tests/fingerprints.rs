//! `schema --save` and `schema --check`: for the pipeline that releases a workflow.

mod common;

use std::fs;

use common::Place;
use serde_json::{Value, json};

#[test]
fn a_saved_structure_is_compared_with_the_program() {
    let place = Place::new();
    place
        .many(&["schema", "--save", "saved.json"])
        .exits(0)
        .says("saved: saved.json")
        .says("schema --check saved.json");
    let same = place.many(&["schema", "--check", "saved.json"]).exits(0);
    same.prints("report: unchanged").prints("slow: unchanged");

    let text = fs::read_to_string(place.file("saved.json")).expect("is there");
    let mut saved: Value = serde_json::from_str(&text).expect("is JSON");
    let workflows = saved["workflows"].as_array_mut().expect("a list");
    let report = workflows
        .iter_mut()
        .find(|one| one["workflow"] == "report")
        .expect("is among them");
    let steps = report["steps"].as_object_mut().expect("by name");
    let search = steps.remove("search").expect("is a step");
    steps.insert("look\u{1b}up".to_owned(), search);
    workflows.push(json!({
        "workflow": "gone", "version": 1, "input": {}, "output": {}, "steps": {}, "flows": {},
        "entry": "run",
    }));
    place.write("old.json", saved.to_string().as_bytes());

    let broken = place.many(&["schema", "--check", "old.json"]).exits(1);
    let broken = broken
        .prints("it seems to be called `search` now")
        .prints("report: holds: step `search`: it is new")
        .prints("gone: breaks: workflow");
    assert!(!broken.out.contains('\u{1b}'), "{}", broken.out);
    let told = place.many(&["schema", "--check", "old.json", "--json"]);
    let told = told.exits(1).json();
    assert_eq!(told["breaks"], true);
    let of_one = ["schema", "slow", "--check", "old.json", "--json"];
    assert_eq!(place.many(&of_one).exits(0).json()["breaks"], false);
    assert!(!place.has_store());
}

#[test]
fn what_is_no_saved_structure_is_a_mistake_of_usage() {
    let place = Place::new();
    place.write("bad.json", b"{\"agno\": 1}");
    place.write("later.json", b"{\"agno\": 9, \"workflows\": []}");
    for file in ["bad.json", "later.json", "missing.json"] {
        place
            .many(&["schema", "--check", file])
            .exits(2)
            .says("schema --save");
    }
    place
        .many(&["schema", "--check", "a", "--save", "b"])
        .exits(2);
    place
        .many(&["schema", "--save", "missing/saved.json"])
        .exits(2);
}
