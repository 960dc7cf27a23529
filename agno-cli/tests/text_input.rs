//! A text called `input` is given with `--input`, as it is.

mod common;

use common::{Answer, Place, with_input};

fn run(place: &Place, args: &[&str]) -> Answer {
    Answer::of(place.command("takes_text", args).output())
}

#[test]
fn a_text_needs_no_quotes_of_json() {
    let place = Place::new();
    for (given, told) in [
        ("about bread", "ABOUT BREAD: ABOUT BREAD\n"),
        (r#""in JSON""#, "IN JSON: IN JSON\n"),
        (
            r#""quoted" at the start"#,
            "\"QUOTED\" AT THE START: \"QUOTED\" AT THE START\n",
        ),
        ("12", "12: 12\n"),
        ("{}", "{}: {}\n"),
        ("", ": \n"),
    ] {
        for option in ["--input", "-i"] {
            let answer = run(&place, &["run", option, given]).exits(0);
            assert_eq!(answer.out, told, "{option} {given}");
        }
    }
}

#[test]
fn the_line_break_at_the_end_of_a_file_is_not_part_of_it() {
    let place = Place::new();
    place.write("topic.txt", b"two\nlines\n");
    let file = run(&place, &["run", "-i", "@topic.txt"]).exits(0);
    assert_eq!(file.out, "TWO\nLINES: TWO\nLINES\n");
    let pipe = with_input(place.command("takes_text", &["run", "-i", "-"]), b"piped\n").exits(0);
    assert_eq!(pipe.out, "PIPED: PIPED\n");
}

#[test]
fn without_one_it_says_how() {
    let place = Place::new();
    let nothing = run(&place, &["run"]).exits(2);
    let nothing = nothing.says("error: `Content Creation` needs an input\n");
    assert!(!nothing.err.contains("is no flag"), "{}", nothing.err);
    nothing.says("run 'Content Creation' -i text\n");
    assert!(!place.has_store());
    let help = run(&place, &["run", "--help"]).exits(0);
    assert!(!help.out.contains("Not as flags"), "{}", help.out);
}

#[test]
fn a_text_that_looks_like_something_else_is_told_how_to_be_written() {
    let place = Place::new();
    let file = run(&place, &["run", "-i", "@ada says hi"]).exits(2);
    file.says("cannot read 'ada says hi'")
        .says("= if that is the text itself, write -i '\"@ada says hi\"'\n");
    assert!(!place.has_store());
    let quoted = run(&place, &["run", "-i", r#""@ada says hi""#]).exits(0);
    assert_eq!(quoted.out, "@ADA SAYS HI: @ADA SAYS HI\n");
    let help = run(&place, &["run", "--help"]).exits(0).out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("the text as it is"), "{help}");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused_here_too() {
    use std::os::unix::ffi::OsStrExt;

    let place = Place::new();
    place.write("bad", b"a\xff");
    run(&place, &["run", "-i", "@bad"])
        .exits(2)
        .says("bad is not UTF-8 text: byte 1");
    let mut command = place.command("takes_text", &["run", "-i"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff"));
    Answer::of(command.output())
        .exits(2)
        .says("-i is not UTF-8");
    let pipe = place.command("takes_text", &["run", "-i", "-"]);
    with_input(pipe, b"a\xfe").exits(2).says("is not UTF-8");
    assert!(!place.has_store());
}
