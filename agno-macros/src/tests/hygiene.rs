//! What could be taken for something else: fragments of `macro_rules!`, conditions under conditions, braces in types,
//! names of the user's that generated items have.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use super::{errors, tokens, workflow};

/// As of the tests' own, for a piece that is no whole: spacing aside.
#[track_caller]
fn assert_holds(expansion: &TokenStream, piece: &str) {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let whole = dense(&expansion.to_string());
    assert!(
        whole.contains(&dense(piece)),
        "not found: {piece}\nin: {expansion}"
    );
}

/// As `macro_rules!` hands on what a fragment stands for.
fn fragment(source: &str) -> TokenStream {
    TokenTree::Group(Group::new(Delimiter::None, tokens(source))).into()
}

#[test]
fn fragments_are_read_like_what_they_stand_for() {
    let (this, context, returns) = (
        fragment("Article"),
        fragment("agno::StepContext"),
        fragment("Result<u8>"),
    );
    let (marker, body) = (fragment("step(timeout = \"1s\")"), fragment("{ 3 }"));
    let run = fragment("{ flow.read(1).await }");
    let expansion = crate::entry::workflow(
        TokenStream::new(),
        quote! {
            impl #this {
                #[#marker]
                async fn read(&self, page: u32, context: &#context) -> #returns #body
                #[flow]
                async fn run(flow: &Flow<Self>) -> #returns #run
            }
        },
    );
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    assert_holds(
        &expansion,
        "fn read(&self, page: u32) -> __agno::StepCall<u8>",
    );
    assert_holds(
        &expansion,
        "__agno::Step::new(\"read\").timeout(__agno::millis(1000u64))",
    );
    assert_holds(&expansion, "nodes: &[__agno::Node::Step { name: \"read\"");
    assert!(
        !expansion.to_string().contains("timeout = "),
        "the marker is gone"
    );
}

#[test]
fn braces_in_a_type_are_no_body() {
    let expansion = workflow(
        "",
        "impl Article { #[step] fn read(&self, grid: Grid<{ 1 + 2 }, u8>) -> Grid<{ 3 + 4 }> { body() } }",
    );
    assert_holds(&expansion, "__agno::Codec<Grid<{ 1 + 2 }, u8> >");
    assert_holds(&expansion, "-> __agno::StepCall<Grid<{ 3 + 4 }> >");
}

#[test]
fn a_condition_under_a_condition_holds_for_what_is_made() {
    let expansion = workflow(
        "",
        "impl Article {
            #[cfg_attr(unix, cfg(feature = \"a\"), doc = \"Reads.\", inline)]
            #[step] fn read(&self) {}
            #[cfg_attr(unix, cfg_attr(test, cfg(windows)))]
            #[step] fn write(&self) {}
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {
                #[cfg_attr(unix, cfg(feature = \"a\"))] flow.read().await?;
                flow.write().await
            }
        }",
    );
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    let condition = "#[cfg(any(not(unix), feature = \"a\"))]";
    assert_holds(
        &expansion,
        &format!("{condition} __d.step_blocking(__agno::Step::new(\"read\")"),
    );
    assert_holds(&expansion, &format!("{condition} __agno::Node::Step"));
    assert_holds(&expansion, "#[cfg_attr(unix, doc = \"Reads.\")]");
    assert_holds(
        &expansion,
        "#[cfg(any(not(all(unix, test)), windows))] __d.step_blocking(__agno::Step::new(\"write\")",
    );
}

#[test]
fn the_handle_does_not_hide_a_type_of_its_name() {
    let plain = workflow("", "impl Article { #[step] fn read(&self) -> u8 { 1 } }");
    assert_holds(&plain, "type Steps = ArticleSteps;");
    let taken = workflow(
        "",
        "impl Article { #[step] fn read(&self) -> Vec<ArticleSteps> { body() } }",
    );
    assert_holds(&taken, "type Steps = ArticleSteps_;");
    let twice = workflow(
        "",
        "impl Article { #[step] fn read(&self, a: ArticleSteps, b: ArticleSteps_) {} }",
    );
    assert_holds(&twice, "type Steps = ArticleSteps__;");
}

#[test]
fn beside_a_mistake_the_library_keeps_its_other_name() {
    let unreadable = workflow(
        "crate = durable",
        "impl Clone for Article { #[step] fn read(&self) {} }",
    );
    let generic = workflow("crate = durable", "struct Article<T>(T);");
    for expansion in [unreadable, generic] {
        assert_holds(&expansion, "use durable::__private as __agno;");
        assert!(!expansion.to_string().contains(":: agno ::"), "{expansion}");
    }
}
