//! Conditions and routes.

use crate::kit::Place;

#[test]
fn conditional_research_takes_one_branch() {
    let place = Place::new("conditional_research");
    let run = place.run(&["--topic", "AI in hospitals"]);
    assert_eq!(run.steps("ran"), ["analyse", "tech_research"]);
    assert_eq!(
        run.output(),
        "Based on papers on AI in hospitals and repositories on AI in hospitals."
    );
    let run = place.run(&["--topic", "What the miller said"]);
    assert_eq!(run.steps("ran"), ["analyse", "general_research"]);
    assert_eq!(run.output(), "Based on articles on What the miller said.");
    let graph = place.text(&["graph"]);
    for name in ["is_technical(&topic)", "tech_research", "general_research"] {
        assert!(graph.contains(name), "no {name} in {graph}");
    }
}

#[test]
fn typed_router_carries_what_its_steps_need() {
    let place = Place::new("typed_router");
    for (message, step, output) in [
        (
            "Refund 19.90 for order 4711",
            "refund",
            "1990 cents for order 4711 are on their way.",
        ),
        (
            "I cannot log in as ada@example.com",
            "reset",
            "A link was sent to ada@example.com.",
        ),
        (
            "Are you open on Sunday?",
            "hand_over",
            "Somebody reads it: Are you open on Sunday?",
        ),
    ] {
        let run = place.run(&["--message", message]);
        let mut steps = ["route", step];
        steps.sort_unstable();
        assert_eq!(run.steps("ran"), steps, "{message}");
        assert_eq!(run.output(), output);
    }
}
