//! Changes of a copy of the state that are lost.

use super::reading::lint;

#[test]
fn a_copy_that_is_only_changed() {
    for body in [
        "let mut s = flow.state(); s.n += 1; x",
        "let mut s = flow.state(); s.inner.n = 1; s.log.push(x); y",
        "if a { let mut s: Notes = flow.state(); s.log[0] = 1; } x",
        "let f = flow; let mut s = f.state(); s.n -= 1; x",
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        let message = "`s` is a copy of the state, so this change is lost; make it in a step that takes `s: &mut Notes`";
        assert_eq!(messages[0], message, "{body}");
    }
}

#[test]
fn a_copy_that_is_read_may_be_meant() {
    for body in [
        "let mut s = flow.state(); s.n += 1; flow.search(s.n).await",
        "let mut s = flow.state(); s.n += 1; flow.say(format!(\"{s:?}\")); x",
        "let mut s = flow.state(); s.n += s.m; x",
        "let mut s = flow.state(); s.log.sort(); s",
        "let mut s = flow.state(); let last = s.log.pop(); last",
        "let mut s = other(); s.n += 1; x",
        "let s = flow.state(); x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}
