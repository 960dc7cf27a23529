//! A program whose runs ask people everything that can be asked, with texts that would like to give
//! orders to a terminal.

use std::{fs, process::ExitCode, time::Duration};

use agno_core::{
    Definition, Flow, FlowSpec, Gate, Handle, Result, Review, Step, Workflow, WorkflowInfo, bail,
    codec, fallible, param,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What would clear a screen and turn a line around.
const HOSTILE: &str = "Ship it?\u{1b}[2J\u{202e}\nnext: rm -rf /";

/// Where it goes.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    #[schemars(length(min = 2), description = "Who lives there \u{1b}[31m.")]
    name: String,
    /// The number of the house.
    #[schemars(range(min = 1))]
    number: u32,
    /// Whether somebody has to be at home.
    signed: bool,
    route: Route,
    /// What else is to be said.
    #[serde(default)]
    notes: Vec<String>,
    /// Where exactly.
    place: Option<Place>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Place {
    east: f64,
    north: f64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Route {
    #[schemars(description = "By road \u{1b}[2J.")]
    Road,
    /// By sea, which takes longer.
    Sea,
}

/// Asks what its input says.
struct Desk;

impl Desk {
    async fn run(flow: &Flow<Self>, what: String) -> Result<String> {
        let first: String = flow.step("work", ("first".to_owned(),)).await?;
        match what.as_str() {
            "confirm" => {
                let yes = flow.confirm(HOSTILE).await?;
                let last: String = flow.step("work", (format!("yes: {yes}"),)).await?;
                Ok(format!("{first}, {last}"))
            }
            "soon" => {
                let asked = flow
                    .confirm("Quick?")
                    .or_after(Duration::from_secs(6), false);
                Ok(format!("yes: {}", asked.await?))
            }
            "form" => {
                let address: Address = flow.ask("Where shall it go?").await?;
                Ok(serde_json::to_string(&address)?)
            }
            "choice" => {
                let route: Route = flow.choose("Which way?").await?;
                Ok(format!("{route:?}"))
            }
            "choices" => {
                let routes: Vec<Route> = flow.choose_several("Which ways?").await?;
                Ok(format!("{routes:?}"))
            }
            "review" => {
                let reviewed = flow.review("a draft \u{9b}2J".to_owned()).await?;
                Ok(match reviewed {
                    Review::Approved(text) => format!("approved {text}"),
                    Review::Edited(text) => format!("edited {text}"),
                    Review::Rejected { feedback } => format!("rejected {feedback:?}"),
                    Review::Redo { feedback } => format!("redo {feedback}"),
                })
            }
            "gate" => flow.step("gated", ("through".to_owned(),)).await,
            "failure" => flow.step("fragile", ("mended".to_owned(),)).await,
            "several" => {
                let both = (flow.confirm("The one?"), flow.confirm("The other?"));
                let (one, other) = flow.parallel(both).await?;
                Ok(format!("{one} and {other}"))
            }
            "call" => flow.call::<Clerk>("called".to_owned()).await,
            "once" => flow.step("once", ("first".to_owned(),)).await,
            other => bail!("nobody knows how to ask `{other}`"),
        }
    }

    fn fragile(mended: &str) -> Result<String> {
        match fs::exists(mended) {
            Ok(true) => Ok("works".to_owned()),
            _ => bail!("not {mended} \u{1b}[2J"),
        }
    }
}

impl WorkflowInfo for Desk {
    const NAME: &'static str = "desk";
}

impl Workflow for Desk {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        let text = || (param("text", codec::<String>()),);
        definition.step(
            Step::new("work"),
            text(),
            fallible::<Result<String>, _>(codec()),
            |_, _, (text,)| Box::pin(async move { Ok(text) }),
        );
        definition.step(
            Step::new("gated").confirm(Gate::new("Go through?")),
            text(),
            fallible::<Result<String>, _>(codec()),
            |_, _, (text,)| Box::pin(async move { Ok(text) }),
        );
        definition.step(
            Step::new("fragile").pause_on_error(),
            text(),
            fallible::<Result<String>, _>(codec()),
            |_, _, (mended,)| Box::pin(async move { Self::fragile(&mended) }),
        );
        definition.step(
            Step::new("once").at_most_once(),
            text(),
            fallible::<Result<String>, _>(codec()),
            |_, _, (text,)| Box::pin(async move { Ok(text) }),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("what", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |flow, (what,)| Box::pin(Self::run(flow, what)),
        );
    }
}

/// Is called, and asks.
struct Clerk;

impl WorkflowInfo for Clerk {
    const NAME: &'static str = "clerk";
}

impl Workflow for Clerk {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.flow(
            FlowSpec::new("run"),
            (param("name", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |flow: &Flow<Self>, (name,)| {
                Box::pin(async move {
                    let yes = flow.confirm("Shall the clerk sign?").await?;
                    Ok(format!("{name}: {yes}"))
                })
            },
        );
    }
}

fn main() -> ExitCode {
    agno_cli::app().workflow(Desk).workflow(Clerk).main()
}
