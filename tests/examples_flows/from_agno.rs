//! What was Python.

use crate::kit::Place;

#[test]
fn a_class_of_agno_1x_is_a_struct() {
    let place = Place::new("from_agno_1x");
    let ask = || place.run(&["--session", "ada", "--question", "What is a heat pump?"]);
    let first = ask();
    assert_eq!(first.steps("ran"), ["answer", "note"]);
    let answer = first.output().strip_prefix("Question 1: ");
    let answer = answer.expect("is numbered").to_owned();
    let second = ask();
    assert_eq!(second.steps("cache"), ["answer"]);
    assert_eq!(second.output(), format!("Question 2: {answer}"));
    let asked = second.0["state"]["asked"].as_array().expect("is a list");
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_list_of_steps_of_agno_2x_is_a_flow() {
    let place = Place::new("from_agno_2x");
    let run = place.run(&["--topic", " tech for old houses "]);
    assert_eq!(
        run.output(),
        "news of tech for old houses and facts on tech for old houses (checked)"
    );
    assert_eq!(run.steps("ran"), ["check", "clean", "facts", "news"]);
    // Not technical, and short: three rounds at most.
    let run = place.run(&["--topic", "rye"]);
    assert_eq!(
        run.output(),
        "news of rye and facts on rye, and more, and more, and more"
    );
    let rounds = run.steps("ran");
    let rounds = rounds.iter().filter(|step| **step == "extend").count();
    assert_eq!(rounds, 3);
}
