//! Texts where errors are wanted, as far as it is certain that no text is one.

use super::{errors, workflow};

/// Of a step that answers `output`, beside a flow with this body.
fn found(output: &str, step: &str, flow: &str) -> Vec<String> {
    errors(workflow(
        "",
        &format!(
            "impl Article {{
                #[step] async fn buy(&self, item: String) -> {output} {{ {step} }}
                #[flow] async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {{ {flow} }}
            }}"
        ),
    ))
    .into_iter()
    // The place of the mistake says the same once more.
    .collect::<std::collections::BTreeSet<_>>()
    .into_iter()
    .collect()
}

const CALLS: &str = "flow.buy(item).await";
const CALLS_AND_GOES_ON: &str = "let n = flow.buy(item).await?; Ok(n)";

#[test]
fn a_text_is_no_error() {
    for (step, instead) in [
        (
            "return Err(\"no\");",
            "`bail!(\"no\")` instead of `return Err(..)`",
        ),
        (
            "if a { Err(\"no\") } else { Ok(1) }",
            "`bail!(\"no\")` instead of `Err(..)`",
        ),
        (
            "match a { 0 => { Err(\"no\") } _ => Ok(1) }",
            "`bail!(\"no\")` instead of `Err(..)`",
        ),
        ("Err(\"no\".to_string())", "`bail!(\"no\")`"),
        ("Err(\"no\".to_owned())", "`bail!(\"no\")`"),
        ("Err(String::from(\"no\"))", "`bail!(\"no\")`"),
        (
            "Err(format!(\"no {item} in {}\", a))",
            "`bail!(\"no {item} in {}\", a)`",
        ),
        ("loop { if a { return Err(\"no\") } }", "`return Err(..)`"),
        (
            "found.ok_or(\"no\")",
            "`.ok_or_else(|| Error::new(\"failed\", \"no\"))`",
        ),
        (
            "return found.ok_or_else(|| String::from(\"no\"));",
            "`.ok_or_else(|| Error::new(\"failed\", \"no\"))`",
        ),
        (
            "text.parse().map_err(|_| format!(\"no {text}\"))",
            "`.map_err(|_| Error::new(\"failed\", format!(\"no {text}\")))`",
        ),
        (
            "text.parse().map_err(|error| format!(\"no: {error}\"))",
            "`.map_err(|error| Error::new(\"failed\", format!(\"no: {error}\")))`",
        ),
    ] {
        for flow in [CALLS, CALLS_AND_GOES_ON] {
            let found = found("Result<u32>", step, flow);
            assert_eq!(found.len(), 1, "{step}: {found:?}");
            assert!(found[0].contains(instead), "{step}: {found:?}");
        }
    }
}

#[test]
fn what_turns_into_an_error_needs_to_be_certain() {
    for step in [
        "return Err(\"no\".into());",
        "Err(format!(\"no {item}\").into())",
        "Err(\"no\")?; Ok(1)",
        "Err(\"no\".to_string())?",
        "let a = all.first().ok_or(\"no\")?; Ok(*a)",
        "Ok(item.parse().map_err(|error| format!(\"no: {error}\"))?)",
    ] {
        assert_eq!(found("Result<u32>", step, CALLS).len(), 1, "{step}");
        assert_eq!(
            found("agno::Result<u32>", step, CALLS_AND_GOES_ON).len(),
            1,
            "{step}"
        );
        // A `Result<T>` of any boxed error takes both.
        assert_eq!(
            found("Result<u32>", step, CALLS_AND_GOES_ON),
            Vec::<String>::new(),
            "{step}"
        );
    }
    // Nothing says that the error is no `String`.
    let alone =
        "impl Article { #[step] async fn buy(&self) -> Result<u32> { Err(format!(\"no\")) } }";
    assert_eq!(errors(workflow("", alone)), Vec::<String>::new());
    let bails = "impl Article { #[step] async fn buy(&self) -> Result<u32> { if a { bail!(\"a\") } Err(format!(\"no\")) } }";
    assert!(!errors(workflow("", bails)).is_empty());
}

#[test]
fn other_errors_are_left_alone() {
    for step in [
        "Err(error)",
        "found.ok_or(error)",
        "found.ok_or_else(|| none(\"no\"))",
        "found.map(|_| \"no\")",
        "let a = found.ok_or(\"no\"); Ok(1)",
        "let a = found.ok_or(\"no\").unwrap_or_default(); Ok(1)",
        "ok_or(\"no\")",
        "Err(Error::new(\"no\", \"none\"))",
        "Err(text(\"no\"))",
        "let a: Result<u8, &str> = Err(\"no\"); Ok(1)",
        "let a = all.map(|a| { if a { return Err(\"no\"); } Ok(a) }); Ok(1)",
        "let a = async { Err(\"no\") }; Ok(1)",
        "fn a() -> Result<u8, &'static str> { Err(\"no\") } Ok(1)",
        "inner::Err(\"no\")",
        "Err(own!(\"no\"))",
    ] {
        assert_eq!(
            found("Result<u32>", step, CALLS),
            Vec::<String>::new(),
            "{step}"
        );
    }
    for output in ["Result<u32, String>", "anyhow::Result<u32>", "Option<u32>"] {
        let found = found(output, "return Err(\"no\");", CALLS);
        assert_eq!(found, Vec::<String>::new(), "{output}");
    }
}
