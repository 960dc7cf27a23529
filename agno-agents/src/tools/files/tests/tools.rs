//! The tools that a model is given.

use agno_core::Error;

use super::folder;
use crate::ToolContext;

#[tokio::test]
async fn a_model_uses_them() {
    let (_folder, files) = folder();
    let tools = files.tools();
    let call = async |name: &str, arguments: &str| -> Result<String, Error> {
        let tool = tools.iter().find(|tool| tool.name() == name).expect(name);
        let called = tool.call(arguments, ToolContext::for_test(), None).await;
        called.map(|answer| answer.text)
    };
    let written = call("write_file", r#"{"path": "x", "content": "A ferry."}"#).await;
    assert_eq!(written.expect("written"), "written");
    assert_eq!(
        call("read_file", r#"{"path": "x"}"#).await.expect("text"),
        "A ferry."
    );
    let found = call("search_files", r#"{"text": "a ferry"}"#)
        .await
        .expect("found");
    assert_eq!(found, r#"[{"line":1,"path":"x","text":"A ferry."}]"#);
    assert!(
        call("list_files", "{}")
            .await
            .expect("entries")
            .contains(r#""name":"x""#)
    );
    let error = call("read_file", r#"{"path": "../secret"}"#)
        .await
        .expect_err("refused");
    assert!(error.message().contains("it goes up by `..`"), "{error}");
}
