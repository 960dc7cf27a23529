//! A store that goes elsewhere: `store export`, `store import`, `store copy`.

use std::{fs, process::Stdio};

use crate::program::{Answer, Place, engines};

/// A store with a run that is over and one that is half finished.
fn filled(place: &Place, store: &str) {
    place.finished(store, "done");
    place.half_finished(store, "half");
    assert_eq!(
        place.ran(),
        ["gather", "polish", "shelve", "gather", "polish"]
    );
}

/// Everything that is recorded of the runs, as the command line tells it.
fn told(place: &Place, store: &str) -> Vec<serde_json::Value> {
    let of = |run: &str| {
        let shown = place.run(&["show", run, "--json", "--store", store]);
        shown.exits(0).json()
    };
    vec![of("done"), of("half")]
}

#[test]
fn a_half_finished_run_goes_on_in_the_store_it_was_moved_to() {
    for from in engines() {
        for to in engines() {
            let place = Place::new();
            let (old, new) = (format!("{from}:old"), format!("{to}:new"));
            filled(&place, &old);
            let export = place.run(&["store", "export", "moved.jsonl", "--store", &old]);
            export.exits(0).says("exported 2 runs, ");
            let import = place.run(&["store", "import", "moved.jsonl", "--store", &new]);
            import.exits(0).says("added 2 runs, ");
            assert_eq!(told(&place, &old), told(&place, &new), "{from} to {to}");
            place
                .run(&["store", "verify", "--store", &new])
                .exits(0)
                .says("sound");
            place.run(&["resume", "half", "--store", &new]).exits(0);
            let ran = place.ran();
            assert_eq!(ran.len(), 6, "nothing ran again, {from} to {to}: {ran:?}");
            // The old store has not heard of it.
            assert_eq!(told(&place, &old)[1]["status"], "interrupted");
        }
    }
}

#[test]
fn a_copy_is_made_in_one_go_and_can_be_repeated() {
    for to in engines() {
        let place = Place::new();
        filled(&place, "sled:old");
        let to = format!("{to}:new");
        let copy = ["store", "copy", "--to", &to, "--store", "sled:old"];
        let copied = place.run(&copy).exits(0).says("added 2 runs, ");
        assert!(copied.err.contains(&format!("--store {to}")), "{copied:#?}");
        let again = place.run(&copy).exits(0);
        again.says("added 0 runs, ").says("were there already");
        assert_eq!(told(&place, "sled:old"), told(&place, &to));
        // What has gone on meanwhile is neither undone nor overwritten.
        place.run(&["resume", "half", "--store", &to]).exits(0);
        let differs = place.run(&copy).exits(1).says("2 pieces refused");
        assert!(differs.err.contains("run `half`"), "{differs:#?}");
        assert_eq!(told(&place, &to)[1]["status"], "completed");
    }
}

#[test]
fn a_part_of_a_store_can_be_left_out() {
    let place = Place::new();
    filled(&place, "old");
    let export = |more: &[&str]| {
        let args = [
            &[
                "store", "export", "x", "--force", "--json", "--store", "old",
            ],
            more,
        ];
        place.run(&args.concat()).exits(0).json()
    };
    assert_eq!(export(&[])["counts"]["cached"], 2);
    assert_eq!(export(&["--no-cache"])["counts"]["cached"], 0);
    let other = export(&["--workflow", "Other"]);
    assert_eq!(other["counts"]["runs"], 0, "{other}");
    let own = export(&["--workflow", "Report"]);
    assert_eq!(
        (&own["counts"]["runs"], &own["counts"]["sessions"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn an_export_goes_through_a_pipe() {
    let place = Place::new();
    filled(&place, "old");
    let exported = place.run(&["store", "export", "--store", "old"]).exits(0);
    assert!(
        exported.out.starts_with("{\"agno\":\"export\""),
        "{}",
        exported.out
    );
    let mut import = place.command(&["store", "import", "-", "--json", "--store", "new"]);
    place.write("piped", &exported.out);
    import.stdin(Stdio::from(
        fs::File::open(place.file("piped")).expect("a file"),
    ));
    let imported = Answer::of(&mut import).exits(0).json();
    assert_eq!(
        (&imported["added"]["runs"], &imported["refused"]),
        (&2.into(), &0.into())
    );
    assert_eq!(told(&place, "old"), told(&place, "new"));
}

#[cfg(unix)]
#[test]
fn a_file_is_for_its_user_alone_and_replaces_none_by_itself() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    place.finished("old", "done");
    place.write("there", "mine");
    let export = ["store", "export", "there", "--store", "old"];
    place.run(&export).exits(2).says("say --force");
    assert_eq!(
        fs::read_to_string(place.file("there")).expect("is there"),
        "mine"
    );
    let forced = [&export[..], &["--force"]].concat();
    place.run(&forced).exits(0);
    let mode = fs::metadata(place.file("there"))
        .expect("is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        fs::read_to_string(place.file("there"))
            .expect("text")
            .contains("\"total\"")
    );
    let left: Vec<_> = fs::read_dir(place.file(""))
        .expect("lists")
        .flatten()
        .collect();
    assert_eq!(left.len(), 3, "no half of a file stays: {left:?}");
}

#[test]
fn a_file_that_was_cut_or_is_none_is_told() {
    let place = Place::new();
    filled(&place, "old");
    place
        .run(&["store", "export", "x", "--store", "old"])
        .exits(0);
    let whole = fs::read_to_string(place.file("x")).expect("text");
    let lines: Vec<_> = whole.lines().collect();
    place.write("cut", &format!("{}\n", lines[..lines.len() - 3].join("\n")));
    let cut = place.run(&["store", "import", "cut", "--store", "new"]);
    cut.exits(1).says("the export was cut");
    let rest = place
        .run(&["store", "import", "x", "--store", "new"])
        .exits(0);
    rest.says("were there already");
    assert_eq!(told(&place, "old"), told(&place, "new"));
    place.write("none", "hello\n");
    let none = place.run(&["store", "import", "none", "--store", "new"]);
    none.exits(2).says("this is no export of a store");
    let missing = place.run(&["store", "import", "missing", "--store", "new"]);
    missing.exits(2).says("cannot read missing");
}

#[test]
fn a_copy_goes_somewhere_else_that_lasts() {
    let place = Place::new();
    place.finished("old", "done");
    let to = |to: &str| {
        place
            .run(&["store", "copy", "--to", to, "--store", "old"])
            .exits(2)
    };
    to("memory:").says("ends with this command");
    to("./old").says("names the store itself");
    to("slde:new").says("did you mean `sled`?");
    let import = place.run(&["store", "import", "x", "--store", "memory:"]);
    import.exits(2);
}
