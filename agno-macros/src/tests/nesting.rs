//! Deep and long input: the stack of a compiler's thread is enough, and the output grows with the input.

use std::thread;

use proc_macro2::TokenStream;

use super::{errors, tokens};
use crate::{entry, parse::nesting, state, tool};

/// What rustc gives its threads.
const STACK: usize = 8 << 20;

/// At this depth rustc's own parser has given up, on most of them.
const BEYOND: usize = 4_000;

/// What nests, before and behind the inner part.
const SHAPES: [(&str, &str); 30] = [
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("f(", ")"),
    ("help(flow, ", ")"),
    ("if x {", "}"),
    ("if x {} else ", "{}"),
    ("loop {", "}"),
    ("for x in x {", "}"),
    ("match x { _ => ", "}"),
    ("|x| ", ""),
    ("|x, y| ", ""),
    ("async move {", "}"),
    ("!", ""),
    ("&", ""),
    ("x = ", ""),
    ("x += ", ""),
    ("return ", ""),
    ("x as ", ""),
    ("x + ", ""),
    ("x.y()?.", ""),
    ("<X as ", ">::x"),
    ("x::<", ">()"),
    ("if ", "{}"),
    ("flow.parallel((", ", x)).await?"),
    ("flow.map(x, |x| ", ").await?"),
    ("format!(\"{}\", ", ")"),
    ("vec![", "; 3]"),
    ("odd!(=> ", ")"),
    ("#[allow_in_flow(clock = \"a\")] {", "}"),
];

fn nested((open, close): (&str, &str), depth: usize) -> String {
    format!("{}x{}", open.repeat(depth), close.repeat(depth))
}

fn flow(body: &str) -> String {
    format!(
        "impl Article {{ #[flow] async fn run(flow: &Flow<Self>, x: X) -> Result<X> {{ {body} }} }}"
    )
}

/// Runs it with the stack of a compiler's thread: where that ends, so does this test.
fn on_a_compilers_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    thread.expect("a thread").join().expect("no panic")
}

/// The deepest that is read.
fn deepest(shape: (&'static str, &'static str), around: fn(&str) -> String) -> usize {
    let is_read =
        |depth: &usize| nesting::too_deep(tokens(&around(&nested(shape, *depth)))).is_none();
    (1..)
        .map(|step| step * 20)
        .take_while(is_read)
        .last()
        .unwrap_or(1)
}

fn refused(output: TokenStream) -> bool {
    errors(output)
        .iter()
        .any(|error| error.starts_with("this is nested too deeply"))
}

#[test]
fn the_deepest_that_is_read_leaves_stack() {
    for shape in SHAPES {
        on_a_compilers_thread(move || {
            let depth = deepest(shape, flow);
            assert!(depth >= 60, "{shape:?} is refused at {depth}");
            let item = tokens(&flow(&nested(shape, depth)));
            assert!(
                !refused(entry::workflow(TokenStream::new(), item)),
                "{shape:?}"
            );
        });
    }
}

#[test]
fn what_is_deeper_is_an_error_with_a_place() {
    for shape in SHAPES {
        on_a_compilers_thread(move || {
            let item = tokens(&flow(&nested(shape, BEYOND)));
            assert!(
                refused(entry::workflow(TokenStream::new(), item)),
                "{shape:?}"
            );
        });
    }
}

#[test]
fn types_and_attributes_are_measured_too() {
    for (open, close) in [
        ("Vec<", ">"),
        ("&", ""),
        ("(", ",)"),
        ("[", "; 1]"),
        ("fn() -> ", ""),
    ] {
        on_a_compilers_thread(move || {
            let ty = |depth| nested((open, close), depth);
            let depth = deepest((open, close), |ty| format!("struct Notes {{ a: {ty} }}"));
            for depth in [depth, BEYOND] {
                let ty = ty(depth);
                let is_refused = depth == BEYOND;
                let notes = tokens(&format!("struct Notes {{ a: {ty} }}"));
                assert_eq!(refused(state::derive(notes.clone())), is_refused, "{open}");
                let output = entry::workflow(TokenStream::new(), notes);
                assert_eq!(refused(output), is_refused, "{open}");
                let search = tokens(&format!("/// Finds.\nfn search(a: {ty}) -> X {{ x }}"));
                assert_eq!(
                    refused(tool::tool(TokenStream::new(), search)),
                    is_refused,
                    "{open}"
                );
                let step =
                    format!("impl A {{ #[step] async fn a(&self, a: {ty}) -> Result<X> {{ x }} }}");
                let output = entry::workflow(TokenStream::new(), tokens(&step));
                assert_eq!(refused(output), is_refused, "{open}");
                let args = tokens(&format!("state = {ty}"));
                let output =
                    entry::workflow(args, tokens("impl A { #[step] async fn a(&self) {} }"));
                assert_eq!(refused(output), is_refused, "{open}");
            }
        });
    }
}

#[test]
fn the_body_of_a_step_may_be_as_deep_as_rustc_takes_it() {
    let output = on_a_compilers_thread(|| {
        let body = nested(("(", ")"), 1_000);
        let item = format!("impl A {{ #[step] async fn a(&self) -> Result<X> {{ {body} }} }}");
        errors(entry::workflow(TokenStream::new(), tokens(&item)))
    });
    assert!(output.is_empty(), "{output:?}");
}

#[test]
fn the_output_grows_with_the_input() {
    let count = |output: &TokenStream| output.to_string().len();
    for piece in [
        "flow.a(x).await?;",
        "let x = f(x)?;",
        "help(flow, x);",
        "if x { flow.a(x).await?; }",
        "match x { 1 => flow.a(x).await?, _ => x }",
        "self.a(x);",
    ] {
        let size = |times: usize| {
            let item = format!(
                "impl A {{ #[step] async fn a(&self, x: X) -> Result<X> {{ x }} #[flow] async fn run(flow: &Flow<Self>, x: X) -> Result<X> {{ {} }} }}",
                piece.repeat(times)
            );
            count(&entry::workflow(TokenStream::new(), tokens(&item)))
        };
        assert!(size(400) < 3 * size(200), "{piece}");
    }
    for around in [
        |many: &str| format!("struct A {{ {many} }}"),
        |many: &str| format!("#[doc = \"{many}\"] struct A;"),
    ] {
        let size = |times: usize| {
            let item = tokens(&around(&"#[step] x: X,".repeat(times)));
            count(&entry::workflow(TokenStream::new(), item))
        };
        assert!(size(400) < 3 * size(200));
    }
}
