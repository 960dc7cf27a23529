//! Stopping an agent in the middle of its answer, and going on.
#![cfg(unix)]

mod common;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Child, Command},
};

use common::{Answer, Place};
use rustix::process::{Pid, Signal, kill_process};

fn command(place: &Place, pace: u32, args: &[&str]) -> Command {
    let mut command = place.command("hostile_agent", args);
    command.env("HOSTILE_PACE", pace.to_string());
    command
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), signal).expect("is running");
}

/// Starts a run and waits until its tools have answered: the model is at its second turn.
fn at_the_second_turn(place: &Place) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = command(place, 60_000, &["run", "-i", "hello", "--run-id", "one"])
        .spawn()
        .expect("starts");
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut lines = stderr.lines().map(|line| line.expect("text"));
    let second = lines.find(|line| line == "the second turn");
    assert!(second.is_some(), "it ended before");
    (child, lines)
}

fn goes_on(place: &Place) {
    let runs = Answer::of(command(place, 0, &["runs"]).output()).exits(0);
    let runs = runs.prints("interrupted");
    assert!(runs.out.contains("resume one"), "{runs:?}");
    Answer::of(command(place, 0, &["show", "one"]).output()).exits(0);
    let resumed = Answer::of(command(place, 0, &["resume", "one"]).output()).exits(0);
    assert!(resumed.out.contains("the end"), "{resumed:?}");
    let resumed = resumed.says("resumes run one").says("1 step ran");
    assert!(
        !resumed.err.contains("calls look"),
        "no tool ran again: {resumed:?}"
    );
    let again = Answer::of(command(place, 0, &["resume", "one", "--json"]).output()).exits(0);
    assert_eq!(again.json()["status"], "completed");
    Answer::of(command(place, 0, &["store", "verify"]).output()).exits(0);
}

#[test]
fn a_second_ctrl_c_stops_in_the_middle_of_an_answer() {
    let place = Place::new();
    let (child, mut lines) = at_the_second_turn(&place);
    signal(&child, Signal::INT);
    let said = lines.find(|line| line.contains("press Ctrl-C again to stop now"));
    assert!(said.is_some());
    signal(&child, Signal::INT);
    let next = lines.find(|line| line.starts_with("next: "));
    assert!(next.is_some_and(|next| next.ends_with("resume one")));
    Answer::of(child.wait_with_output()).exits(130);
    goes_on(&place);
}

#[test]
fn a_killed_agent_goes_on_where_it_was() {
    let place = Place::new();
    let (child, _lines) = at_the_second_turn(&place);
    let other = Answer::of(command(&place, 0, &["run", "-i", "x", "--json"]).output()).exits(1);
    assert_eq!(other.json()["error"]["code"], "locked");
    signal(&child, Signal::KILL);
    let ended = child.wait_with_output().expect("ends");
    assert_eq!(ended.status.signal(), Some(9));
    goes_on(&place);
}
