//! `blog_post`: three caches with their switches, an apology, a session for each topic.

use std::fs;

use crate::kit::{Place, assert_article};

#[allow(
    dead_code,
    reason = "the program's own command line is read in its process"
)]
#[path = "../../examples/blog_post/command_line.rs"]
mod command_line;

const TOPIC: &str = "Heat pumps in old houses";
const SOURCES: &[&str] = &["heat-pumps", "radiators"];
const NO: &str = "false";

#[test]
fn a_post_is_found_read_and_written() {
    let place = Place::new("blog_post");
    let run = place.run(&["--topic", TOPIC]);
    assert_article(run.output(), TOPIC, SOURCES);
    assert_eq!(
        run.steps("ran"),
        ["post", "scrape", "scrape", "search", "write"]
    );
    assert_eq!(
        run.session(),
        "generate-blog-post-on-heat-pumps-in-old-houses"
    );
    // Where it looks is said first.
    assert!(
        run.said().contains("Searching the shelf "),
        "{}",
        run.said()
    );

    let found = &run.step("search")["output"]["articles"];
    assert_eq!(found[0]["title"], TOPIC);
    assert!(
        found[0]["summary"]
            .as_str()
            .is_some_and(|text| text.len() > 40)
    );
    let read = &run.step("scrape")["output"];
    let titles = [TOPIC, "Radiators for low temperatures"];
    assert!(titles.iter().any(|title| read["title"] == *title), "{read}");
    assert!(
        read["content"]
            .as_str()
            .is_some_and(|text| text.len() > 200),
        "{read}"
    );
}

#[test]
fn each_switch_does_what_it_says() {
    let place = Place::new("blog_post");
    let first = place.run(&["--topic", TOPIC]);
    let [post, search, scrape] = [
        "--use-cached-report",
        "--use-search-cache",
        "--use-scrape-cache",
    ];
    // What is switched off, what then runs, what is taken from the cache.
    let all: &[&str] = &["post", "scrape", "scrape", "search", "write"];
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (&[], &[], &["post"]),
        (&[search, scrape], &[], &["post"]),
        (&[post], &["post", "write"], &["scrape", "scrape", "search"]),
        (
            &[post, search],
            &["post", "search", "write"],
            &["scrape", "scrape"],
        ),
        (
            &[post, scrape],
            &["post", "scrape", "scrape", "write"],
            &["search"],
        ),
        (&[post, search, scrape], all, &[]),
        // What ran anew was stored anew.
        (&[], &[], &["post"]),
    ];
    for (off, ran, cached) in cases {
        let mut args = vec!["--topic", TOPIC];
        for switch in *off {
            args.extend([*switch, NO]);
        }
        let run = place.run(&args);
        assert_eq!(run.steps("ran"), *ran, "without {off:?}");
        assert_eq!(run.steps("cache"), *cached, "without {off:?}");
        assert_eq!(run.output(), first.output(), "without {off:?}");
    }
}

#[test]
fn a_switch_that_is_off_sees_what_has_changed() {
    let place = Place::new("blog_post");
    let shelf = place.file("shelf");
    fs::create_dir(&shelf).expect("is created");
    let write = |name: &str, text: &str| {
        fs::write(shelf.join(name), text).expect("is written");
    };
    let run = |off: &[&str]| {
        let mut command = place.command(&["run", "--topic", "Ferries in the fjord", "--json"]);
        for switch in off {
            command.args([*switch, NO]);
        }
        let output = command.env("SHELF", &shelf).output().expect("starts");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("is JSON")["output"]
            .as_str()
            .expect("is text")
            .to_owned()
    };
    write(
        "a.md",
        "# Ferries\n\nThe ferries in the fjord carry ninety cars at a time.\n",
    );
    assert!(run(&[]).contains("carry ninety cars"));
    write(
        "a.md",
        "# Ferries\n\nThe ferries in the fjord carry fifty cars at a time.\n",
    );
    write(
        "b.md",
        "# Fjord\n\nA bridge over the fjord takes the ferries' place next year.\n",
    );
    assert!(run(&["--use-cached-report"]).contains("carry ninety cars"));
    let read = run(&["--use-cached-report", "--use-scrape-cache"]);
    assert!(
        read.contains("carry fifty cars") && !read.contains("A bridge"),
        "{read}"
    );
    assert!(
        run(&[]).contains("carry fifty cars"),
        "the new post took the old one's place"
    );
    let found = run(&["--use-cached-report", "--use-search-cache"]);
    assert!(found.contains("A bridge over the fjord"), "{found}");
}

#[test]
fn another_library_is_asked_anew() {
    let place = Place::new("blog_post");
    place.run(&["--topic", TOPIC]);
    let shelf = place.file("shelf");
    fs::create_dir(&shelf).expect("is created");
    let text = "# Heat pumps\n\nHeat pumps in old houses are tried in the town of Brakel.\n";
    fs::write(shelf.join("trial.md"), text).expect("is written");
    let mut command = place.command(&["run", "--topic", TOPIC]);
    let output = command.env("SHELF", &shelf).output().expect("starts");
    let post = String::from_utf8(output.stdout).expect("is text");
    assert!(post.contains("the town of Brakel"), "{post}");
    assert!(place.show(&place.runs()[0]).steps("cache").is_empty());
}

#[test]
fn another_topic_is_another_session() {
    let place = Place::new("blog_post");
    place.run(&["--topic", TOPIC]);
    let cats = "Why cats secretly run the internet";
    let run = place.run(&["--topic", cats]);
    assert_article(
        run.output(),
        cats,
        &["cats-on-the-internet", "cats-at-work"],
    );
    assert!(run.steps("cache").is_empty());
    assert_eq!(
        run.session(),
        "generate-blog-post-on-why-cats-secretly-run-the-internet"
    );
    // A session that is named is taken, and has its own caches.
    let run = place.run(&["--topic", cats, "--session", "mine"]);
    assert_eq!(run.session(), "mine");
    assert!(run.steps("cache").is_empty());
    // As JSON it is the same topic.
    let run = place.run(&["-i", &format!(r#"{{"topic":"{cats}"}}"#)]);
    assert_eq!(run.steps("cache"), ["post"]);
}

#[test]
fn nothing_found_is_an_apology_that_no_cache_keeps() {
    let place = Place::new("blog_post");
    for _ in 0..2 {
        let run = place.run(&["--topic", "Quantum knitting on Neptune"]);
        assert_eq!(
            run.output(),
            "Sorry, could not find any articles on the topic: Quantum knitting on Neptune"
        );
        assert!(run.steps("cache").is_empty());
        assert_eq!(
            run.step("search")["attempts"],
            1,
            "to ask again would not help"
        );
    }
}

#[test]
fn without_a_terminal_and_without_a_topic_it_says_what_is_missing() {
    let place = Place::new("blog_post");
    for args in [&[][..], &["run"], &["run", "--topic", " "]] {
        let output = place.output(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("--topic"),
            "{args:?}"
        );
    }
    assert!(!place.file(".agno").exists());
}

#[test]
fn a_crash_after_any_commit_changes_nothing() {
    let whole = Place::new("blog_post").run(&["--topic", TOPIC]);
    let mut crashes = 0;
    for commits in 1.. {
        let place = Place::new("blog_post");
        if !place.crash(&["--topic", TOPIC], commits) {
            break;
        }
        crashes += 1;
        let run = match place.runs().first() {
            Some(run) => {
                place.json(&["resume", run]);
                place.show(run)
            }
            None => place.run(&["--topic", TOPIC]),
        };
        assert_eq!(run.output(), whole.output(), "after {commits} commits");
        assert_eq!(place.run(&["--topic", TOPIC]).steps("cache"), ["post"]);
    }
    assert!(crashes >= 8, "steps and turns are commits: {crashes}");
}

#[test]
fn the_prompt_offers_a_topic() {
    let ask = |typed: &str| {
        let mut shown = Vec::new();
        let topic = command_line::ask(&mut typed.as_bytes(), &mut shown, "Tea").expect("asks");
        (topic, String::from_utf8(shown).expect("is text"))
    };
    let (topic, shown) = ask("\n");
    assert_eq!(topic, "Tea");
    assert!(shown.contains("[Tea]"), "{shown}");
    assert_eq!(ask("").0, "Tea");
    assert_eq!(ask("  Coffee houses \n").0, "Coffee houses");
    assert_eq!(
        command_line::session("  What's new in Köln, \t2026?"),
        "generate-blog-post-on-what-s-new-in-köln-2026"
    );
}
