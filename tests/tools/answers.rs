//! Answers and errors, and calls that end without either.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::prelude::*;
use serde_json::json;

use super::handbook::{answer, error, search_handbook};

#[tokio::test]
async fn an_error_is_told_to_the_model() {
    let tool = search_handbook::tool();
    let error = error(&tool, r#"{"query": "nothing", "sections": []}"#).await;
    assert!(error.to_string().contains("nothing was found"), "{error}");

    /// Refuses.
    #[tool]
    async fn refuse() -> Result<String> {
        Err(Error::new("not_allowed", "ask somebody else"))
    }
    let error = self::error(&refuse::tool(), "").await;
    assert_eq!(error.code(), "not_allowed");
}

/// Fails in every way.
#[tool(timeout = "50ms")]
async fn fail(
    /// How: `late`, `panic` or `error`.
    how: String,
) -> Result<(), std::io::Error> {
    match how.as_str() {
        "late" => std::future::pending().await,
        "panic" => panic!("oh no"),
        _ => Err(std::io::Error::other("the disk is full")),
    }
}

/// Fails on the pool.
#[tool]
fn fail_blocking(
    /// Whether to panic.
    panic: bool,
) -> Result<u8, String> {
    assert!(!panic, "oh no");
    Err("the disk is full".to_owned())
}

#[tokio::test(start_paused = true)]
async fn time_and_panics_are_errors() {
    let tool = fail::tool();
    assert_eq!(tool.options().timeout, Some(Duration::from_millis(50)));
    let late = error(&tool, r#"{"how": "late"}"#).await;
    assert_eq!(late.code(), "tool_timeout");
    let panic = error(&tool, r#"{"how": "panic"}"#).await;
    assert_eq!(panic.code(), "tool_panic");
    assert!(panic.to_string().contains("oh no"), "{panic}");
    let full = error(&tool, r#"{"how": "error"}"#).await;
    assert_eq!(full.code(), "tool_failed");
    assert!(full.downcast_ref::<std::io::Error>().is_some());
}

#[tokio::test]
async fn a_panic_on_the_pool_is_an_error() {
    let tool = fail_blocking::tool();
    let panic = error(&tool, r#"{"panic": true}"#).await;
    assert_eq!(panic.code(), "tool_panic");
    assert!(panic.to_string().contains("oh no"), "{panic}");
    let full = error(&tool, r#"{"panic": false}"#).await;
    assert_eq!(full.code(), "tool_failed");
    assert!(full.to_string().contains("the disk is full"), "{full}");
}

type Hidden = std::result::Result<String, Error>;

/// Returns a result under another name.
#[tool]
async fn hidden(
    /// Whether it works.
    works: bool,
) -> Hidden {
    ensure!(works, "it does not work");
    Ok("it works".to_owned())
}

#[tokio::test]
async fn an_alias_hides_no_error() {
    let tool = hidden::tool();
    assert_eq!(answer(&tool, r#"{"works": true}"#).await, "it works");
    let error = error(&tool, r#"{"works": false}"#).await;
    assert!(error.to_string().contains("does not work"), "{error}");
}

/// Draws.
#[tool]
async fn draw() -> agno::tool::ToolAnswer {
    agno::tool::ToolAnswer {
        text: "a circle".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_answer_of_its_own_is_taken_as_it_is() {
    assert_eq!(answer(&draw::tool(), "").await, "a circle");
    assert_eq!(
        draw::tool().spec().parameters,
        json!({ "type": "object", "properties": {} })
    );
}

#[tokio::test]
async fn dropping_a_call_drops_the_function() {
    struct Guard(Arc<AtomicU32>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Never answers.
    #[tool]
    async fn wait(context: &ToolContext) {
        let dropped = context.dependency::<Arc<AtomicU32>>().cloned();
        let _guard = Guard(dropped.unwrap_or_default());
        std::future::pending::<()>().await;
    }

    let dropped = Arc::new(AtomicU32::new(0));
    let context = ToolContext::for_test().with(dropped.clone());
    let tool = wait::tool();
    let call = tool.call("", context, None);
    tokio::time::timeout(Duration::from_millis(20), call)
        .await
        .expect_err("it waits");
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}
