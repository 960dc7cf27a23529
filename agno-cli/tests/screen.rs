//! What is shown: untrusted text, terminals, plain lines, logs.

mod common;

use common::{Answer, Place};

fn is_safe(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || c == '\t' || !c.is_control())
}

#[test]
fn plain_lines_hold_no_orders_to_a_terminal() {
    let place = Place::new();
    let failed = place.many(&["run", "fragile", "--how", "fail"]).exits(1);
    let failed = failed.says("the page said \\u{1b}[31mno\\u{1b}[0m");
    assert!(is_safe(&failed.err), "{failed:?}");
    let how = "\u{1b}[2J\u{9b}31m\u{202e}";
    place
        .many(&["run", "fragile", "--how", how, "--session", "x"])
        .exits(0);
    let id = place.newest();
    for args in [
        &["show", &id][..],
        &["show", &id, "--json"],
        &["runs"],
        &["graph", "--run", &id],
    ] {
        let shown = place.many(args).exits(0);
        assert!(is_safe(&shown.out) && is_safe(&shown.err), "{shown:?}");
        assert!(!shown.out.contains('\u{202e}'), "{shown:?}");
    }
    // The value is the same.
    assert_eq!(place.many(&["show", &id, "--json"]).json()["input"], how);
    // Into a pipe a text goes as it is.
    let piped = place.many(&["run", "fragile", "--how", "escape"]).exits(0);
    assert_eq!(piped.out, "a\u{1b}[2Jb\u{9b}31m\n");
}

fn on_terminal(place: &Place, environment: &str, args: &str) -> Option<String> {
    place.on_terminal("many_workflows", environment, args)
}

#[test]
fn a_terminal_sees_live_lines_and_colours() {
    let place = Place::new();
    let log = place.file("log");
    let args = format!("run slow --steps 2 --millis 400 --log {}", log.display());
    let Some(shown) = on_terminal(&place, "", &args) else {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    };
    let spins = |shown: &str| {
        ["⠋", "⠙", "⠹", "⠸"]
            .iter()
            .any(|frame| shown.contains(frame))
    };
    assert!(spins(&shown), "{shown:?}");
    assert!(shown.contains("\u{1b}[32m✔\u{1b}[0m tick"), "{shown:?}");
    assert!(shown.contains("inspect: "), "{shown:?}");

    let shown = on_terminal(&place, "NO_COLOR=1", &args).expect("a terminal");
    assert!(
        spins(&shown),
        "NO_COLOR takes the colours, not the progress: {shown:?}"
    );
    assert!(
        !shown.contains("\u{1b}[32m") && shown.contains("✔ tick"),
        "{shown:?}"
    );

    let shown = on_terminal(&place, "CI=1", &args).expect("a terminal");
    assert!(!spins(&shown), "{shown:?}");
    let shown = on_terminal(&place, "TERM=dumb", &args).expect("a terminal");
    assert!(
        !spins(&shown) && !shown.contains('\u{1b}') && shown.contains("✔ tick"),
        "{shown:?}"
    );
}

#[test]
fn a_result_on_a_terminal_gives_it_no_orders() {
    let place = Place::new();
    let Some(shown) = on_terminal(&place, "", "run fragile --how escape") else {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    };
    assert!(shown.contains("a\\u{1b}[2Jb\\u{9b}31m"), "{shown:?}");
}

#[test]
fn a_long_step_is_announced_in_plain_lines() {
    let place = Place::new();
    let args = place.slow(2, 2_500);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let answer = place.many(&args).exits(0).says("… tick");
    let told = answer.err.matches("running").count();
    assert_eq!(told, 1, "{answer:?}");
}

#[test]
fn logs_are_written_when_they_are_asked_for() {
    let place = Place::new();
    let quiet = place.many(&["run", "fragile", "--how", "x"]).exits(0);
    assert!(!quiet.err.contains("INFO"), "{quiet:?}");
    let mut command = place.command("many_workflows", &["run", "fragile", "--how", "x"]);
    let wordy = Answer::of(command.env("AGNO_LOG", "info").output()).exits(0);
    assert!(wordy.err.contains("INFO run{run=01"), "{wordy:?}");
    assert!(
        wordy.err.contains("step{step=\"act\" path=\"act#0\""),
        "{wordy:?}"
    );
    assert_eq!(wordy.out, "x\n");
}

#[test]
fn under_cargo_the_next_command_is_cargos() {
    let place = Place::new();
    let mut command = place.command("many_workflows", &["run", "fragile", "--how", "fail"]);
    let failed = Answer::of(command.env("CARGO", "cargo").output()).exits(1);
    let release = if cfg!(debug_assertions) {
        ""
    } else {
        " --release"
    };
    failed.says(&format!(
        "next: cargo run{release} --example many_workflows -- retry 01"
    ));
    let mut command = place.command("many_workflows", &["run", "fragile", "--how", "fail"]);
    command.args(["--store", "my store"]);
    let failed = Answer::of(command.output()).exits(1);
    failed.says(" --store 'my store'\n");
}
