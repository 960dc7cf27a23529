//! `#[tool]`: its rules and what it expands to.

use super::{assert_holds, errors, tokens};

fn tool(args: &str, item: &str) -> proc_macro2::TokenStream {
    crate::tool::tool(tokens(args), tokens(item))
}

/// The mistakes of a tool whose function is `item`, described where it has to be.
fn mistakes(args: &str, item: &str) -> Vec<String> {
    errors(tool(args, &format!("/// Works.\n{item}")))
}

const GOOD: &str =
    "async fn search(/** What. */ query: String, context: &ToolContext) -> Result<u8> { todo!() }";

#[test]
fn the_function_stays_as_written() {
    let item = "#[inline] pub(crate) async fn search(#[doc = \"What.\"] #[serde(default)] #[allow(unused)] \
                mut query: Vec<String>) -> Result<u8> { let x = 1; x.await }";
    assert_holds(
        &tool("", &format!("/// Works.\n{item}")),
        "#[inline] pub(crate) async fn search(#[allow(unused)] mut query: Vec<String>) -> Result<u8> { let x = 1; x.await }",
    );
}

#[test]
fn attributes_go_to_the_field() {
    let expansion = tool(
        "",
        "/// Works.\nfn f(/// One.\n/// Two.\n#[serde(default)] #[schemars(length(min = 1))] a: Vec<u8>) {}",
    );
    assert_holds(
        &expansion,
        "#[doc = \"One. Two.\"] #[schemars(schema_with = \"__describe0\")] #[serde(default)] \
         #[schemars(length(min = 1))] a: Vec<u8>,",
    );
}

#[test]
fn parameters_keep_their_order() {
    let item = "/// Works.\nasync fn f(s: &mut Notes, /** A. */ b: u8, c: &ToolContext, /** B. */ a: u16) {}";
    assert_holds(
        &tool("", item),
        "f(__state, __arguments.b, <ToolContext as __agno::tool::IsToolContext>::of(&__context), __arguments.a).await",
    );
}

#[test]
fn options_become_calls() {
    let expansion = tool(
        "timeout = \"2s\", cache(ttl = \"1m\"), confirm = \"Sure?\", name = \"find-it\", idempotent = true",
        &format!("/// Works.\n{GOOD}"),
    );
    assert!(errors(expansion.clone()).is_empty());
    assert_holds(
        &expansion,
        ".timeout(__agno::millis(2000u64)).cache(__agno::millis(60000u64)).confirm(\"Sure?\")",
    );
    assert_holds(&expansion, "\"find-it\", \"Works.\",");
    let effect = tool("idempotent = false", &format!("/// Works.\n{GOOD}"));
    assert_holds(&effect, ".not_idempotent()");
}

#[test]
fn beside_a_mistake_the_tool_is_still_there() {
    let expansion = tool("timout = \"2s\"", &format!("/// Works.\n{GOOD}"));
    assert_eq!(errors(expansion.clone()).len(), 1);
    assert_holds(
        &expansion,
        "async fn search(query: String, context: &ToolContext) -> Result<u8> { todo!() }",
    );
    assert_holds(
        &expansion,
        "fn tool() -> ::agno::__private::tool::Tool { ::core::unreachable!() }",
    );
}

#[test]
fn a_half_typed_body_costs_nothing() {
    let expansion = tool("", "/// Works.\nasync fn f(/** A. */ a: String) { a. }");
    assert!(errors(expansion.clone()).is_empty());
    assert_holds(&expansion, "async fn f(a: String) { a. }");
    assert_holds(&expansion, "struct __Arguments");
}

#[test]
fn the_name_is_what_models_take() {
    let longest = "a".repeat(64);
    for name in ["search", "_", "Search-2", longest.as_str()] {
        let args = format!("name = {name:?}");
        assert_eq!(mistakes(&args, GOOD), Vec::<String>::new(), "{name}");
    }
    let too_long = "a".repeat(65);
    for (name, part) in [
        ("", "cannot be empty"),
        ("a b", "cannot hold ' '"),
        ("a/b", "cannot hold '/'"),
        ("é", "cannot hold 'é'"),
        ("2a", "cannot begin so"),
        ("-a", "cannot begin so"),
        (too_long.as_str(), "has 65 characters"),
    ] {
        let found = mistakes(&format!("name = {name:?}"), GOOD);
        assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
    }
    let long = format!("fn {too_long}() {{}}");
    let found = mistakes("", &long);
    assert!(
        found[0].contains("write `#[tool(name = \"..\")]`"),
        "{found:?}"
    );
}

#[test]
fn one_mistake_is_one_message() {
    for (args, item, part) in [
        (
            "",
            "fn f(/** A. */ user_id: u8) {}",
            "use `context.user_id()`",
        ),
        ("", "fn f(/** A. */ User: u8) {}", "use `context.user_id()`"),
        (
            "",
            "fn f(/** A. */ session_id: u8) {}",
            "use `context.session_id()`",
        ),
        (
            "",
            "fn f(/** A. */ tenant: u8) {}",
            "use `context.dependency::<T>()`",
        ),
        (
            "",
            "fn f(/** A. */ #[serde(alias = \"user\")] a: u8) {}",
            "identifies a user",
        ),
        (
            "",
            "fn f(/** A. */ #[serde(rename(deserialize = \"user\"))] a: u8) {}",
            "identifies a user",
        ),
        (
            "allow_identity",
            "fn f(/** A. */ a: u8) {}",
            "nothing to allow",
        ),
        (
            "allow_identity = true",
            "fn f(/** A. */ a: u8) {}",
            "takes no value",
        ),
        ("", "fn f(a: u8) {}", "above `a`"),
        ("", "fn f(/** */ a: u8) {}", "above `a`"),
        ("", "fn f(/** A. */ _: u8) {}", "give this parameter a name"),
        ("", "fn f(/** A. */ a: &[u8]) {}", "write `Vec<u8>`"),
        ("", "fn f(/** A. */ a: Option<&str>) {}", "cannot borrow"),
        ("", "fn f(/** A. */ a: impl Copy) {}", "name the type"),
        ("", "fn f(c: &mut ToolContext) {}", "write `&ToolContext`"),
        ("", "fn f(c: StepContext) {}", "write `&ToolContext`"),
        (
            "",
            "fn f(c: &'static ToolContext) {}",
            "remove this lifetime",
        ),
        (
            "",
            "fn f(a: &ToolContext, b: &ToolContext) {}",
            "a second `&` parameter",
        ),
        (
            "",
            "fn f(#[serde(default)] c: &ToolContext) {}",
            "remove the attribute",
        ),
        ("", "fn f(s: &mut S) {}", "write `async fn f`"),
        ("", "const fn f() {}", "remove `const`"),
        ("", "extern \"C\" fn f() {}", "plain Rust function"),
        ("", "fn f() where u8: Copy {}", "no conditions"),
        ("", "fn f(&self, undescribed: &u8) {}", "takes no `self`"),
        ("", "fn f<const N: usize>() {}", "name the types"),
        (
            "",
            "fn f() -> impl Future<Output = u8> { async { 1 } }",
            "write `async fn`",
        ),
        ("", "fn f() -> impl Copy { 1 }", "name the type"),
        ("", "fn f() -> Result<Vec<&str>> { 1 }", "use an owned type"),
        ("confirm = \" \"", "fn f() {}", "write the question"),
        ("confirm", "fn f() {}", "`confirm` takes a text"),
        ("cache", "fn f() {}", "write `cache(ttl = \"5m\")`"),
        (
            "cache = \"5m\"",
            "fn f() {}",
            "`cache` takes its options in parentheses",
        ),
        ("cache(key = \"a\")", "fn f() {}", "unknown option `key`"),
        ("cache(ttl = \"5\")", "fn f() {}", "has no unit"),
        (
            "cache(ttl = \"5m\"), idempotent = false",
            "fn f() {}",
            "remove `cache` or",
        ),
        ("retry(max = 3)", "fn f() {}", "is not retried"),
        ("crate = \"agno\"", "fn f() {}", "a path without quotes"),
        ("timeout = 3", "fn f() {}", "a duration in quotes"),
    ] {
        let found = mistakes(args, item);
        // An unknown option inside of `cache` leaves it without its time too.
        let expected = if args.contains("key") { 2 } else { 1 };
        assert_eq!(found.len(), expected, "{args} {item}: {found:?}");
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{found:?}"
        );
    }
}

#[test]
fn nothing_makes_it_panic() {
    for item in [
        "",
        "fn",
        "fn f",
        "fn f(",
        "async fn",
        "fn f(self) {}",
        "fn f(&self);",
        "fn f<T: Fn(u8) -> u8>(t: T) {}",
        "fn f(a) {}",
        "struct S;",
        "use a::b;",
        "/// Works.\nfn f(/// A.\n) {}",
        "fn f(#[serde] a: u8) {}",
        "const X: u8 = 1;",
        "fn f(a: u8, ...) {}",
    ] {
        let Ok(item) = item.parse() else {
            continue;
        };
        drop(crate::tool::tool(tokens(""), item));
    }
    for args in [
        ",",
        "=",
        "name",
        "name =",
        "cache()",
        "cache(,)",
        "1",
        "a b",
        "timeout = {}",
    ] {
        drop(tool(args, GOOD));
    }
}
