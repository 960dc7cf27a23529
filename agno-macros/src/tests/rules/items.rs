//! What an attribute stands on, states and names.

use super::{errors, one, tokens, workflow};

#[test]
fn items() {
    for (args, item, part) in [
        ("", "enum A { X }", "not on `enum`"),
        ("", "fn a() {}", "not on `fn`"),
        ("", "trait A {}", "not on `trait`"),
        ("", "impl A for B {}", "not on the impl of a trait"),
        ("", "impl<T> A {}", "cannot be generic"),
        (
            "",
            "impl A where u8: Copy { #[step] fn a(&self) {} }",
            "needs no conditions",
        ),
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
fn the_impl_of_a_struct_with_parameters_asks_for_the_struct_s_error() {
    for item in ["impl<T> A<T> {}", "impl<'a> A<'a> {}", "impl A<'_> {}"] {
        assert_eq!(errors(workflow("", item)), [""; 0], "{item}");
        let expanded = workflow("", item).to_string();
        assert!(expanded.contains("WorkflowInfo"), "{item}: {expanded}");
    }
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

#[test]
fn markers_on_what_is_no_method() {
    for (item, marker) in [
        ("#[step] const A: u8 = 3;", "step"),
        ("#[step(timeout = \"x\", y)] const A: u8 = 3;", "step"),
        ("#[flow] type A = u8;", "flow"),
        ("#[agno::step] other! {}", "step"),
    ] {
        let block =
            format!("impl A {{ {item} #[step] async fn a(&self) -> Result<()> {{ Ok(()) }} }}");
        assert_eq!(
            errors(workflow("", &block)),
            [format!("`#[{marker}]` goes on a method; remove it")],
            "{item}"
        );
    }
}
