//! What a scripted server does wrong: it is busy, it is cut off, it writes too long an answer.

use std::time::{Duration, Instant};

use agno::{
    Agent, ModelError,
    model::{Anthropic, OpenAi},
    prelude::*,
};

use super::{loops::streamed, server::Server};

fn agent(server: &Server) -> Agent {
    let model = OpenAi::builder("m")
        .base_url(server.url("/v1"))
        .max_attempts(3);
    let model = model.build().expect("fits");
    Agent::builder("A").model(model).build().expect("fits")
}

fn statuses(server: &Server) -> Vec<u64> {
    let journal = server.journal();
    let statuses = journal.iter().map(|it| &it.0["response"]["status"]);
    statuses.filter_map(serde_json::Value::as_u64).collect()
}

fn model_error(error: &Error) -> &ModelError {
    error.downcast_ref().expect("an error of the model")
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let begun = Instant::now();
    let reply = agent(&server).run("Wait for me").reply().await;
    assert_eq!(reply.expect("answers").output, "Now there is time.");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{begun:?}");
    assert_eq!(statuses(&server), [429, 200]);
}

#[tokio::test]
async fn nobody_waits_for_a_day() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let error = agent(&server).run("Wait for a day").await;
    let error = error.expect_err("it is busy");
    assert_eq!(error.code(), "model_rate_limited");
    let day = Duration::from_secs(86_400);
    assert!(
        matches!(model_error(&error), ModelError::RateLimited { retry_after: Some(wait), attempts: 1, .. } if *wait == day),
        "{error:?}"
    );
    assert_eq!(statuses(&server), [429]);
}

#[tokio::test]
async fn a_cut_stream_is_never_a_short_answer() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let anthropic = Anthropic::builder("claude-sonnet-5").base_url(server.url(""));
    let anthropic = anthropic.max_attempts(3).build().expect("fits");
    let responses = OpenAi::builder("m").base_url(server.url("/v1")).responses();
    let responses = responses.max_attempts(3).build().expect("fits");
    let built = |agent: agno::AgentBuilder| agent.build().expect("fits");
    let agents = [
        agent(&server),
        built(Agent::builder("A").model(anthropic)),
        built(Agent::builder("A").model(responses)),
    ];
    for (number, agent) in agents.iter().enumerate() {
        let (reply, _, resets) = streamed(agent, "Never to the end").await;
        let error = reply.expect_err("it is cut off each time");
        assert_eq!(error.code(), "model_truncated", "{number}: {error}");
        assert!(
            matches!(
                model_error(&error),
                ModelError::Truncated { attempts: 3, .. }
            ),
            "{number}: {error:?}"
        );
        // What was heard is taken back before each repetition. Over chat completions the cut comes
        // within the text, elsewhere it may come ahead of it.
        let heard = if number == 0 { 2..=2 } else { 0..=2 };
        assert!(heard.contains(&resets), "{number}: {resets} resets");
        assert_eq!(statuses(&server).len(), 3 * (number + 1));
    }
}

#[tokio::test]
async fn what_came_of_a_cut_stream_is_taken_back() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let (reply, text, resets) = streamed(&agent(&server), "To the end at last").await;
    let whole = "Once upon a time there was a long story. The end.";
    assert_eq!(reply.expect("the second is whole").output, whole);
    assert_eq!(text, whole, "nothing is heard twice");
    assert_eq!(resets, 1);
    assert_eq!(statuses(&server).len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_no_answer() {
    let Some(server) = Server::aimock() else {
        return;
    };
    for in_pieces in [false, true] {
        let agent = agent(&server);
        let reply = match in_pieces {
            true => streamed(&agent, "Too long").await.0,
            false => agent.run("Too long").reply().await,
        };
        assert_eq!(reply.expect_err("half").code(), "model_output_limit");
    }
    assert_eq!(statuses(&server).len(), 2, "asked once each");
}
