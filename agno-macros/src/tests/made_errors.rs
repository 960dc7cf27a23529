//! Errors that are made in another way than this crate's.

use super::{errors, workflow};

/// Of a step that returns this, beside a flow with this body.
fn found(returned: &str, body: &str, flow: &str) -> Vec<String> {
    let item = format!(
        "impl A {{ #[step] async fn a(&self) -> {returned} {{ {body} }}
         #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ {flow} }} }}"
    );
    errors(workflow("", &item))
}

const USES: &str = "let a = flow.a().await?; Ok(a)";

#[test]
fn an_error_of_anyhow() {
    for (body, part) in [
        ("anyhow::bail!(\"no {x}\")", "write `bail!(..)`"),
        (
            "if y { anyhow::ensure!(x, \"no\"); } x",
            "write `ensure!(..)`",
        ),
    ] {
        let found = found("Result<T>", body, USES);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].contains(part), "{body}: {found:?}");
    }
    let made = "return Err(anyhow::anyhow!(\"no\"));";
    let found = found("agno::Result<T>", made, USES);
    assert!(found[0].contains("write `Error::new("), "{found:?}");
}

#[test]
fn an_error_of_a_text_alone() {
    for body in [
        "Err(Error::new(\"no\"))",
        "if x { return Err(agno::Error::msg(\"no\")); } y",
        "Err(Error::from(format!(\"no\")))",
    ] {
        let found = found("Result<T>", body, "flow.a().await");
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        let start = "an error has a code and a text; write `Error::new(\"failed\", ";
        assert!(found[0].starts_with(start), "{body}: {found:?}");
    }
}

#[test]
fn another_result_has_another_error() {
    for (returned, body, flow) in [
        // Nothing says whose `Result` it is.
        ("Result<T>", "anyhow::bail!(\"no\")", "f()"),
        ("anyhow::Result<T>", "anyhow::bail!(\"no\")", USES),
        (
            "Result<T, Mine>",
            "Err(Error::new(\"no\"))",
            "flow.a().await",
        ),
        ("Result<T>", "Err(Error::new(\"no\"))", USES),
        (
            "Result<T>",
            "Err(Error::new(\"none\", \"no\"))",
            "flow.a().await",
        ),
        (
            "Result<T>",
            "Err(Error::new(\"no\").into())",
            "flow.a().await",
        ),
        ("Result<T>", "f(|| anyhow::bail!(\"no\"))", USES),
        (
            "Result<T>",
            "Err(mine::Wrong::new(\"no\"))",
            "flow.a().await",
        ),
    ] {
        let found = found(returned, body, flow);
        assert_eq!(found, Vec::<String>::new(), "{returned}: {body}");
    }
}
