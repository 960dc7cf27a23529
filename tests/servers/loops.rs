//! A loop of five turns with tools, over every interface and in both forms.

use std::sync::{Arc, Mutex};

use agno::{
    Agent, AgentEvent, Model, Tool, ToolContext,
    agent::{Reply, StreamItem},
    model::{Anthropic, OpenAi},
    prelude::*,
};
use futures_util::StreamExt;

use super::server::Server;

const ANSWER: &str = "Order 7 is reserved and paid: tea, cup and ribbon.";

/// What the tools were called with, in order.
type Called = Arc<Mutex<Vec<String>>>;

#[data]
struct Item {
    /// What to work on.
    item: String,
}

fn tool(name: &'static str, called: &Called) -> Tool {
    let called = called.clone();
    Tool::new(
        name,
        "Works on an item.",
        move |item: Item, _: ToolContext| {
            let called = called.clone();
            async move {
                called
                    .lock()
                    .expect("no panic")
                    .push(format!("{name} {}", item.item));
                Ok::<_, Error>(format!("{name} {}: done", item.item))
            }
        },
    )
}

/// The models, by the interface they speak.
fn models(server: &Server) -> [(&'static str, Arc<dyn Model>); 3] {
    let chat = OpenAi::builder("m").base_url(server.url("/v1"));
    let responses = OpenAi::builder("m").base_url(server.url("/v1")).responses();
    let anthropic = Anthropic::builder("claude-sonnet-5").base_url(server.url(""));
    [
        (
            "/v1/chat/completions",
            Arc::new(chat.build().expect("fits")),
        ),
        ("/v1/responses", Arc::new(responses.build().expect("fits"))),
        ("/v1/messages", Arc::new(anthropic.build().expect("fits"))),
    ]
}

/// The reply, and the text that came in pieces.
pub(crate) async fn streamed(agent: &Agent, question: &str) -> (Result<Reply>, String, u32) {
    let mut stream = agent.run(question).stream();
    let (mut text, mut resets, mut reply) = (String::new(), 0, None);
    while let Some(item) = stream.next().await {
        match item {
            Ok(StreamItem::Event { event, .. }) => match event {
                AgentEvent::Content { text: piece } => text.push_str(&piece),
                AgentEvent::Reset { .. } => {
                    resets += 1;
                    text.clear();
                }
                _ => {}
            },
            Ok(StreamItem::Reply(whole)) => reply = Some(Ok(*whole)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => reply = Some(Err(error)),
        }
    }
    (reply.expect("it ends"), text, resets)
}

#[tokio::test]
async fn five_turns_over_every_interface_streamed_and_at_one_go() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let mut seen = 0;
    for (path, model) in models(&server) {
        for in_pieces in [false, true] {
            let what = format!("{path}, in pieces: {in_pieces}");
            let called = Called::default();
            let agent = Agent::builder("Clerk")
                .instructions("Take the order.")
                .shared_model(model.clone())
                .tools([tool("reserve", &called), tool("charge", &called)])
                .build()
                .expect("fits");
            let reply = if in_pieces {
                let (reply, text, resets) = streamed(&agent, "Order 7").await;
                assert_eq!(
                    text,
                    format!("The tea is there. Now the cup.{ANSWER}"),
                    "{what}"
                );
                assert_eq!(resets, 0, "{what}");
                reply.unwrap_or_else(|error| panic!("{what}: {error}"))
            } else {
                let reply = agent.run("Order 7").reply().await;
                reply.unwrap_or_else(|error| panic!("{what}: {error}"))
            };
            assert_eq!(reply.output, ANSWER, "{what}");
            assert_eq!(reply.turns, 5, "{what}");
            let names: Vec<&str> = reply.tools.iter().map(|it| &*it.call.name).collect();
            let expected = ["reserve", "reserve", "charge", "charge", "reserve"];
            assert_eq!(names, expected, "{what}");
            assert!(reply.tools.iter().all(|it| !it.is_error), "{what}");
            assert_eq!(called.lock().expect("no panic").len(), 5, "{what}");
            let usage = &reply.usage;
            assert_eq!(
                (usage.requests, usage.input_tokens, usage.output_tokens),
                (5, 1_500, 150),
                "{what}"
            );

            let journal = server.journal().split_off(seen);
            seen += journal.len();
            let turns: Vec<usize> = journal.iter().map(|it| it.turn()).collect();
            assert_eq!(turns, [1, 2, 3, 4, 5], "{what}");
            for request in &journal {
                assert_eq!(request.0["path"], path);
                assert_eq!(request.streamed(), in_pieces, "{what}");
            }
            let last = journal.last().expect("five");
            let answers: Vec<&str> = last
                .messages("tool")
                .map(|it| it["content"].as_str().unwrap_or_default())
                .collect();
            let expected = [
                "reserve tea: done",
                "reserve cup: done",
                "charge tea: done",
                "charge cup: done",
                "reserve ribbon: done",
            ];
            assert_eq!(answers, expected, "{what}");
        }
    }
}

#[tokio::test]
async fn calls_of_one_turn_run_at_the_same_time_and_answer_in_order() {
    #[data]
    struct Place {
        /// Which town.
        town: String,
    }
    let Some(server) = Server::aimock() else {
        return;
    };
    for (path, model) in models(&server) {
        for in_pieces in [false, true] {
            // Each waits for the two others: one after the other they would wait for ever.
            let all_three = Arc::new(tokio::sync::Barrier::new(3));
            let weather = Tool::new(
                "weather",
                "Says how the weather is.",
                move |place: Place, _: ToolContext| {
                    let all_three = all_three.clone();
                    async move {
                        all_three.wait().await;
                        Ok::<_, Error>(place.town)
                    }
                },
            );
            let agent = Agent::builder("A")
                .shared_model(model.clone())
                .tool(weather.timeout(std::time::Duration::from_secs(10)))
                .build()
                .expect("fits");
            let reply = match in_pieces {
                true => streamed(&agent, "Compare three towns").await.0,
                false => agent.run("Compare three towns").reply().await,
            };
            let reply = reply.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(reply.output, "Oslo is the coldest.");
            let answers: Vec<&str> = reply.tools.iter().map(|it| &*it.answer).collect();
            assert_eq!(answers, ["Oslo", "Bern", "Lima"], "{path}");
            let journal = server.journal();
            let told = journal.last().expect("two").messages("tool");
            let told: Vec<_> = told.map(|it| it["tool_call_id"].clone()).collect();
            assert_eq!(told, ["oslo", "bern", "lima"], "{path}");
        }
    }
}
