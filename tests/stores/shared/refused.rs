//! A database that is away, or lets nobody in.

use super::{PASSWORD, Shared, checked};
use crate::{
    program::{Answer, Place},
    server::Server,
};

fn runs(place: &Place, store: &str) -> Answer {
    let mut runs = place.command(&["runs", "--store", store]);
    let answer = Answer::of(&mut runs);
    let mut worker = place.command(&["worker", "--until-idle", "--store", store]);
    let worker = checked(Answer::of(&mut worker));
    assert_eq!(worker.code, answer.code, "{worker:#?}");
    checked(answer)
}

#[test]
fn a_server_that_is_down_is_told_with_what_to_do() {
    let Some(shared) = Shared::new() else { return };
    shared.run(&["runs"]).exits(0);
    shared.server.stop();
    let down = runs(&shared.place, &shared.store).exits(1);
    down.says("cannot be reached")
        .says("is a PostgreSQL server running there")
        .says("postgres://agno:***@");
}

#[test]
fn a_wrong_password_and_a_missing_database_are_told() {
    let Some(server) = Server::guarded(PASSWORD) else {
        return;
    };
    let place = Place::new();
    let url = |user: &str| server.url().replace("agno@", user);
    let right = url(&format!("agno:{PASSWORD}@"));
    runs(&place, &right).exits(0);
    let wrong = format!("agno:not-{PASSWORD}@");
    let wrong = runs(&place, &url(&wrong)).exits(1);
    wrong
        .says("password authentication failed")
        .says("check user, password, database");
    runs(&place, &url("agno@")).exits(1).says("password");
    let missing = right.replace("/postgres", "/nothing_of_the_kind");
    let missing = runs(&place, &missing).exits(1);
    missing
        .says("\"nothing_of_the_kind\" does not exist")
        .says("check user, password, database");
}
