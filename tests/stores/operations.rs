//! Looking after a store: what it holds, the room it takes, what is kept in it.

use std::io::{BufRead, BufReader};

use crate::program::{Place, engines};

#[test]
fn a_store_tells_what_it_holds() {
    for engine in engines() {
        let place = Place::new();
        let store = format!("{engine}:data");
        place.finished(&store, "one");
        place.half_finished(&store, "two");
        let verified = place.run(&["store", "verify", "--store", &store]).exits(0);
        let counts = "2 runs, 6 journal entries, 1 state field, 2 cached results, 0 open requests, \
                      0 versions of definitions, 0 artifacts";
        assert!(verified.out.contains(counts), "{verified:#?}");
        let stats = place.run(&["store", "stats", "--json", "--store", &store]);
        let stats = stats.exits(0).json();
        assert_eq!(stats["runs"]["completed"], 1, "{stats}");
        assert_eq!(stats["runs"]["running"], 1, "{stats}");
        assert_eq!(
            (&stats["entries"], &stats["cached"]),
            (&6.into(), &2.into())
        );
        let words = place.run(&["store", "stats", "--store", &store]).exits(0);
        assert!(words.out.contains("1 running, 1 completed"), "{words:#?}");
        let compacted = place.run(&["store", "compact", "--json", "--store", &store]);
        let compacted = compacted.exits(0).json();
        assert!(compacted["before"].as_u64() > Some(0), "{compacted}");
        assert!(compacted["after"].as_u64() > Some(0), "{compacted}");
        // Whatever its files are now, it is found by its path alone.
        let again = place.run(&["store", "verify", "--store", "data"]).exits(0);
        assert!(again.out.contains(counts), "{again:#?}");
        place.run(&["resume", "two", "--store", &store]).exits(0);
    }
}

#[cfg(unix)]
#[test]
fn what_needs_the_store_for_itself_says_who_has_it() {
    for engine in engines() {
        let place = Place::new();
        let store = format!("{engine}:data");
        place.finished(&store, "one");
        let mut worker = place.command(&["worker", "--store", &store]);
        worker.stderr(std::process::Stdio::piped());
        let mut worker = worker.spawn().expect("starts");
        let lines = BufReader::new(worker.stderr.take().expect("a pipe")).lines();
        let mut begun = lines
            .map_while(Result::ok)
            .filter(|line| line.contains("worker"));
        begun.next().expect("it begins");
        for verb in [
            &["store", "verify"][..],
            &["store", "compact"],
            &["store", "export", "x"],
            &["store", "copy", "--to", "elsewhere"],
        ] {
            let refused = place.run(&[verb, &["--store", &store]].concat()).exits(1);
            let holder = format!("is in use by pid {}", worker.id());
            assert!(refused.err.contains(&holder), "{refused:#?}");
            assert!(refused.err.contains("wait until it ends"), "{refused:#?}");
        }
        // It answers for the store meanwhile.
        let stats = place.run(&["store", "stats", "--json", "--store", &store]);
        assert_eq!(stats.exits(0).json()["runs"]["completed"], 1);
        let shown = place.run(&["show", "one", "--json", "--store", &store]);
        assert_eq!(shown.exits(0).json()["status"], "completed");
        worker.kill().expect("is there");
        worker.wait().expect("ends");
    }
}

#[test]
fn the_retention_policy_of_a_file_is_applied() {
    let place = Place::new();
    place.write(
        "agno.toml",
        "store = \"sled:data\"\n[retention]\ncompleted = \"0s\"\nkeep_last_per_session = 1\n\
         cache_mb = 0\n",
    );
    place.finished("agno.toml", "one");
    place.finished("agno.toml", "two");
    place.finished("agno.toml", "three");
    let prune = |more: &[&str]| {
        let args = [&["prune", "--json", "--store", "agno.toml"], more];
        place.run(&args.concat()).exits(0).json()
    };
    let would = prune(&["--dry-run"]);
    let ids = |told: &serde_json::Value| -> Vec<String> {
        let removed = told["removed"].as_array().expect("a list").iter();
        removed
            .map(|run| run["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(ids(&would), ["two", "one"]);
    assert_eq!(would["evicted_results"], 3);
    let removed = prune(&[]);
    assert_eq!(
        (ids(&removed), &removed["evicted_results"]),
        (ids(&would), &3.into())
    );
    assert_eq!(prune(&[])["removed"], serde_json::json!([]));
    let runs = place
        .run(&["runs", "--json", "--store", "agno.toml"])
        .exits(0)
        .json();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
}

#[test]
fn a_program_has_a_policy_of_its_own() {
    let place = Place::new();
    place.half_finished("data", "one");
    place.run(&["cancel", "one", "--store", "data"]).exits(0);
    place.finished("data", "two");
    let removed = place
        .run(&["prune", "--json", "--store", "data"])
        .exits(0)
        .json();
    assert_eq!(removed["removed"][0]["id"], "one", "{removed}");
    assert_eq!(removed["removed"].as_array().map(Vec::len), Some(1));
}
