//! Flows, and steps without one.

use super::{errors, one, workflow};

/// A good step, and one flow with these options and this signature.
#[track_caller]
fn flow(options: &str, signature: &str, body: &str, part: &str) {
    let item = format!(
        "impl A {{
            #[step] async fn search(&self, topic: T) -> T {{ x }}
            #[step] async fn write(&self, notes: &mut Notes) -> T {{ x }}
            #[step(confirm = \"Publish?\")] async fn publish(&self) -> T {{ x }}
            #[step(name = \"clean\", on_error = \"pause\")] async fn tidy(&self) -> T {{ x }}
            #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ x }}
            #[flow{options}] {signature} {{ {body} }}
        }}"
    );
    one("state = Notes", &item, part);
}

/// Of a step that is a flow too, what its signature is not says nothing.
#[test]
fn a_method_is_a_step_or_a_flow() {
    for method in [
        "#[step] #[flow] async fn f(flow: &Flow<Self>) -> Result<u8> { Ok(1) }",
        "#[flow] #[step] async fn f(flow: &Flow<Self>) -> Result<u8> { Ok(1) }",
        "#[flow] #[step] async fn f(&self) -> Result<u8> { Ok(1) }",
    ] {
        one("", &format!("impl A {{ {method} }}"), "remove one of them");
    }
}

#[test]
fn what_takes_the_flow_is_a_flow() {
    let step = "#[step] async fn a(&self) -> Result<()> { Ok(()) }";
    for marked in ["#[step]", "#[step(retry(max = 3))]", "#[agno::step]"] {
        let item = format!(
            "impl A {{ {step} {marked} async fn run(flow: &Flow<Self>) -> Result<()> {{ flow.a().await }} }}"
        );
        one("", &item, "write `#[flow]` above `fn run`");
    }
    for call in [
        "flow.part().await",
        "flow.parallel((flow.a(), Self::part(flow))).await?; Ok(())",
        "flow.parallel((A::part(flow), flow.a())).await?; Ok(())",
    ] {
        let item = format!(
            "impl A {{ {step} #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {call} }}
             async fn part(flow: &Flow<Self>) -> Result<()> {{ flow.a().await }} }}"
        );
        let found: std::collections::BTreeSet<_> =
            errors(workflow("", &item)).into_iter().collect();
        let message = "`part` takes the flow, and is none yet; put `#[flow]` on `fn part` and write `flow.part(..)`";
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [message], "{call}");
    }
    let item = format!(
        "impl A {{ {step} #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ flow.part().await }}
         async fn part(&self, flow: &Flow<Self>) -> Result<()> {{ flow.a().await }} }}"
    );
    one(
        "",
        &item,
        "and write `flow: &Flow<Self>` instead of `&self`",
    );
    // As it stands, a plain function that the flow is handed to.
    let item = format!(
        "impl A {{ {step} #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ Self::part(flow).await }}
         async fn part(flow: &Flow<Self>) -> Result<()> {{ flow.a().await }} }}"
    );
    assert_eq!(errors(workflow("", &item)), Vec::<String>::new());
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
            "async fn again(topic: &str, flow: &Flow<A>) -> Result<T>",
            "x",
            "put it first",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>, context: &StepContext) -> Result<T>",
            "x",
            "only steps have a context; remove",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>, context: agno::StepContext) -> Result<T>",
            "x",
            "only steps have a context; remove",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>, seen: Arc<RwLock<T>>) -> Result<T>",
            "x",
            "a flow gets a copy of it",
        ),
        (
            "",
            "async fn again(flow: &Flow<Self>) -> Result<T, Box<dyn Error>>",
            "x",
            "`agno::Result<T>`",
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
            "(cache(ttl = \"1h\", stale_while_revalidate = \"1h\"))",
            good,
            "x",
            "put `stale_while_revalidate` on its steps",
        ),
        (
            "(cache)",
            good,
            "flow.ask(1).await",
            "`flow.ask(..)` waits for a person",
        ),
        (
            "(confirm = \"x\")",
            good,
            "x",
            "write `flow.confirm(\"Publish this?\").await?` in it",
        ),
        (
            "(history = 3)",
            good,
            "x",
            "write `flow.history(3).await?` in it",
        ),
        (
            "(cache)",
            good,
            "flow.choose_several::<T>(1).await",
            "`flow.choose_several(..)` waits for a person",
        ),
        (
            "(cache)",
            good,
            "flow.map(x, |x| { flow.publish() }).settle().await",
            "`publish` waits for a person, which",
        ),
        (
            "(cache)",
            good,
            "match flow.race((flow.tidy(), flow.sleep(x))).await { x => x }",
            "`clean` waits for a person when it fails",
        ),
        (
            "(cache)",
            good,
            "flow.parallel(vec![flow.call::<my::Other>(1)]).await",
            "`flow.call::<my::Other>(..)` may wait for a person",
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
fn a_state_that_is_read_is_declared() {
    one(
        "",
        "impl A {
            #[step] fn s(&self) {}
            #[flow] async fn run(flow: &Flow<Self>) -> Result<T> { flow.s().await?; Ok(flow.state().x) }
        }",
        "write `#[workflow(state = Notes)]`",
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
