//! Runs that know what came before them.

use crate::kit::Place;

#[test]
fn session_history_remembers_its_session_and_no_other() {
    let place = Place::new("session_history");
    let say = |session: &str, message: &str| {
        let run = place.run(&["--session", session, "--message", message]);
        run.output().to_owned()
    };
    assert_eq!(
        say("ada", "two loaves of rye"),
        "Noted as number 1: two loaves of rye. Anything else?"
    );
    assert_eq!(
        say("bob", "a cake"),
        "Noted as number 1: a cake. Anything else?"
    );
    assert_eq!(
        say("ada", "a dozen rolls"),
        "Noted as number 2: a dozen rolls. Anything else?"
    );
    assert_eq!(
        say("ada", "that is all"),
        "You get: two loaves of rye, a dozen rolls."
    );
    assert_eq!(
        say("ada", "a baguette"),
        "Noted as number 1: a baguette. Anything else?"
    );
    let sessions = place.json(&["sessions"]);
    let sessions = sessions["sessions"].as_array().expect("is a list");
    assert_eq!(sessions.len(), 2, "{sessions:?}");
}
