//! Servers that die, are started again, are closed or dropped.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    calling::{call, refused, text, tool},
    hostile::{Hostile, living},
};

#[tokio::test]
async fn a_call_that_never_answers_is_given_up() {
    let hostile = Hostile::new();
    let server = hostile.mcp("plain").call_timeout(Duration::from_secs(1));
    let server = server.connect().await.expect("connect");
    let error = refused(&server, "silent").await;
    assert_eq!(error.code(), "mcp_timeout");
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_once_per_call() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    // It does no harm twice, so the call is made again.
    assert_eq!(text(&server, "dies_once").await, "start 2");
    // This one may have taken effect, so it is not.
    let error = refused(&server, "dies").await;
    assert_eq!(error.code(), "mcp_died");
    assert!(error.message().contains("may have taken effect"), "{error}");
    assert_eq!(hostile.starts().len(), 2);
    assert_eq!(text(&server, "echo").await, "start 3");
    server.close().await;
    hostile.gone(Duration::from_secs(1));
}

#[tokio::test]
async fn a_tool_that_is_gone_after_a_restart_is_named() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    let gone = tool(&server, "garbage");
    refused(&server, "dies").await;
    let error = call(&gone, json!({})).await.expect_err("it is gone");
    assert_eq!(error.code(), "mcp_no_tool");
    assert!(
        error.message().contains("`garbage`") && error.message().contains("echo"),
        "{error}"
    );
    let names: Vec<_> = server.tools().iter().map(|t| t.name().to_owned()).collect();
    assert!(!names.contains(&"garbage".to_owned()), "{names:?}");
    server.close().await;
}

#[tokio::test]
async fn calls_at_a_time_share_one_restart() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    refused(&server, "dies").await;
    let echo = tool(&server, "echo");
    let calls = (0..8).map(|_| call(&echo, json!({})));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.expect("an answer").text, "start 2");
    }
    assert_eq!(hostile.starts().len(), 2);
    server.close().await;
}

#[tokio::test]
async fn a_call_notices_the_end_though_another_process_holds_the_pipes() {
    let hostile = Hostile::new();
    let server = hostile.start("orphan").await;
    let begun = Instant::now();
    let error = refused(&server, "dies").await;
    assert_eq!(error.code(), "mcp_died", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(server);
    hostile.gone(Duration::from_secs(2));
}

#[tokio::test]
async fn closing_takes_bounded_time_and_leaves_nobody() {
    let hostile = Hostile::new();
    let server = hostile.start("stubborn").await;
    assert_eq!(
        living(hostile.starts()[0]).len(),
        2,
        "it and what it started"
    );
    let echo = tool(&server, "echo");
    let begun = Instant::now();
    server.close().await;
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
    hostile.gone(Duration::from_secs(1));
    let error = call(&echo, json!({})).await.expect_err("closed");
    assert_eq!(error.code(), "mcp_closed");
    server.close().await;
    assert_eq!(hostile.starts().len(), 1);
}

#[tokio::test]
async fn dropping_the_last_of_it_leaves_nobody() {
    let hostile = Hostile::new();
    let server = hostile.start("stubborn").await;
    let echo = tool(&server, "echo");
    drop(server);
    assert_eq!(
        call(&echo, json!({})).await.expect("a tool keeps it").text,
        "start 1"
    );
    drop(echo);
    hostile.gone(Duration::from_secs(1));
}

#[test]
fn dropping_it_after_its_runtime_leaves_nobody() {
    for server_first in [true, false] {
        let hostile = Hostile::new();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = runtime.block_on(hostile.start("stubborn"));
        assert!(!living(hostile.starts()[0]).is_empty());
        if server_first {
            drop(server);
            runtime.shutdown_background();
        } else {
            // The trap: nobody is left to poll a task that would kill it.
            runtime.shutdown_background();
            drop(server);
        }
        hostile.gone(Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_connection_given_up_half_way_leaves_nobody() {
    let hostile = Hostile::new();
    let connecting = hostile.mcp("silent").connect();
    let given_up = tokio::time::timeout(Duration::from_secs(1), connecting).await;
    assert!(given_up.is_err());
    hostile.gone(Duration::from_secs(1));
}
