//! Messages that are wrong, odd, too many or too long.

#[cfg(target_os = "linux")]
use std::fs;
use std::time::{Duration, Instant};

use agno_agents::tools::mcp::Mcp;

use super::{
    calling::{refused, text},
    hostile::Hostile,
};

#[tokio::test]
async fn a_server_that_does_not_speak_is_a_typed_error_in_time() {
    for (mode, code) in [
        ("silent", "mcp_timeout"),
        ("garbage", "mcp_handshake"),
        ("exits", "mcp_handshake"),
        ("pages", "mcp_malformed"),
        ("many", "mcp_malformed"),
        ("hangs", "mcp_timeout"),
        ("dies", "mcp_died"),
    ] {
        let hostile = Hostile::new();
        let begun = Instant::now();
        let mcp = hostile.mcp(mode).connect_timeout(Duration::from_secs(3));
        let error = mcp.connect().await.expect_err(mode);
        assert_eq!(error.code(), code, "{mode}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{mode}");
        hostile.gone(Duration::from_secs(5));
    }
    let missing = Mcp::stdio("/no/such/program", ["--key=sk-1"])
        .connect()
        .await;
    let error = missing.expect_err("no such program");
    assert_eq!(error.code(), "mcp_start");
    assert!(!error.to_string().contains("sk-1"), "{error}");
}

#[tokio::test]
async fn garbage_between_answers_is_passed_over_and_refusals_are_clean() {
    let hostile = Hostile::new();
    let server = hostile.start("noisy").await;
    assert_eq!(text(&server, "garbage").await, "after the garbage");
    let error = refused(&server, "refuses").await;
    assert_eq!(error.code(), "mcp_refused");
    assert!(error.message().contains("no[31m way (-32000)"), "{error}");
    let error = refused(&server, "wrong").await;
    assert!(
        ["mcp_malformed", "mcp_timeout"].contains(&error.code()),
        "{error}"
    );
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
    hostile.gone(Duration::from_secs(1));
}

#[tokio::test]
async fn a_storm_of_notifications_is_passed_over() {
    let hostile = Hostile::new();
    let server = hostile.start("").await;
    assert_eq!(text(&server, "storm").await, "after the storm");
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
    hostile.gone(Duration::from_secs(5));
}

/// The memory that this process holds, in megabytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .expect("its size")
        .trim()
        .parse::<usize>()
        .expect("a number")
        / 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn questions_without_end_fill_no_memory() {
    let hostile = Hostile::new();
    let mcp = hostile.mcp("").call_timeout(Duration::from_secs(4));
    let server = mcp.connect().await.expect("a server");
    let before = memory();
    let error = refused(&server, "asks").await;
    assert!(
        ["mcp_timeout", "mcp_died"].contains(&error.code()),
        "{error}"
    );
    let grown = memory().saturating_sub(before);
    assert!(grown < 200, "{grown} MB more");
    server.close().await;
    hostile.gone(Duration::from_secs(5));
}

#[tokio::test]
async fn schemas_that_lead_to_themselves_are_taken_as_they_are() {
    let hostile = Hostile::new();
    let server = hostile.start("cyclic").await;
    for tool in server.tools() {
        let shown = format!("{} {}", tool.name(), tool.spec().parameters);
        assert!((1..=64).contains(&tool.name().len()), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown}");
        assert!(!tool.name().contains(['.', '/']), "{shown}");
    }
    assert_eq!(server.tools().len(), 2);
    server.close().await;
}

#[tokio::test]
async fn a_message_without_end_ends_the_server_and_not_the_program() {
    for name in ["giant", "endless"] {
        let hostile = Hostile::new();
        let server = hostile.start("plain").await;
        let error = refused(&server, name).await;
        assert_eq!(error.code(), "mcp_died", "{name}: {error}");
        assert!(error.message().contains("bytes in one message"), "{error}");
        // The next call starts it again.
        assert_eq!(text(&server, "echo").await, "start 2");
        assert_eq!(hostile.starts().len(), 2);
        server.close().await;
        hostile.gone(Duration::from_secs(1));
    }
}
