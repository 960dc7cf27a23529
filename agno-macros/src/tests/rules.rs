//! The rules: for each mistake exactly one message, and what it says to write.

use super::{errors, tokens, workflow};

#[track_caller]
fn one(args: &str, item: &str, part: &str) {
    let messages = errors(workflow(args, item));
    assert_eq!(messages.len(), 1, "{item}: {messages:?}");
    assert!(messages[0].contains(part), "{item}: {messages:?}");
    let tidy = !messages[0].ends_with('.') && !messages[0].starts_with(char::is_uppercase);
    assert!(tidy, "{messages:?}");
}

/// One step with these options and this signature.
#[track_caller]
fn step(options: &str, signature: &str, part: &str) {
    one(
        "state = Notes",
        &format!("impl A {{ #[step{options}] {signature} {{ x }} }}"),
        part,
    );
}

/// A good step, and one flow with these options and this signature.
#[track_caller]
fn flow(options: &str, signature: &str, body: &str, part: &str) {
    let item = format!(
        "impl A {{
            #[step] async fn search(&self, topic: T) -> T {{ x }}
            #[step] async fn write(&self, notes: &mut Notes) -> T {{ x }}
            #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ x }}
            #[flow{options}] {signature} {{ {body} }}
        }}"
    );
    one("state = Notes", &item, part);
}

const GOOD: &str = "async fn search(&self, topic: Topic) -> Result<Draft>";

#[test]
fn step_options() {
    for (options, part) in [
        (
            "(timout = \"1s\")",
            "did you mean `timeout`? `#[step]` takes `retry`",
        ),
        ("(nothing)", "unknown option `nothing`; `#[step]` takes"),
        ("(retries = 3)", "`retry(max = 3)`"),
        (
            "(timeout = \"1s\", timeout = \"2s\")",
            "`timeout` is given twice",
        ),
        ("(timeout)", "write `timeout = \"20s\"`"),
        ("(timeout = 20)", "write `timeout = \"20s\"`"),
        (
            "(timeout = )",
            "the value is missing; write `timeout = \"20s\"`",
        ),
        (
            "(timeout : 3)",
            "expected `=`, `(..)` or a comma; write `timeout",
        ),
        ("(timeout = \"20\")", "write `20s`"),
        ("(timeout = \"0s\")", "longer than zero"),
        ("(timeout = \"-1s\")", "cannot be negative"),
        ("(\"20s\")", "expected an option here"),
        (
            "(at_most_once = true)",
            "takes no value; write `at_most_once`",
        ),
        ("(at_most_once timeout = \"1s\")", "expected `=`"),
        ("(retry(max = 1) timeout = \"1s\")", "expected a comma"),
        ("(retry = 3)", "write `retry(max = 3)`"),
        ("(retry)", "write `retry(max = 3)`"),
        ("(retry(backoff = \"1s\"))", "write `retry(max = 3)`"),
        ("(retry(max = 0))", "write 1 or more"),
        ("(retry(max = \"3\"))", "write `max = 3`"),
        ("(retry(max = -3))", "a whole number"),
        ("(retry(max = 3, factor = 0.5))", "write 1.0 or more"),
        ("(retry(max = 3, jitter = 1))", "`true` or `false`"),
        (
            "(retry(max = 3, backoff = \"2s\", max_delay = \"1s\"))",
            "shorter than `backoff`",
        ),
        ("(on_error = \"skp\")", "did you mean `skip`"),
        ("(version = 0)", "count from 1"),
        ("(name = \"\")", "cannot be empty"),
        ("(name = \"a/b\")", "cannot hold '/'"),
        (
            "(cache(scope = \"all\"))",
            "one of `run`, `session`, `user`, `global`",
        ),
        (
            "(cache(key = \"topik.x\"))",
            "did you mean `topic`; the inputs are `topic`",
        ),
        ("(cache(key = \"topic, \"))", "names ``"),
        ("(cache, at_most_once)", "remove `cache` or `at_most_once`"),
        (" = 3", "options stand in parentheses"),
        ("[timeout = \"1s\"]", "`#[step(retry(max = 3))]`"),
    ] {
        step(options, GOOD, part);
    }
}

#[test]
fn legal_options_are_accepted() {
    for options in [
        "",
        "()",
        "(retry(max = 3), at_most_once)",
        "(cache)",
        "(cache(key = \"topic.title.x, topic\"),)",
        "(retry(max = 3, factor = 1))",
        "(on_error = \"fail\")",
        "(name = \"Search the web\")",
    ] {
        let item = format!("impl A {{ #[step{options}] {GOOD} {{ x }} }}");
        assert_eq!(
            errors(workflow("", &item)),
            Vec::<String>::new(),
            "{options}"
        );
    }
}

#[test]
fn step_signatures() {
    for (signature, part) in [
        ("async fn s(topic: T) -> T", "write `fn s(&self, ..)`"),
        ("async fn s() -> T", "write `fn s(&self, ..)`"),
        ("async fn s(&mut self) -> T", "`#[workflow(state = ..)]`"),
        ("async fn s(self) -> T", "write `&self`"),
        ("async fn s(self: Arc<Self>) -> T", "takes `&self`"),
        ("async fn s(&'static self) -> T", "remove the lifetime"),
        ("async fn s<T>(&self, t: T) -> T", "name the types"),
        (
            "async fn s<'a>(&self, t: &'a str) -> T",
            "cannot have lifetimes",
        ),
        ("async fn s<const N: usize>(&self) -> T", "name the types"),
        (
            "async fn s(&self, x: impl Into<String>) -> T",
            "name the type",
        ),
        ("async fn s(&self, x: &str) -> T", "write `String`"),
        ("async fn s(&self, x: &[u8]) -> T", "write `Vec<u8>`"),
        ("async fn s(&self, x: Cow<'_, str>) -> T", "cannot borrow"),
        ("async fn s(&self, x: Option<&str>) -> T", "cannot borrow"),
        (
            "async fn s(&self, x: &'a Context) -> T",
            "remove this lifetime",
        ),
        ("async fn s(&self) -> &str", "write `String`"),
        ("fn s(&self) -> impl Future<Output = T>", "write `async fn`"),
        ("fn s(&self) -> impl Display", "name the type"),
        (
            "async fn s(&self, (a, b): T) -> T",
            "give this parameter a name",
        ),
        ("async fn s(&self, _: T) -> T", "give this parameter a name"),
        (
            "async fn s(&self, ref x: T) -> T",
            "give this parameter a name",
        ),
        (
            "async fn s(&self, #[cfg(x)] a: T) -> T",
            "put it on the method",
        ),
        (
            "async fn s(&self, a: &mut Notes, b: &mut Notes) -> T",
            "one state",
        ),
        ("async fn s(&self, a: &C, b: &C) -> T", "one context"),
        (
            "async fn s(&self, a: A, b: A, c: A, d: A, e: A, f: A, g: A, h: A, i: A) -> T",
            "takes 9 inputs",
        ),
        ("unsafe fn s(&self) -> T", "cannot be `unsafe`"),
        ("extern \"C\" fn s(&self) -> T", "plain Rust function"),
        (
            "async fn parallel(&self) -> T",
            "rename it, such as `parallel_step`",
        ),
        ("async fn deref(&self) -> T", "rename it"),
    ] {
        step("", signature, part);
    }
    step(
        "(cache)",
        "async fn s(&self, n: &mut Notes) -> T",
        "remove `cache`",
    );
    one(
        "",
        "impl A { #[step] fn s(&self, n: &mut my::Notes) {} }",
        "`#[workflow(state = my :: Notes)]`",
    );
}

#[test]
fn flows() {
    let good = "async fn again(flow: &Flow<Self>, topic: T) -> Result<T>";
    for (options, signature, body, part) in [
        (
            "",
            "async fn again(&self) -> Result<T>",
            "x",
            "instead of `self`",
        ),
        (
            "",
            "async fn again() -> Result<T>",
            "x",
            "write `fn again(flow: &Flow<Self>)`",
        ),
        (
            "",
            "async fn again(flow: Flow<Self>) -> Result<T>",
            "x",
            "starts with `flow: &Flow<Self>`",
        ),
        (
            "",
            "async fn again(flow: &mut Flow<Self>) -> Result<T>",
            "x",
            "starts with `flow: &Flow<Self>`",
        ),
        (
            "",
            "async fn again(_: &Flow<Self>) -> Result<T>",
            "x",
            "starts with `flow: &Flow<Self>`",
        ),
        (
            "",
            "fn again(flow: &Flow<Self>) -> Result<T>",
            "x",
            "write `async fn`",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>) -> u8",
            "x",
            "write `Result<u8>`",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>)",
            "x",
            "write `-> Result<()>`",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>, n: &mut Notes) -> Result<T>",
            "x",
            "`flow.state()`",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>, n: &str) -> Result<T>",
            "x",
            "write `String`",
        ),
        (
            "",
            "async fn map(flow: &Flow<Self>) -> Result<T>",
            "x",
            "`map_flow`",
        ),
        (
            "",
            "async fn search(flow: &Flow<Self>) -> Result<T>",
            "x",
            "a second `search`",
        ),
        (
            "(retry(max = 3))",
            good,
            "x",
            "put `retry(..)` on its steps",
        ),
        ("(cache(key = \"x\"))", good, "x", "the inputs are `topic`"),
        (
            "(cache)",
            good,
            "flow.ask(1).await",
            "`flow.ask(..)` waits for a person",
        ),
        (
            "(cache)",
            good,
            "if a { flow.write().await }",
            "`write` changes the state",
        ),
    ] {
        flow(options, signature, body, part);
    }
    one(
        "",
        "impl A { #[step] fn s(&self) {} #[cfg(unix)] #[flow] async fn run(flow: &Flow<Self>) -> Result<T> { x } }",
        "move the condition into its body",
    );
}

#[test]
fn a_cached_flow_is_followed_into_its_subflows() {
    one(
        "",
        "impl A {
            #[step] fn s(&self) {}
            #[flow] async fn run(flow: &Flow<Self>) -> Result<T> { flow.outer().await }
            #[flow(cache)] async fn outer(flow: &Flow<Self>) -> Result<T> { flow.inner().await }
            #[flow] async fn inner(flow: &Flow<Self>) -> Result<T> { flow.outer().await; flow.confirm(1).await }
        }",
        "`outer` cannot be cached: `flow.confirm(..)` waits for a person",
    );
}

#[test]
fn default_order() {
    one(
        "",
        "impl A { #[step] fn a(&self) {} #[step] fn b(&self) {} }",
        "takes no input",
    );
    one(
        "",
        "impl A { #[step] fn a(&self) {} #[step] fn b(&self, x: A, y: A) {} }",
        "gives one value",
    );
    one(
        "",
        "impl A { #[cfg(unix)] #[step] fn a(&self) {} }",
        "write a `#[flow]`",
    );
}

#[test]
fn names() {
    one(
        "",
        "impl A { #[step] fn a(&self) {} #[step(name = \"a\")] fn b(&self, x: X) {} }",
        "a second `a`",
    );
    let conditional = "impl A {
        #[cfg(unix)] #[step] fn a(&self) {}
        #[cfg(windows)] #[step] fn a(&self) {}
        #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { x }
    }";
    assert_eq!(errors(workflow("", conditional)), Vec::<String>::new());
}

#[test]
fn items() {
    for (args, item, part) in [
        ("", "enum A { X }", "not on `enum`"),
        ("", "fn a() {}", "not on `fn`"),
        ("", "trait A {}", "not on `trait`"),
        ("", "impl A for B {}", "not on the impl of a trait"),
        ("", "impl<T> A<T> {}", "cannot be generic"),
        ("", "impl A<u8> {}", "write `impl Name`"),
        (
            "",
            "impl A { fn x(&self) {} }",
            "put `#[step]` on its methods",
        ),
        ("", "struct A<T>(T);", "cannot be generic"),
        ("state = S", "struct A;", "goes on the impl block"),
        (
            "version = 2",
            "impl A { #[step] fn a(&self) {} }",
            "goes on the struct",
        ),
        ("version = 0", "struct A;", "count from 1"),
        ("name = \" \"", "struct A;", "cannot be empty"),
        (
            "on_drift = \"ignore\"",
            "struct A;",
            "one of `fail`, `rerun`",
        ),
        ("crate = \"x\"", "struct A;", "a path without quotes"),
        (
            "",
            "impl A { #[step] fn a(&self) {} #[cfg_attr(x, step)] fn b(&self) {} }",
            "cannot stand in `cfg_attr`",
        ),
        (
            "",
            "impl A { #[step] #[flow] fn a(&self) {} }",
            "once; remove one",
        ),
    ] {
        one(args, item, part);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let messages = errors(workflow(
        "name = \"x\"",
        "impl A {
            #[step(timout = \"1\", timeout = \"1\")] fn a(&mut self, x: &str) -> T { x }
            #[step] fn map(x: T) -> T { x }
        }",
    ));
    assert_eq!(messages.len(), 7, "{messages:#?}");
}

#[test]
fn states() {
    for (item, part) in [
        ("enum N { A }", "a struct with named fields"),
        ("union N { a: u8 }", "a struct with named fields"),
        ("struct N(u8);", "named fields"),
        ("struct N<T> { a: T }", "cannot be generic"),
        ("struct N { #[merge] a: u8 }", "`#[merge(append)]`"),
        (
            "struct N { #[merge(apend)] a: u8 }",
            "did you mean `append`",
        ),
        (
            "struct N { #[merge(sum)] #[merge(max)] a: u8 }",
            "a second rule",
        ),
        (
            "struct N { #[merge(sum)] #[serde(skip)] a: u8 }",
            "remove `merge` or `skip`",
        ),
        ("struct N { #[serde(flatten)] a: u8 }", "without `flatten`"),
        (
            "#[serde(transparent)] struct N { a: u8 }",
            "hides the fields",
        ),
        (
            "struct N { #[serde(rename(serialize = \"a\", deserialize = \"b\"))] a: u8 }",
            "the same for both",
        ),
    ] {
        let messages = errors(crate::state::derive(tokens(item)));
        assert_eq!(messages.len(), 1, "{item}: {messages:?}");
        assert!(messages[0].contains(part), "{item}: {messages:?}");
    }
}

#[test]
fn stray_markers_and_data() {
    let messages = errors(crate::entry::stray(
        "step",
        &tokens(""),
        &tokens("fn a() {}"),
    ));
    assert!(messages.len() == 1 && messages[0].contains("put `#[workflow]` on the block"));
    let messages = errors(crate::data::data(tokens(""), &tokens("fn a() {}")));
    assert!(messages.len() == 1 && messages[0].contains("not on `fn`"));
}

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
        ("(cache, at_most_once)", "remove `cache` or `at_most_once`"),
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
