//! Typed output: by a schema that a server is held to, and by one that a server ignores.

use std::sync::{Arc, Mutex};

use agno::{Agent, AgentEvent, Capabilities, Error, agent::Reply, data, model::OpenAi};

use super::server::Server;

/// A walk through the town.
#[data]
#[derive(PartialEq)]
struct Walk {
    /// What it is called.
    title: String,
    /// Where to stop.
    stops: Vec<Stop>,
}

#[data]
#[derive(PartialEq)]
struct Stop {
    /// Where.
    place: String,
    /// For how long.
    minutes: u32,
}

fn guide(server: &Server) -> Agent<Walk> {
    let model = OpenAi::builder("m")
        .base_url(server.url("/v1"))
        // The adapter expects little of a server that it does not know.
        .capabilities(Capabilities {
            strict_schema: true,
            json_object: true,
            ..Capabilities::default()
        });
    Agent::builder("Guide")
        .model(model.build().expect("fits"))
        .output::<Walk>()
        .build()
        .expect("fits")
}

/// The reply, the number of its turns, and what had to be repaired.
async fn asked(
    guide: &Agent<Walk>,
    question: &str,
) -> (Result<Reply<Walk>, Error>, usize, Vec<String>) {
    let told: Arc<Mutex<Vec<AgentEvent>>> = Arc::default();
    let telling = told.clone();
    let run = guide.run(question).listen(move |_, event: &AgentEvent| {
        telling.lock().expect("no panic").push(event.clone());
    });
    let reply = run.reply().await;
    let told = told.lock().expect("no panic");
    let turns = told
        .iter()
        .filter(|it| matches!(it, AgentEvent::Turn { .. }));
    let repairs = told.iter().filter_map(|it| match it {
        AgentEvent::Repair { problem } => Some(problem.clone()),
        _ => None,
    });
    (reply, turns.count(), repairs.collect())
}

fn walk(title: &str, place: &str, minutes: u32) -> Walk {
    let place = place.to_owned();
    Walk {
        title: title.to_owned(),
        stops: vec![Stop { place, minutes }],
    }
}

#[tokio::test]
async fn a_schema_goes_to_the_server_and_a_value_comes_back() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let (reply, turns, repairs) = asked(&guide(&server), "Plan a walk").await;
    let reply = reply.expect("answers");
    assert_eq!(reply.output, walk("Along the river", "bridge", 15));
    assert_eq!((turns, repairs.len()), (1, 0));
    let journal = server.journal();
    let format = &journal[0].0["body"]["response_format"];
    assert_eq!(format["type"], "json_schema");
    let schema = &format["json_schema"];
    assert_eq!(schema["strict"], true, "{format}");
    assert_eq!(schema["schema"]["additionalProperties"], false, "{format}");
}

#[tokio::test]
async fn a_wrong_value_is_repaired_once() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let (reply, turns, repairs) = asked(&guide(&server), "Plan a short walk").await;
    let reply = reply.expect("answers");
    assert_eq!(reply.output, walk("Around the house", "door", 2));
    assert_eq!(turns, 2);
    assert!(
        matches!(&repairs[..], [problem] if problem.contains("stops[0].minutes")),
        "{repairs:?}"
    );
}

#[tokio::test]
async fn a_value_that_stays_wrong_is_an_error_with_its_path() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let (reply, turns, repairs) = asked(&guide(&server), "Plan a long walk").await;
    let error = reply.expect_err("a place is a text");
    assert_eq!(error.code(), "output_mismatch", "{error}");
    assert!(error.message().contains("stops[0].place"), "{error}");
    assert!(error.message().contains("after 1 repair"), "{error}");
    assert_eq!((turns, repairs.len()), (2, 1));
    assert_eq!(server.journal().len(), 2);
}

#[tokio::test]
async fn a_server_that_ignores_the_schema_is_asked_once_more_and_then_named() {
    let Some(server) = Server::vidaimock() else {
        return;
    };
    // Whatever it is asked for by a schema, it answers {"x":1}.
    let error = guide(&server).run("Plan a walk").await;
    let error = error.expect_err("that is no walk");
    assert_eq!(error.code(), "output_mismatch", "{error}");
    assert!(error.message().contains("after 1 repair"), "{error}");
    // In pieces it forgets to escape the quotes.
    let (reply, turns, _) = asked(&guide(&server), "Plan a walk").await;
    let error = reply.expect_err("that is no JSON");
    assert_eq!(error.code(), "model_malformed", "{error}");
    assert_eq!(turns, 0);
}
