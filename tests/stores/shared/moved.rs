//! From a directory into the database, in the middle of a run.

use serde_json::Value;

use super::{Shared, checked};
use crate::program::{Answer, Place};

fn told(place: &Place, store: &str, run: &str) -> Value {
    let shown = place.run(&["show", run, "--json", "--store", store]);
    checked(shown).exits(0).json()
}

/// What `store verify` counts, and that it finds nothing wrong.
fn verified(place: &Place, store: &str) -> Value {
    let verified = place.run(&["store", "verify", "--json", "--store", store]);
    let verified = checked(verified).exits(0).json();
    assert_eq!(verified["problems"], serde_json::json!([]), "{verified}");
    verified
}

#[test]
fn a_half_finished_run_is_moved_into_a_database_and_goes_on_there() {
    let Some(shared) = Shared::new() else { return };
    let place = &shared.place;
    place.finished("sled:old", "done");
    place.half_finished("sled:old", "half");
    let begun = ["gather", "polish", "shelve", "gather", "polish"];
    assert_eq!(place.ran(), begun);
    let by_file = shared.store.replace("schema=shared", "schema=by_file");
    let by_copy = shared.store.replace("schema=shared", "schema=by_copy");
    let run = |args: &[&str]| checked(Answer::of(&mut place.command(args)));
    run(&["store", "export", "moved.jsonl", "--store", "sled:old"]).exits(0);
    run(&["store", "import", "moved.jsonl", "--store", &by_file])
        .exits(0)
        .says("added 2 runs, ");
    run(&["store", "copy", "--to", &by_copy, "--store", "sled:old"])
        .exits(0)
        .says("added 2 runs, ")
        .says("postgres://agno:***@");
    for (number, store) in [&by_file, &by_copy].into_iter().enumerate() {
        assert_eq!(verified(place, store), verified(place, "sled:old"));
        let before = told(place, store, "half");
        assert_eq!(before, told(place, "sled:old", "half"));
        assert_eq!(before["status"], "interrupted");
        assert_eq!(told(place, store, "done"), told(place, "sled:old", "done"));

        let resumed = run(&["resume", "half", "--store", store]).exits(0);
        assert!(resumed.out.starts_with("half "), "{resumed:#?}");
        let ran = place.ran();
        assert_eq!(ran[..5], begun);
        assert_eq!(
            ran[5..],
            vec!["shelve"; number + 1],
            "nothing else ran again"
        );
        verified(place, store);

        // What the resume added is all that differs.
        let after = told(place, store, "half");
        assert_eq!(after["status"], "completed");
        for same in ["run_id", "workflow", "session_id", "input", "started_at"] {
            assert_eq!(after[same], before[same], "{same}");
        }
        for list in ["steps", "events"] {
            let all = |told: &Value| told[list].as_array().expect("a list").clone();
            let (before, after) = (all(&before), all(&after));
            assert!(after.len() > before.len(), "{list}");
            assert_eq!(after[..before.len()], before, "{list}");
        }
    }
    // The old store has not heard of it, and goes on by itself.
    assert_eq!(told(place, "sled:old", "half")["status"], "interrupted");
}
