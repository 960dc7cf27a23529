//! What an agent remembers of earlier runs and questions.

use agno::{
    Agent, Message,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};

use super::kit;

fn said(request: &ModelRequest) -> Vec<String> {
    let texts = request.messages.iter().filter_map(|message| match message {
        Message::User { text, .. } => Some(format!("user: {text}")),
        Message::Assistant(answer) => Some(format!("agent: {}", answer.text)),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_chat_remembers_what_was_said() {
    let model = Scripted::new(["one", "two", "three"]);
    let agent = Agent::builder("A")
        .model(model.clone())
        .build()
        .expect("fits");
    let mut chat = agent.chat().remember(1);
    for question in ["a?", "b?", "c?"] {
        chat.send(question).await.expect("answers");
    }
    assert_eq!(
        said(&model.requests()[1]),
        ["user: a?", "agent: one", "user: b?"]
    );
    assert_eq!(
        said(&model.requests()[2]),
        ["user: b?", "agent: two", "user: c?"]
    );
    assert_eq!(chat.messages().count(), 6);
}

#[workflow]
struct Talk {
    agent: Agent,
}

#[workflow]
impl Talk {
    #[step]
    async fn answer(&self, question: String, context: &StepContext) -> Result<String> {
        self.agent.run(question).context(context).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, question: String) -> Result<String> {
        flow.answer(question).await
    }
}

#[tokio::test]
async fn a_step_remembers_the_last_runs_of_its_session() {
    let model = Scripted::answering(|request: &ModelRequest, _| {
        Reply::text(format!("answer {}", said(request).len()))
    });
    let talk = Talk {
        agent: Agent::builder("A")
            .model(model.clone())
            .history(2)
            .build()
            .expect("fits"),
    };
    let runtime = kit::runtime(&kit::store(), talk).await;
    for (session, question) in [
        ("s", "1?"),
        ("s", "2?"),
        ("other", "x?"),
        ("s", "3?"),
        ("s", "4?"),
    ] {
        let run = runtime
            .start::<Talk>(question.to_owned())
            .session(session)
            .await
            .expect("starts");
        run.await.expect("completes");
    }
    let requests = model.requests();
    assert_eq!(said(&requests[0]), ["user: 1?"]);
    assert_eq!(said(&requests[2]), ["user: x?"], "sessions are apart");
    assert_eq!(
        said(&requests[4]),
        [
            "user: 2?",
            "agent: answer 3",
            "user: 3?",
            "agent: answer 5",
            "user: 4?"
        ]
    );
}
