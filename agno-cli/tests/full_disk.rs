//! What cannot be written is not passed over.
#![cfg(target_os = "linux")]

mod common;

use std::{fs::File, process::Stdio};

use common::{Answer, Place};

#[test]
fn a_result_that_is_lost_is_a_failure() {
    let place = Place::new();
    place
        .one(&["run", "--name", "Ada", "--run-id", "r"])
        .exits(0);
    for args in [
        &["run", "--name", "Ada"][..],
        &["run", "--name", "Ada", "--json"],
        &["run", "--name", "Ada", "--detach"],
        &["runs"],
        &["show", "r"],
        &["show", "r", "--json"],
        &["events", "r", "--json"],
        &["export", "r"],
        &["export", "r", "--format", "html"],
        &["workflows"],
        &["schema"],
        &["store", "verify"],
        &["--help"],
    ] {
        let full = File::options().write(true).open("/dev/full");
        let mut command = place.command("one_workflow", args);
        command.stdout(Stdio::from(full.expect("there is one")));
        let lost = Answer::of(command.output());
        let lost = lost.says("error: the output cannot be written: No space left");
        assert_eq!(lost.code, Some(1), "{args:?}: {lost:?}");
    }
    // A run that has failed does not become another failure.
    let full = File::options().write(true).open("/dev/full");
    let mut command = place.command("one_workflow", &["show", "nobody", "--json"]);
    command.stdout(Stdio::from(full.expect("there is one")));
    Answer::of(command.output()).exits(2);
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = place.command("one_workflow", &["run", "--name", "Ada"]);
    command.stdout(writer);
    Answer::of(command.output()).exits(0);
}
