//! Fields that are steps.

use super::one;

/// A struct with one good step and this one after it.
#[track_caller]
fn field(options: &str, part: &str) {
    one(
        "",
        &format!("struct A {{ #[step] first: F, #[step{options}] second: S }}"),
        part,
    );
}

#[test]
fn fields_that_are_steps() {
    for (options, part) in [
        (
            "(timout = \"1s\")",
            "did you mean `timeout`? `#[step]` on a field takes",
        ),
        ("(retry(max = 0))", "write 1 or more"),
        ("(timeout = \"20\")", "write `20s`"),
        ("(version = 0)", "versions count from 1"),
        ("(on_error = \"ignore\")", "one of `fail`, `skip`, `pause`"),
        ("(name = \"first\")", "a second `first`"),
        ("(name = \"a/b\")", "cannot hold"),
        ("(name = \"\")", "cannot be empty"),
        (
            "(cache(key = \"inptu\"))",
            "did you mean `input`; the inputs are `input`",
        ),
        (
            "(cache(ttl = \"1h\", stale_while_revalidate = \"1h\"))",
            "not done in the background; remove `stale_while_revalidate`",
        ),
        ("(cache, at_most_once)", "remove `cache` or `at_most_once`"),
        ("(confirm = \"\")", "write the question, such as"),
        ("(confirm())", "needs the question"),
        (
            "(confirm(message = \"x\", on_timeout = \"reject\"))",
            "or remove `on_timeout`",
        ),
        (
            "(confirm(message = \"x\", on_reject = \"stop\"))",
            "one of `fail`, `skip`, `cancel`",
        ),
        ("(on_reject = \"skip\")", "belongs to the question"),
        ("(history = 0)", "write 1 or more"),
        ("(after = \"first\")", "move this one"),
        ("(input = 3)", "a text in quotes"),
        (
            "(input = \"{frist}\")",
            "did you mean `first`; use one of `{input}`, `{previous}`, `{first}`",
        ),
        (
            "(input = \"{second}\")",
            "has not answered when this step begins",
        ),
        (
            "(input = \"{previous\")",
            "for a brace in the text write `{{`",
        ),
        (
            "(input = \"previous}\")",
            "for a brace in the text write `}}`",
        ),
        ("(input = \"{}\")", "`{}` is nothing"),
    ] {
        field(options, part);
    }
    for (args, item, part) in [
        (
            "",
            "struct A { #[step(input = \"{previous}\")] a: T, #[step] b: T }",
            "no step comes before this one",
        ),
        ("", "struct A(#[step] T);", "give the fields names"),
        ("", "struct A<T> { #[step] a: T }", "cannot be generic"),
        (
            "",
            "struct A { #[step] #[step] a: T }",
            "remove one of them",
        ),
        ("", "struct A { #[flow] a: T }", "write `#[step]`"),
        (
            "",
            "struct A { #[cfg(x)] #[step] a: T }",
            "must not depend on a `#[cfg(..)]`",
        ),
        (
            "",
            "struct A { #[cfg_attr(x, step)] a: T }",
            "`#[cfg(..)]` on the field",
        ),
        (
            "stat = N",
            "struct A { #[step] a: T }",
            "did you mean `state`",
        ),
        (
            "state = N",
            "struct A { a: T }",
            "the state goes on the impl block",
        ),
    ] {
        one(args, item, part);
    }
}
