//! The loop of an agent: limits, tools that fail, confirmation, streams.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{
    Agent, AgentEvent, Message, Tool, ToolContext,
    agent::{ConfirmRequest, Decision, StreamItem},
    model::{ModelError, ModelRequest, Reply, Scripted, ToolChoice},
    prelude::*,
};
use futures_util::StreamExt;
use serde_json::json;

#[data]
struct Nothing {}

fn tool(name: &str, answer: Result<&'static str, &'static str>) -> Tool {
    Tool::new(
        name,
        "A tool.",
        move |_: Nothing, _: ToolContext| async move {
            answer.map_err(|problem| Error::new("broken", problem))
        },
    )
}

fn answers(request: &ModelRequest) -> Vec<(String, bool)> {
    let tools = request.messages.iter().filter_map(|message| match message {
        Message::Tool { text, is_error, .. } => Some((text.clone(), *is_error)),
        _ => None,
    });
    tools.collect()
}

#[tokio::test]
async fn what_tools_say_reaches_the_model_in_the_order_of_the_calls() {
    let slow = Tool::new("slow", "Slow.", |_: Nothing, _: ToolContext| async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok::<_, Error>("slow")
    });
    let model = Scripted::new([
        Reply::tools([
            ("slow", json!({})),
            ("bad", json!({})),
            ("missing", json!({})),
            ("good", json!({ "unasked": 1 })),
        ]),
        Reply::text("done"),
    ]);
    let agent = Agent::builder("A")
        .model(model.clone())
        .tools([slow, tool("bad", Err("no luck")), tool("good", Ok("fine"))])
        .build()
        .expect("fits");
    let reply = agent.run("go").reply().await.expect("answers");
    assert_eq!(reply.output, "done");
    assert_eq!(reply.turns, 2);
    let said = answers(&model.requests()[1]);
    assert_eq!(said[0], ("slow".to_owned(), false));
    assert_eq!(said[1], ("Error: no luck".to_owned(), true));
    assert!(
        said[2].0.contains("no tool `missing`") && said[2].0.contains("good"),
        "{said:?}"
    );
    assert_eq!(said[3].0, "fine");
    let names: Vec<&str> = reply
        .tools
        .iter()
        .map(|tool| tool.call.name.as_str())
        .collect();
    assert_eq!(names, ["slow", "bad", "missing", "good"]);
}

#[tokio::test]
async fn calls_of_one_turn_overlap_up_to_the_limit() {
    let now = Arc::new(AtomicU32::new(0));
    let most = Arc::new(AtomicU32::new(0));
    let busy = {
        let (now, most) = (now.clone(), most.clone());
        Tool::new("busy", "Busy.", move |_: Nothing, _: ToolContext| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, Error>(())
            }
        })
    };
    let calls = vec![("busy", json!({})); 9];
    let model = Scripted::new([Reply::tools(calls), Reply::text("done")]);
    let agent = Agent::builder("A")
        .model(model)
        .tool(busy)
        .parallel_tools(3)
        .build()
        .expect("fits");
    agent.run("go").await.expect("answers");
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_limit_of_tool_calls_makes_it_answer() {
    let model = Scripted::answering(|request: &ModelRequest, _| match request.tool_choice {
        ToolChoice::None => Reply::text("that is all"),
        _ => Reply::tools(vec![("ping", json!({})); 2]),
    });
    let agent = Agent::builder("A")
        .model(model.clone())
        .tool(tool("ping", Ok("pong")))
        .tool_call_limit(3)
        .build()
        .expect("fits");
    let reply = agent.run("go").reply().await.expect("answers");
    assert_eq!(reply.output, "that is all");
    let said = answers(&model.requests()[2]);
    assert_eq!(said.iter().filter(|(text, _)| text == "pong").count(), 3);
    assert!(said[3].0.contains("limit of 3"), "{said:?}");
}

#[tokio::test]
async fn a_model_that_never_answers_is_stopped() {
    let model = Scripted::answering(|_: &ModelRequest, _| Reply::tool("ping", json!({})));
    let agent = Agent::builder("A")
        .model(model)
        .tool(tool("ping", Ok("pong")))
        .max_turns(4)
        .build()
        .expect("fits");
    let error = agent.run("go").await.expect_err("no answer");
    assert_eq!(error.code(), "agent_turns");
}

#[tokio::test]
async fn who_must_call_a_tool_is_free_after_it() {
    let model = Scripted::new([Reply::tool("ping", json!({})), Reply::text("done")]);
    let agent = Agent::builder("A")
        .model(model.clone())
        .tool(tool("ping", Ok("pong")))
        .tool_choice(ToolChoice::Required)
        .build()
        .expect("fits");
    agent.run("go").await.expect("answers");
    let choices: Vec<_> = model
        .requests()
        .iter()
        .map(|r| r.tool_choice.clone())
        .collect();
    assert_eq!(choices, [ToolChoice::Required, ToolChoice::Auto]);
}

#[tokio::test]
async fn a_tool_that_wants_a_person_is_not_called_without_one() {
    let called = Arc::new(AtomicU32::new(0));
    let asked: Arc<Mutex<Vec<ConfirmRequest>>> = Arc::default();
    let pay = {
        let called = called.clone();
        Tool::new("pay", "Pays.", move |_: Nothing, _: ToolContext| {
            called.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, Error>("paid") }
        })
        .confirm("Pay the bill?")
    };
    let model = || Scripted::new([Reply::tool("pay", json!({})), Reply::text("done")]);
    let alone = Agent::builder("A")
        .model(model())
        .tool(pay.clone())
        .build()
        .expect("fits");
    let error = alone.run("go").await.expect_err("nobody to ask");
    assert_eq!(error.code(), "confirmation_required");

    let asking = asked.clone();
    let says = model();
    let agent = Agent::builder("A")
        .model(says.clone())
        .tool(pay.clone())
        .confirm(move |request: &ConfirmRequest| {
            asking.lock().expect("no panic").push(request.clone());
            Decision::Reject {
                reason: "too much".to_owned(),
            }
        })
        .build()
        .expect("fits");
    agent.run("go").await.expect("answers");
    assert!(answers(&says.requests()[1])[0].0.contains("too much"));
    assert_eq!(asked.lock().expect("no panic")[0].question, "Pay the bill?");
    assert_eq!(called.load(Ordering::SeqCst), 0);

    let agent = Agent::builder("A")
        .model(model())
        .tool(pay)
        .confirm(|_: &ConfirmRequest| Decision::Approve)
        .build()
        .expect("fits");
    agent.run("go").await.expect("answers");
    assert_eq!(called.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stream_tells_the_pieces_and_ends_with_the_reply() {
    let model = Scripted::new([Reply::tool("ping", json!({})), Reply::text("one two three")]);
    let agent = Agent::builder("A")
        .model(model)
        .tool(tool("ping", Ok("pong")))
        .build()
        .expect("fits");
    let mut stream = agent.run("go").stream();
    let (mut text, mut last) = (String::new(), None);
    while let Some(item) = stream.next().await {
        assert!(last.is_none(), "the reply is last");
        match item.expect("no error") {
            StreamItem::Event {
                event: AgentEvent::Content { text: piece },
                ..
            } => text.push_str(&piece),
            StreamItem::Reply(reply) => last = Some(reply),
            _ => {}
        }
    }
    assert_eq!(text, "one two three");
    assert_eq!(last.expect("a reply").output, "one two three");
}

#[tokio::test]
async fn a_model_s_error_keeps_its_code_and_is_not_repeated_by_the_step() {
    let model = Scripted::new([Reply::error(ModelError::Refused {
        model: "m".to_owned(),
        text: "no".to_owned(),
    })]);
    let agent = Agent::builder("A").model(model).build().expect("fits");
    let error = agent.run("go").await.expect_err("refused");
    assert_eq!(error.code(), "model_refused");
    assert!(!error.is_retryable());
    assert!(matches!(
        error.downcast_ref::<ModelError>(),
        Some(ModelError::Refused { .. })
    ));
}

#[tokio::test]
async fn agents_that_do_not_fit_together_are_refused_when_they_are_built() {
    let build = |tools: Vec<Tool>| {
        Agent::builder("A")
            .model(Scripted::new(["x"]))
            .tools(tools)
            .build()
    };
    let twice = build(vec![tool("a", Ok("")), tool("a", Ok(""))]).expect_err("two of one name");
    assert!(
        twice.message().contains("two tools are called `a`"),
        "{twice}"
    );
    let named = build(vec![tool("has space", Ok(""))]).expect_err("no name");
    assert!(named.message().contains("`has space`"), "{named}");
    let nameless = Agent::builder(" ")
        .model(Scripted::new(["x"]))
        .build()
        .expect_err("no name");
    assert_eq!(nameless.code(), "agent_invalid");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_and_says_so() {
    let flood = Tool::new("flood", "Floods.", |_: Nothing, _: ToolContext| async {
        Ok::<_, Error>("ä".repeat(2_000_000))
    });
    let model = Scripted::new([Reply::tool("flood", json!({})), Reply::text("done")]);
    let agent = Agent::builder("A")
        .model(model.clone())
        .tool(flood)
        .build()
        .expect("fits");
    agent.run("go").await.expect("answers");
    let said = answers(&model.requests()[1]);
    assert!(said[0].0.len() < 1_100_000, "{}", said[0].0.len());
    assert!(said[0].0.ends_with("the whole answer has 4000000 bytes)"));
}
