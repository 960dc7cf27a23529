//! vidaimock: a server that follows no script, deviates from OpenAI's interface, and fails when it
//! is told to. Every answer is a value or a typed error.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{
    Agent, Tool, ToolContext,
    agent::Reply,
    model::{OpenAi, OpenAiBuilder},
    prelude::*,
};

use super::{loops::streamed, server::Server};

fn model(server: &Server) -> OpenAiBuilder {
    OpenAi::builder("gpt-4o")
        .base_url(server.url("/v1"))
        .max_attempts(2)
}

async fn ask(model: OpenAiBuilder, in_pieces: bool) -> Result<Reply> {
    let model = model.build().expect("fits");
    let agent = Agent::builder("A").model(model).build().expect("fits");
    match in_pieces {
        true => streamed(&agent, "Hello").await.0,
        false => agent.run("Hello").reply().await,
    }
}

#[tokio::test]
async fn it_answers() {
    let Some(server) = Server::vidaimock() else {
        return;
    };
    for in_pieces in [false, true] {
        let reply = ask(model(&server), in_pieces).await.expect("answers");
        assert!(!reply.output.trim().is_empty(), "{reply:?}");
        assert_eq!((reply.turns, reply.usage.requests), (1, 1));
    }
    let at_one_go = ask(model(&server), false).await.expect("answers");
    assert_eq!(at_one_go.usage.total_tokens(), 20);
}

#[tokio::test]
async fn tool_calls_without_an_index_and_with_the_wrong_reason_to_finish_are_calls() {
    #[data]
    struct Question {
        /// What to look for, if anything.
        query: Option<String>,
    }
    let Some(server) = Server::vidaimock() else {
        return;
    };
    for in_pieces in [false, true] {
        let looked = Arc::new(AtomicU32::new(0));
        let counting = looked.clone();
        let look = Tool::new(
            "lookup",
            "Looks something up.",
            move |_: Question, _: ToolContext| {
                counting.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, Error>("found") }
            },
        );
        let agent = Agent::builder("A")
            .model(model(&server).build().expect("fits"))
            .tool(look)
            .build()
            .expect("fits");
        let reply = match in_pieces {
            true => streamed(&agent, "Hello").await.0,
            false => agent.run("Hello").reply().await,
        };
        let reply = reply.expect("answers");
        assert_eq!(reply.turns, 2, "in pieces: {in_pieces}");
        assert_eq!(reply.tools[0].answer, "found");
        assert_eq!(looked.load(Ordering::SeqCst), 1, "in pieces: {in_pieces}");
        assert!(!reply.output.is_empty());
    }
}

#[tokio::test]
async fn every_fault_is_a_typed_error() {
    let Some(server) = Server::vidaimock() else {
        return;
    };
    for (header, value, at_one_go, in_pieces) in [
        (
            "X-Mock-Status",
            "429",
            "model_rate_limited",
            "model_rate_limited",
        ),
        ("X-Mock-Status", "503", "model_server", "model_server"),
        ("X-Mock-Status", "400", "model_rejected", "model_rejected"),
        ("X-Vidai-Chaos-Drop", "100", "model_server", "model_server"),
        (
            "X-Vidai-Chaos-Malformed",
            "100",
            "model_malformed",
            // A stream without an event in it.
            "model_truncated",
        ),
        // An answer at one go is not cut off by it.
        (
            "X-Vidai-Chaos-Disconnect",
            "100",
            "answers",
            "model_truncated",
        ),
        ("X-Vidai-Chaos-Trickle", "50", "answers", "answers"),
    ] {
        for (pieces, expected) in [(false, at_one_go), (true, in_pieces)] {
            let chaotic = model(&server).header(header, value);
            let limited = chaotic.deadline(Duration::from_secs(20));
            let came = match ask(limited, pieces).await {
                Ok(reply) if reply.output.contains("mock response") => "answers".to_owned(),
                Ok(reply) => format!("half an answer: {:?}", reply.output),
                Err(error) => error.code().to_owned(),
            };
            assert_eq!(came, expected, "{header}: {value}, in pieces: {pieces}");
        }
    }
}
