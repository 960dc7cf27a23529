//! An agent whose model and tools write orders to a terminal wherever they can, for the tests.

use std::{env, process::ExitCode, time::Duration};

use agno_agents::{
    Agent, Message, Tool, ToolContext,
    model::{Reply, Scripted},
};
use agno_core::{Definition, Error, Handle, Link, Step, Workflow, WorkflowInfo, codec, param};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What terminals obey, and what misleads their readers.
const ORDERS: &str = "\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\\
    \u{1b}]52;c;b3duZWQ=\u{7}\u{1b}P+q544e\u{1b}\\\u{1b}[2J\u{1b}[1;1H\u{1b}[31m\u{9b}2J\u{9d}0;x\u{9c}\
    \u{90}x\u{9c}\u{1b}c\u{8}\u{8}\u{7f}\u{202e}\u{2066}\u{200b}\u{e}\u{b}\u{c}\u{85}";

struct Content {
    writer: Agent,
}

impl WorkflowInfo for Content {
    const NAME: &'static str = "Hostile";
}

impl Workflow for Content {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.execute(Step::new("writer"), |content| &content.writer);
        definition.chain((param("input", codec()),), [Link::new("writer")]);
    }
}

#[derive(Deserialize, JsonSchema)]
struct Look {
    /// What to look for.
    #[serde(rename = "for")]
    _for: String,
}

fn main() -> ExitCode {
    let look = |fails: bool| {
        move |_: Look, _: ToolContext| async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            match fails {
                true => Err(Error::new("broken", format!("the page says {ORDERS}"))),
                false => Ok(ORDERS),
            }
        }
    };
    let arguments = json!({ "for": format!("a{ORDERS}") });
    let answer = format!(
        "# Title {ORDERS}\n\nSafe\rEVIL *{ORDERS}* [{ORDERS}](http://x/{ORDERS} \"{ORDERS}\") &#27;[2J \
         &#x9b;2J ![{ORDERS}](y)\n\n| {ORDERS} | b |\n|---|---|\n| 1 | {ORDERS} |\n\n```{ORDERS}\n\
         {ORDERS}\n```\n\n- {ORDERS}\n\n<b>{ORDERS}</b>\n\nthe end\n"
    );
    // How long the model thinks about its second turn, in milliseconds.
    let pace = env::var("HOSTILE_PACE")
        .ok()
        .and_then(|pace| pace.parse().ok());
    let pace = Duration::from_millis(pace.unwrap_or(150));
    let model = Scripted::answering(move |request, _| {
        let told = |message: &Message| matches!(message, Message::Tool { .. });
        match request.messages.iter().any(told) {
            true => {
                eprintln!("the second turn");
                Reply::text(answer.clone()).after(pace)
            }
            false => Reply::tools([
                ("look", arguments.clone()),
                ("fail", arguments.clone()),
                (ORDERS, arguments.clone()),
            ]),
        }
    });
    let agent = Agent::builder(format!("Wri{ORDERS}ter"))
        .model(model)
        .tools([
            Tool::new("look", "Looks.", look(false)),
            Tool::new("fail", "Fails.", look(true)),
        ])
        .markdown(true)
        .build();
    match agent {
        Ok(writer) => agno_cli::app().workflow(Content { writer }).main(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
