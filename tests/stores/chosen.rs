//! How a store is named.

use crate::program::{Answer, Place, engines};

#[test]
fn a_bare_path_is_the_store_that_is_there() {
    for engine in engines() {
        let place = Place::new();
        place.finished(&format!("{engine}:data"), "one");
        let runs = place
            .run(&["runs", "--json", "--store", "data"])
            .exits(0)
            .json();
        assert_eq!(runs["runs"][0]["run_id"], "one", "{engine}: {runs}");
        let path = place
            .run(&["store", "path", "--json", "--store", "data"])
            .exits(0)
            .json();
        let location = path["location"].as_str().expect("text").to_lowercase();
        assert!(
            location.starts_with(&format!("data ({engine}")),
            "{location}"
        );
        for other in engines().into_iter().filter(|other| *other != engine) {
            let store = format!("{other}:data");
            let refused = place.run(&["runs", "--store", &store]).exits(2);
            let words = format!("holds a {engine} store and no {other} one");
            refused.says(&words).says(&format!("--store {engine}:data"));
        }
    }
}

#[test]
fn a_file_names_the_store() {
    for engine in engines() {
        let place = Place::new();
        place.write(
            "agno.toml",
            &format!("[store]\nkind = \"{engine}\"\npath = \"data\"\ncache_mb = 8\n"),
        );
        place.finished("agno.toml", "one");
        let run = Answer::of(
            place
                .command(&["runs", "--json"])
                .env("AGNO_STORE", "agno.toml"),
        );
        assert_eq!(run.exits(0).json()["runs"][0]["run_id"], "one");
        let runs = place.run(&["runs", "--json", "--store", &format!("{engine}:data")]);
        assert_eq!(runs.exits(0).json()["runs"][0]["run_id"], "one");
    }
    let place = Place::new();
    place.write("agno.toml", "[store]\nkid = \"sled\"\npath = \"data\"\n");
    let refused = place.run(&["runs", "--store", "agno.toml"]).exits(2);
    refused
        .says("agno.toml:2: unknown field `kid`")
        .says("did you mean `kind`?");
    let missing = place.run(&["runs", "--store", "missing.toml"]).exits(2);
    missing.says("missing.toml: ");
}

#[test]
fn a_password_is_shown_nowhere() {
    let place = Place::new();
    // Nothing listens there.
    let url = "postgres://app:hunter2@127.0.0.1:9/app?connections=2";
    place.write(
        "agno.toml",
        &format!("[store]\nurl = \"{url}\"\nlease = \"5s\"\n"),
    );
    place.write(
        "wrong.toml",
        &format!("[store]\nurl = \"{url}\"\nlease = 5\n"),
    );
    place.finished("data", "one");
    for args in [
        &["store", "path", "--store", url][..],
        &["store", "path", "--json", "--store", url],
        &["store", "path", "--json", "--store", "agno.toml"],
        &["runs", "--store", url],
        &["runs", "--json", "--store", url],
        &["store", "verify", "--store", url],
        &["worker", "--store", "agno.toml"],
        &["runs", "--store", "wrong.toml"],
        &["store", "copy", "--store", "data", "--to", url],
        &["store", "copy", "--store", "data", &format!("--to={url}")],
        &["runs", "--store", "postgre://app:hunter2@127.0.0.1/app"],
        &[
            "runs",
            "--store",
            "postgres://app:hunter2@127.0.0.1/app?cache_mb=1",
        ],
    ] {
        let answer = Answer::of(place.command(args).env("AGNO_LOG", "trace"));
        let shown = format!("{}{}", answer.out, answer.err);
        assert!(!shown.contains("hunter2"), "{args:?}: {shown}");
        assert!(
            answer.code == Some(0) || !answer.err.is_empty(),
            "{answer:#?}"
        );
    }
    let path = place.run(&["store", "path", "--store", url]).exits(0);
    assert!(
        path.out.starts_with("postgres://app:***@127.0.0.1:9/app"),
        "{path:#?}"
    );
}
