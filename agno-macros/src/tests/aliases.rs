//! Other names of the flow: calls by them are read as well.

use super::reading::{lint, outline};
use super::uncalled::uncalled;

#[test]
fn calls_by_another_name_are_in_the_graph() {
    for body in [
        "let f = flow; f.log().await?; f.search(topic).await",
        "let f = &flow; let g = f; g.log().await?; flow.search(topic).await",
        "let f: &Flow<Self> = flow; f.log().await?; f.search(topic).await",
        "let f = flow.clone(); f.log().await?; f.search(topic).await",
    ] {
        assert_eq!(outline(body).trim_end(), "step log\nstep search", "{body}");
    }
    assert_eq!(
        uncalled("let g = f; g.publish().await?; g.search(topic).await"),
        Vec::<String>::new()
    );
    assert_eq!(uncalled("let g = f; g.search(topic).await").len(), 1);
}

#[test]
fn slips_by_another_name_are_seen() {
    for (body, part) in [
        ("let f = flow; f.log(); x", "add `.await?`"),
        ("let f = flow; let y = f.search(t)?; y", "write `.await?`"),
        ("let f = flow; f.state().n += 1; x", "is a copy"),
        (
            "let f = flow; let w = f.workflow(); w.search(t).await",
            "calls the plain method",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(part), "{body}: {messages:?}");
    }
}

#[test]
fn a_name_that_is_bound_twice_is_no_other_name() {
    for body in [
        "let f = flow; let f = other(f); f.log(); x",
        "let f = flow; all.each(|f| f.log()); x",
        "if a { let f = flow; } let f = other(); f.log(); x",
        "let f = flow; let flow = other(); f.log(); flow.log(); x",
        "let f = pick(flow); f.log(); x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}
