//! Where a value stands in its text.

use super::super::place::{Path, Segment};
use super::super::{excerpt::Excerpt, scan};

fn path(segments: &[&str]) -> Path {
    let segment = |text: &&str| match text.parse() {
        Ok(index) => Segment::Index(index),
        Err(_) => Segment::Key((*text).to_owned()),
    };
    Path(segments.iter().map(segment).collect())
}

const TEXT: &str =
    r#" { "a" : [ 1, {"b\"}": "x]}", "é": [ ] } , -2.5e3 ] ,"c":null,"a2":{}, "last":"z" } "#;

fn value_at(segments: &[&str]) -> Option<&'static str> {
    let place = scan::locate(TEXT, &[&path(segments)]).pop().flatten()?;
    TEXT.get(place.value)
}

#[test]
fn values_are_found_by_their_path() {
    assert_eq!(value_at(&["a", "0"]), Some("1"));
    assert_eq!(value_at(&["a", "1", "b\"}"]), Some("\"x]}\""));
    assert_eq!(value_at(&["a", "1", "é"]), Some("[ ]"));
    assert_eq!(value_at(&["a", "2"]), Some("-2.5e3"));
    assert_eq!(value_at(&["c"]), Some("null"));
    assert_eq!(value_at(&["a2"]), Some("{}"));
    assert_eq!(value_at(&["last"]), Some("\"z\""));
    assert_eq!(value_at(&[]), Some(TEXT.trim()));
    assert_eq!(value_at(&["a", "3"]), None);
    assert_eq!(value_at(&["c", "x"]), None);
}

#[test]
fn keys_are_found_with_their_quotes() {
    let paths = [path(&["a", "1", "é"]), path(&["a"]), path(&["a", "0"])];
    let places = scan::locate(TEXT, &paths.each_ref());
    let key = |index: usize| TEXT.get(places[index].clone()?.key?);
    assert_eq!(key(0), Some("\"é\""));
    assert_eq!(key(1), Some("\"a\""));
    assert_eq!(key(2), None);
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let text = r#"{"a":1,"a":2}"#;
    let place = scan::locate(text, &[&path(&["a"])]).pop().flatten();
    assert_eq!(place.and_then(|place| text.get(place.value)), Some("2"));
}

#[test]
fn what_is_not_json_is_survived() {
    for text in [
        "", "{", "{\"a", "{\"a\":", "[1,", "{\"a\\", "}", ",,", "[[[", "é", "\"\\",
    ] {
        scan::content(text);
        scan::locate(text, &[&path(&["a"]), &path(&["0", "0"]), &path(&[])]);
    }
}

#[test]
fn paths_read_like_code() {
    assert_eq!(path(&["items", "2", "name"]).to_string(), ".items[2].name");
    assert_eq!(path(&[]).to_string(), "");
    assert_eq!(
        path(&["a b", "", "c\"\n"]).to_string(),
        r#"["a b"][""]["c\"\n"]"#
    );
}

#[test]
fn a_long_line_is_cut_around_its_marks() {
    let text = format!("{}MARK{}SECOND", "x".repeat(500), "y".repeat(500));
    let marks = vec![
        (500..504, "here".to_owned()),
        (1004..1010, "there".to_owned()),
    ];
    let mut shown = String::new();
    struct Show(Excerpt);
    impl std::fmt::Display for Show {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.write(f, "-i")
        }
    }
    shown.push_str(&Show(Excerpt::new(&text, marks)).to_string());
    insta::assert_snapshot!(shown, @r"
    ┌ -i
    │ …xxxxxxxxxxxxxxxxxxxxxxxxMARKyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…
    │                          ^^^^ here
    │ …yyyyyyyyyyyyyyyyyyyyyyyySECOND
    │                          ^^^^^^ there
    ");
}
