//! Flows whose error is not ours.

use super::{assert_holds, errors, tokens};

fn said(answer: &str, body: &str) -> (Vec<String>, proc_macro2::TokenStream) {
    let block = format!(
        "impl A {{ #[step] async fn a(&self) -> Result<T> {{ x }}
         #[flow] async fn run(flow: &Flow<Self>) -> {answer} {{ {body} }} }}"
    );
    let expansion = crate::entry::workflow(tokens(""), tokens(&block));
    (errors(expansion.clone()), expansion)
}

#[test]
fn no_error_of_a_call_turns_into_it() {
    for (answer, error) in [
        ("anyhow::Result<T>", "anyhow::Error"),
        ("Result<T, anyhow::Error>", "anyhow::Error"),
        ("Result<T, String>", "String"),
        ("std::result::Result<T, String>", "String"),
        ("Result<T, &'static str>", "&'static str"),
    ] {
        for body in [
            "let a = flow.a().await?; flow.a().await?; Ok(a)",
            "flow.a().await",
            "if x { flow.a().await } else { y }",
            "for one in all { flow.a().await?; } x",
        ] {
            let (found, expansion) = said(answer, body);
            let wanted = format!(
                "the error of a call does not turn into `{error}` by itself; write `agno::Result<T>`"
            );
            assert_eq!(found, [wanted], "{answer} {body}");
            assert_holds(&expansion, "loop {}");
        }
    }
}

#[test]
fn it_may_be_turned_by_hand() {
    for (answer, body) in [
        ("Result<T, String>", "flow.a().await.map_err(text)"),
        (
            "Result<T, String>",
            "let a = flow.a().await.map_err(text)?; Ok(a)",
        ),
        (
            "anyhow::Result<T>",
            "let a = flow.a().await.map_err(own)?; Ok(a)",
        ),
        ("Result<T, MyError>", "flow.a().await?; x"),
        ("mine::Result<T>", "flow.a().await?; x"),
        ("Result<T>", "flow.a().await?; x"),
        ("agno::Result<T>", "flow.a().await"),
        (
            "Result<T, Box<dyn Error + Send + Sync>>",
            "flow.a().await?; x",
        ),
        ("Result<String>", "flow.a().await"),
    ] {
        assert_eq!(
            said(answer, body).0,
            Vec::<String>::new(),
            "{answer} {body}"
        );
    }
}
