//! Keys in addresses, headers, arguments and variables.

use agno_agents::tools::mcp::Mcp;

#[tokio::test]
async fn nothing_secret_is_shown() {
    let mcp = Mcp::http("http://user:pass-1@127.0.0.1:9/sk-0/mcp?key=sk-1")
        .header("authorization", "Bearer sk-2")
        .header("x-api-key", "sk-3");
    let shown = format!("{mcp:?}");
    let error = mcp.connect().await.expect_err("nobody listens");
    let stdio = Mcp::stdio("program", ["--key", "sk-4"]).env("KEY", "sk-5");
    let shown = format!("{shown} {error} {error:?} {stdio:?}");
    assert!(
        !shown.contains("sk-") && !shown.contains("pass-1"),
        "{shown}"
    );
    assert!(shown.contains("http://127.0.0.1:9"), "{shown}");
    let odd = Mcp::http("ftp://host/mcp")
        .connect()
        .await
        .expect_err("no HTTP");
    assert_eq!(odd.code(), "mcp_settings");
    let odd = Mcp::http("http://h/").header("a\n", "sk-6").connect().await;
    let odd = odd.expect_err("no header");
    assert!(odd.code() == "mcp_settings" && !odd.to_string().contains("sk-6"));
}
