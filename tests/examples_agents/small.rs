//! The examples that fit on a page.

use serde_json::json;

use crate::kit::{NOTHING, Place, assert_article, told};

#[test]
fn content_creation_is_two_agents() {
    let place = Place::new("content_creation");
    let run = place.run(&["--input", "Write about durable execution"]);
    assert_eq!(run.steps("ran"), ["researcher", "writer"]);
    assert_article(
        run.output(),
        "Durable execution",
        &["durable-execution", "write-ahead-logs"],
    );
    // Nothing is known of this, and nothing is invented.
    let run = place.run(&["--input", "Write about zeppelins"]);
    assert!(run.output().contains(NOTHING), "{}", run.output());

    let text = "Heat pumps\n\nA heat pump moves warmth into a house. It needs little electricity. \
        Old houses need larger radiators, and no new walls. Noise is the most common complaint. \
        Most of it goes back to machines that stand in a corner. Installation costs vary.";
    let run = place.run(&["--input", text]);
    assert!(
        run.output().starts_with("# Heat pumps\n"),
        "{}",
        run.output()
    );
    assert!(
        run.output().contains("moves warmth into a house."),
        "{}",
        run.output()
    );
}

#[test]
fn content_creation_is_drawn_and_listed() {
    let place = Place::new("content_creation");
    assert_eq!(place.text(&["graph"]), "run\n├─ researcher\n└─ writer\n");
    let mermaid = place.text(&["graph", "--format", "mermaid"]);
    assert!(mermaid.starts_with("flowchart TD\n"), "{mermaid}");
    for format in ["dot", "svg", "json"] {
        let drawn = place.text(&["graph", "--format", format]);
        assert!(
            drawn.contains("researcher") && drawn.contains("writer"),
            "{drawn}"
        );
    }
    let listed = place.json(&["workflows"]);
    let workflow = &listed["workflows"][0];
    assert_eq!(workflow["name"], "Content Creation");
    assert_eq!(
        workflow["description"],
        "Researches a topic and writes about it."
    );
    assert_eq!(workflow["steps"][1]["description"], "Writes the article.");
    place.text(&["workflows", "--check"]);
}

#[test]
fn cached_joke_is_bought_once() {
    let place = Place::new("cached_joke");
    let tell = |args: &[&str]| {
        let run = place.run(args);
        let (ran, cached) = (run.steps("ran").len(), run.steps("cache").len());
        (run.output().to_owned(), ran, cached)
    };
    let (joke, ran, cached) = tell(&["--input", "Tell me a joke about ducks."]);
    assert!(joke.contains(NOTHING), "no joke is invented: {joke}");
    assert_eq!((ran, cached), (1, 0));
    assert_eq!(
        tell(&["--input", "Tell me a joke about ducks."]),
        (joke, 0, 1)
    );
    let (_, ran, cached) = tell(&["--no-cache", "--input", "Tell me a joke about ducks."]);
    assert_eq!((ran, cached), (1, 0));
    let (_, ran, cached) = tell(&["--input", "Tell me a joke about geese."]);
    assert_eq!((ran, cached), (1, 0));
}

#[test]
fn topic_router_asks_who_knows() {
    let place = Place::new("topic_router");
    for (question, specialist) in [
        (
            "Which tech stack suits a start-up? I know little of software.",
            "tech",
        ),
        (
            "Is this a good year for companies that sell to other companies?",
            "business",
        ),
    ] {
        let run = place.run(&["--input", question]);
        let mut wanted = ["route", specialist];
        wanted.sort_unstable();
        assert_eq!(run.steps("ran"), wanted, "{question}");
        assert_eq!(run.step("route")["output"], *specialist);
    }
    let graph = place.text(&["graph"]);
    for branch in ["tech", "business", "general"] {
        assert!(graph.contains(branch), "{graph}");
    }
}

#[test]
fn parallel_research_brings_three_together() {
    let place = Place::new("parallel_research");
    let run = place.run(&["--input", "Heat pumps in old houses"]);
    assert_eq!(run.steps("ran"), ["known", "proven", "recent", "synthesis"]);
    assert_article(
        run.output(),
        "Heat pumps in old houses",
        &["heat-pumps", "radiators"],
    );
}

#[test]
fn deep_research_loop_ends_when_it_has_enough() {
    let place = Place::new("deep_research_loop");
    let run = place.run(&["--input", "Durable execution"]);
    let rounds = run
        .steps("ran")
        .iter()
        .filter(|name| **name == "dig")
        .count();
    assert!((1..=3).contains(&rounds), "{rounds}");
    let found = run.0["state"]["found"].as_array().expect("is a list");
    assert_eq!(found.len(), rounds, "the state has each round");
    assert_article(
        run.output(),
        "Durable execution",
        &["durable-execution", "write-ahead-logs"],
    );
}

#[test]
fn validated_support_request_refuses_before_it_writes() {
    let place = Place::new("validated_support_request");
    let ask = |name: &str, email: &str, query: &str| {
        place.output(&["run", "--name", name, "--email", email, "--query", query])
    };
    let refused = ask("A", "nowhere", "");
    assert_eq!(refused.status.code(), Some(2));
    for field in ["--name", "--email", "--query"] {
        assert!(told(&refused).contains(field), "{}", told(&refused));
    }
    assert!(!place.file(".agno").exists(), "nothing was written");

    for number in 1..=2 {
        let answered = ask("Ada", "ada@example.com", "How do I reset my password?");
        assert!(answered.status.success(), "{}", told(&answered));
        assert!(String::from_utf8_lossy(&answered.stdout).starts_with("Hello Ada, "));
        let said = format!("request {number} of this session");
        assert!(told(&answered).contains(&said), "{}", told(&answered));
    }
    let run = place.show(&place.runs()[0]);
    let noted = json!({
        "email": "ada@example.com",
        "query": "How do I reset my password?",
        "answered": true,
    });
    assert_eq!(run.0["state"]["interactions"], json!([noted, noted]));
}

#[test]
fn chat_answers_from_what_it_knows() {
    let place = Place::new("chat");
    let said = place.text(&["heat pumps", "What did you find?", "sourdough bread"]);
    let answers: Vec<&str> = said.split("> ").skip(1).collect();
    let [first, second, third] = answers.as_slice() else {
        panic!("{said}");
    };
    assert!(
        first.contains("warmth") || first.contains("heat pump"),
        "{said}"
    );
    assert!(
        first.contains("(run "),
        "a new question runs the workflow: {said}"
    );
    assert!(!second.contains("(run "), "what is known does not: {said}");
    let body = |answer: &str| answer.lines().skip(1).take(1).collect::<String>();
    assert_eq!(body(first), body(second));
    assert!(third.contains("(run ") && third.contains("dough"), "{said}");
    // The next process knows it too.
    let later = place.text(&["What did you find?"]);
    assert!(
        later.contains("dough") && !later.contains("(run "),
        "{later}"
    );
}
