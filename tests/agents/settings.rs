//! Agents whose settings stand in a file or a store, and agents that are steps by themselves.

use agno::{
    Agent, AgentSettings, Settings, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};

use super::kit;

#[data]
struct Nothing {}

fn tool(name: &str) -> Tool {
    Tool::new(name, "A tool.", |_: Nothing, _: ToolContext| async {
        Ok::<_, Error>("x")
    })
}

const FILE: &str = r#"
    name = "Researcher"
    role = "finds sources"
    instructions = ["Search first.", "Be brief."]
    tools = ["search"]
    temperature = 0.5
"#;

#[tokio::test]
async fn settings_of_a_file_come_before_those_of_the_program() {
    let model = Scripted::new(["done"]);
    let settings = AgentSettings::from_toml(FILE).expect("reads");
    let agent = Agent::builder("unnamed")
        .instructions("of the program")
        .tools([tool("search"), tool("write")])
        .model(model.clone())
        .settings(&settings)
        .build()
        .expect("fits");
    assert_eq!(agent.name(), "Researcher");
    agent.run("go").await.expect("answers");
    let request: &ModelRequest = &model.requests()[0];
    assert_eq!(request.temperature, Some(0.5));
    let names: Vec<&str> = request
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(names, ["search"]);
    let said = format!("{:?}", request.messages[0]);
    assert!(
        said.contains("Search first.") && !said.contains("of the program"),
        "{said}"
    );
}

#[test]
fn a_tool_that_the_program_does_not_give_is_named() {
    let settings = AgentSettings::from_toml(FILE).expect("reads");
    let error = Agent::builder("x")
        .tools([tool("searhc")])
        .model(Scripted::new(["done"]))
        .settings(&settings)
        .build()
        .expect_err("no such tool");
    assert!(
        error.message().contains("`search`") && error.message().contains("searhc"),
        "{error}"
    );
}

#[tokio::test]
async fn settings_of_a_store_have_versions() {
    let storage = kit::store();
    let first = AgentSettings::from_toml(FILE).expect("reads");
    assert_eq!(first.save(&*storage).await.expect("saved"), 1);
    let mut second = first.clone();
    second.role = Some("checks facts".to_owned());
    assert_eq!(second.save(&*storage).await.expect("saved"), 2);
    let newest = AgentSettings::load(&*storage, "Researcher", None)
        .await
        .expect("reads");
    assert_eq!(newest, second);
    let old = AgentSettings::load(&*storage, "Researcher", Some(1))
        .await
        .expect("reads");
    assert_eq!(old, first);
}

#[workflow]
struct Pair {
    /// Finds out.
    #[step]
    researcher: Agent,
    /// Writes.
    #[step(input = "{input} / {previous}", cache(ttl = "1h"))]
    writer: Agent,
}

fn pair(model: &Scripted, instructions: &str) -> Pair {
    Pair {
        researcher: Agent::builder("R")
            .model(Scripted::answering(|_: &ModelRequest, _| {
                Reply::text("found")
            }))
            .build()
            .expect("fits"),
        writer: Agent::builder("W")
            .instructions(instructions)
            .model(model.clone())
            .build()
            .expect("fits"),
    }
}

#[tokio::test]
async fn two_agent_fields_are_a_workflow_and_their_settings_are_part_of_the_cache_s_key() {
    let storage = kit::store();
    let model = Scripted::answering(|request: &ModelRequest, turn| {
        let asked = format!("{:?}", request.messages.last());
        assert!(asked.contains("topic / found"), "{asked}");
        Reply::text(format!("post {turn}"))
    });
    let run = async |workflow: Pair| {
        let runtime = kit::runtime(&storage, workflow).await;
        let run = runtime
            .start::<Pair>("topic".to_owned())
            .await
            .expect("starts");
        run.await.expect("completes")
    };
    assert_eq!(run(pair(&model, "Be brief.")).await, "post 1");
    assert_eq!(
        run(pair(&model, "Be brief.")).await,
        "post 1",
        "from the cache"
    );
    assert_eq!(
        run(pair(&model, "Be long.")).await,
        "post 2",
        "another agent asks anew"
    );
}

#[data]
#[derive(Default, State)]
struct Notes {
    count: u32,
}

#[data]
#[derive(Default, State)]
struct Other {
    count: u32,
}

fn counting() -> Agent {
    let count = Tool::with_state(
        "count",
        "Counts.",
        |_: Nothing, _: ToolContext, notes: &mut Notes| {
            Box::pin(async move {
                notes.count += 1;
                Ok::<_, Error>(notes.count)
            })
        },
    );
    Agent::builder("Counter")
        .model(Scripted::new(["x"]))
        .tool(count)
        .build()
        .expect("fits")
}

#[workflow]
struct Wrong {
    counter: Agent,
}

#[workflow(state = Other)]
impl Wrong {
    #[step]
    async fn count(&self, other: &mut Other, context: &StepContext) -> Result<String> {
        self.counter.run("go").context(context).state(other).await
    }
}

#[tokio::test]
async fn tools_that_change_another_state_are_refused_when_the_workflow_is_built() {
    let agent = counting();
    assert!(Settings::state(&agent).is_some_and(|state| state.name.ends_with("Notes")));
    let built = Runtime::builder()
        .workflow(Wrong { counter: agent })
        .build()
        .await;
    let error = built.expect_err("another state");
    for word in ["Wrong", "counter", "Notes", "Other"] {
        assert!(error.message().contains(word), "{word} in {error}");
    }
}
