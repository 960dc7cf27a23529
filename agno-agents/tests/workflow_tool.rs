//! A workflow as a tool: what the model is told, and what it is answered.

use agno_agents::{Tool, ToolContext, tools::workflow::WorkflowTool};
use agno_core::{
    Definition, ErrorKind, Handle, Runtime, Step, Workflow, WorkflowInfo, codec, param, plain,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What to order.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Wish {
    /// The dish.
    dish: Dish,
    /// How many.
    #[schemars(range(min = 1, max = 9))]
    count: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Dish {
    /// Its name.
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Receipt {
    text: String,
}

struct Order;

impl WorkflowInfo for Order {
    const NAME: &'static str = "OrderFood";
    const DESCRIPTION: &'static str = "Orders food.";
}

impl Workflow for Order {
    type Steps = Handle;
    type Input = Wish;
    type Output = Receipt;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("order"),
            (param("wish", codec::<Wish>()),),
            plain::<Receipt>(codec()),
            |_, _, (wish,)| {
                Box::pin(async move {
                    let text = format!("{} x {}", wish.count, wish.dish.name);
                    Receipt { text }
                })
            },
        );
        definition.chain((param("wish", codec::<Wish>()),), &["order"]);
    }
}

struct Greet;

impl WorkflowInfo for Greet {
    const NAME: &'static str = "greet";
}

impl Workflow for Greet {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("greet"),
            (param("who", codec::<String>()),),
            plain::<String>(codec()),
            |_, _, (who,)| Box::pin(async move { format!("Hello, {who}!") }),
        );
        definition.chain((param("who", codec::<String>()),), &["greet"]);
    }
}

async fn runtime() -> Runtime {
    let builder = Runtime::builder().workflow(Order).workflow(Greet);
    builder.build().await.expect("a runtime")
}

async fn call(tool: &Tool, arguments: &Value) -> Result<String, agno_core::Error> {
    let arguments = arguments.to_string();
    let answer = tool.call(&arguments, ToolContext::for_test(), None);
    Ok(answer.await?.text)
}

#[tokio::test]
async fn a_model_is_told_what_the_workflow_takes() {
    let runtime = runtime().await;
    let tool = WorkflowTool::new::<Order>(&runtime)
        .expect("a tool")
        .build();
    let spec = tool.spec();
    assert_eq!(
        (spec.name.as_str(), spec.description.as_str()),
        ("order_food", "Orders food.")
    );
    let parameters = &spec.parameters;
    assert_eq!(parameters["type"], "object");
    assert_eq!(parameters["properties"]["count"]["maximum"], 9);
    assert!(parameters.get("$defs").is_some(), "{parameters}");
    assert!(parameters.get("$schema").is_none(), "{parameters}");

    let greet = WorkflowTool::new::<Greet>(&runtime).expect("a tool");
    let greet = greet.name("say_hello").description("Says hello.").build();
    assert_eq!(
        (greet.name(), greet.spec().description.as_str()),
        ("say_hello", "Says hello.")
    );
    assert_eq!(
        greet.spec().parameters["properties"]["who"]["type"],
        "string"
    );
    assert_eq!(greet.spec().parameters["required"], json!(["who"]));
}

#[tokio::test]
async fn the_answer_is_the_output() {
    let runtime = runtime().await;
    let order = WorkflowTool::new::<Order>(&runtime)
        .expect("a tool")
        .build();
    let wish = json!({"dish": {"name": "Soup"}, "count": 2});
    assert_eq!(
        call(&order, &wish).await.expect("answer"),
        r#"{"text":"2 x Soup"}"#
    );
    let greet = WorkflowTool::new::<Greet>(&runtime)
        .expect("a tool")
        .build();
    let who = json!({"who": "Ada"});
    assert_eq!(call(&greet, &who).await.expect("answer"), "Hello, Ada!");
    // Alone an agent has no journal: each call is a run.
    assert_eq!(call(&greet, &who).await.expect("answer"), "Hello, Ada!");
    let runs = runtime
        .runs(agno_core::RunQuery::default())
        .await
        .expect("runs");
    assert_eq!(runs.len(), 3);
}

#[tokio::test]
async fn a_model_is_told_everything_that_is_wrong_with_its_arguments() {
    let runtime = runtime().await;
    let order = WorkflowTool::new::<Order>(&runtime)
        .expect("a tool")
        .build();
    let wish = json!({"dish": {"nmae": "Soup"}, "count": 12, "spicy": true});
    let error = call(&order, &wish).await.expect_err("wrong");
    assert_eq!(error.code(), "tool_arguments");
    for said in ["nmae", "did you mean `name`", "count", "spicy"] {
        assert!(error.message().contains(said), "{said}: {error}");
    }
    let greet = WorkflowTool::new::<Greet>(&runtime)
        .expect("a tool")
        .build();
    for (arguments, said) in [
        (json!({}), "`who` is missing"),
        (json!({"who": "A", "why": 1}), "unknown argument `why`"),
        (json!("A"), "an object with `who`"),
        (json!({"who": 3}), "string"),
    ] {
        let error = call(&greet, &arguments).await.expect_err("wrong");
        assert_eq!(error.code(), "tool_arguments", "{arguments}");
        assert!(error.message().contains(said), "{arguments}: {error}");
    }
    let runs = runtime
        .runs(agno_core::RunQuery::default())
        .await
        .expect("runs");
    assert!(runs.is_empty(), "nothing was started: {runs:?}");
}

#[tokio::test]
async fn an_unknown_workflow_is_refused_when_the_tool_is_made() {
    let runtime = Runtime::builder()
        .workflow(Greet)
        .build()
        .await
        .expect("a runtime");
    let error = WorkflowTool::new::<Order>(&runtime).expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = WorkflowTool::by_name(&runtime, "gret").expect_err("it is not there");
    assert!(error.message().contains("did you mean `greet`?"), "{error}");
}
