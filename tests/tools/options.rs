//! Options of a tool.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::prelude::*;

use super::handbook::{answer, search_handbook};

/// Counts its calls.
#[tool(cache(ttl = "1h"))]
async fn count(
    /// Which.
    counter: String,
    context: &ToolContext,
) -> Result<u32> {
    let calls = context.dependency::<Arc<AtomicU32>>();
    let calls = calls.map_or(0, |calls| calls.fetch_add(1, Ordering::Relaxed));
    ensure!(counter != "broken", "broken");
    Ok(calls)
}

#[tokio::test]
async fn an_answer_is_used_again_for_the_same_arguments() {
    let calls = Arc::new(AtomicU32::new(0));
    let context = ToolContext::for_test().with(calls.clone());
    let tool = count::tool();
    for (arguments, text) in [
        (r#"{"counter": "a"}"#, "0"),
        (r#"{ "counter" : "a" }"#, "0"),
        (r#"{"counter": "b"}"#, "1"),
        (r#"{"counter": "a"}"#, "0"),
    ] {
        let answer = tool.call(arguments, context.clone(), None).await;
        assert_eq!(answer.expect("an answer").text, text);
    }
    for _ in 0..2 {
        let broken = tool.call(r#"{"counter": "broken"}"#, context.clone(), None);
        broken.await.expect_err("an error is not used again");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}

/// Sends a letter.
#[tool(
    name = "send-letter",
    timeout = "2m",
    idempotent = false,
    confirm = "Send it?",
    allow_identity
)]
async fn send(
    /// To whom.
    user_id: String,
) -> String {
    user_id
}

#[tokio::test]
async fn every_option_reaches_the_tool() {
    let tool = send::tool();
    assert_eq!(tool.name(), "send-letter");
    let options = tool.options();
    assert_eq!(options.timeout, Some(Duration::from_secs(120)));
    assert!(!options.idempotent);
    assert_eq!(options.confirm.as_deref(), Some("Send it?"));
    assert_eq!(options.cache, None);
    assert_eq!(answer(&tool, r#"{"user_id": "a \"b\""}"#).await, "a \"b\"");

    let plain = search_handbook::tool();
    assert_eq!(*plain.options(), agno::tool::ToolOptions::default());
    let cached = count::tool();
    assert_eq!(cached.options().cache, Some(Duration::from_secs(3600)));
}
