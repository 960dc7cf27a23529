//! Flow bodies and the graphs read from them.

use std::fmt::Write;

use super::tokens;
use crate::diag::Diagnostics;
use crate::flow::graph::{Kind, Node};
use crate::flow::lint;
use crate::flow::reader;
use crate::parse::{methods, strip};

/// The graph of a flow with this body, as an outline; the lint must have nothing to say.
pub(super) fn outline(body: &str) -> String {
    let (outline, messages) = read(body);
    assert_eq!(messages, Vec::<String>::new());
    outline
}

/// What the lint says of a flow with this body.
pub(super) fn lint(body: &str) -> Vec<String> {
    read(body).1
}

fn read(body: &str) -> (String, Vec<String>) {
    let source = format!(
        "impl Article {{
            #[step] async fn search(&self, topic: T) -> Result<T> {{ x }}
            #[step(name = \"fetch\")] async fn read(&self, source: T) -> Result<T> {{ x }}
            #[step] async fn log(&self) {{}}
            fn helper(&self) {{}}
            #[flow] async fn run(flow: &Flow<Self>, topic: T) -> Result<T> {{ {body} }}
            #[flow] async fn polish(flow: &Flow<Self>, draft: T) -> Result<T> {{ x }}
        }}"
    );
    let parts = strip::split(tokens(&source));
    let diag = Diagnostics::new();
    let model = methods::workflow(tokens("state = Notes"), &parts, &diag).expect("a model");
    let graph = reader::read(&model);
    lint::check(&model, &diag);
    let mut text = String::new();
    print(graph.flow("run").expect("the flow"), 0, &mut text);
    (text, diag.finish().messages())
}

fn print(nodes: &[Node], depth: usize, text: &mut String) {
    let pad = "  ".repeat(depth);
    for node in nodes {
        let cfg = if node.conditions.is_empty() {
            ""
        } else {
            "cfg "
        };
        let mut line = |what: String| writeln!(text, "{pad}{cfg}{what}").expect("a text");
        match &node.kind {
            Kind::Step { name, .. } => line(format!("step {name}")),
            Kind::Subflow { name, .. } => line(format!("subflow {name}")),
            Kind::Workflow { name, .. } => line(format!("workflow {name}")),
            Kind::Sleep { duration, .. } => line(format!("sleep {duration}")),
            Kind::Human { kind, .. } => line(format!("human {kind}")),
            Kind::End { text } => line(format!("end {text}")),
            Kind::Opaque { text } => line(format!("opaque {text}")),
            Kind::If {
                condition,
                then,
                otherwise,
            } => {
                line(format!("if {condition}"));
                print(then, depth + 1, text);
                writeln!(text, "{pad}else").expect("a text");
                print(otherwise, depth + 1, text);
            }
            Kind::Match { on, arms } => {
                line(format!("match {on}"));
                for (_, pattern, body) in arms {
                    writeln!(text, "{pad}- {pattern}").expect("a text");
                    print(body, depth + 1, text);
                }
            }
            Kind::Loop { head, body } => {
                line(head.clone());
                print(body, depth + 1, text);
            }
            Kind::Map { over, body, .. } => {
                line(format!("map {over}"));
                print(body, depth + 1, text);
            }
            Kind::Parallel { branches, .. } | Kind::Race { branches, .. } => {
                line(
                    if matches!(node.kind, Kind::Race { .. }) {
                        "race"
                    } else {
                        "parallel"
                    }
                    .to_owned(),
                );
                for branch in branches {
                    writeln!(text, "{pad}-").expect("a text");
                    print(branch, depth + 1, text);
                }
            }
        }
    }
}

#[track_caller]
fn assert_outline(body: &str, expected: &[&str]) {
    let outline = outline(body);
    assert_eq!(outline.lines().collect::<Vec<_>>(), expected, "{outline}");
}

#[test]
fn reads_calls_in_the_order_they_run() {
    assert_outline(
        "let a = flow.search(flow.read(topic).await?).retry(x).await?; flow.polish(a).await",
        &["step fetch", "step search", "subflow polish"],
    );
}

#[test]
fn reads_branches_and_loops() {
    assert_outline(
        "let mut sources = flow.search(topic.clone()).await?;
        'rounds: for _ in 0..3 {
            if sources.len() > 3 && !done { continue; } else if let Some(x) = flow.read(y).await? { flow.log().await?; }
            match flow.polish(draft).await? {
                Verdict::Good(post) if post.ok => return flow.read(post).await,
                Verdict::Redo(better) => sources = better,
            }
        }
        while flow.confirm(\"more?\").await? { flow.log().await?; }
        loop { break; }
        bail!(\"no draft after {} rounds\", 3)",
        &[
            "step search",
            "'rounds: for _ in 0..3",
            "  if sources.len() > 3 && !done",
            "  else",
            "    step fetch",
            "    if let Some(x) = flow.read(y).await?",
            "      step log",
            "    else",
            "  subflow polish",
            "  match flow.polish(draft).await?",
            "  - Verdict::Good(post) if post.ok",
            "    step fetch",
            "    end return flow.read(post).await",
            "  - Verdict::Redo(better)",
            "while flow.confirm(\"more?\").await?",
            "  human confirm",
            "  step log",
            "end bail!(\"no draft after {} rounds\", 3)",
        ],
    );
}

#[test]
fn attributes_are_no_part_of_a_label() {
    assert_outline(
        "if a { #[cfg(unix)] return flow.search(topic).await; }",
        &[
            "if a",
            "  cfg step search",
            "  cfg end return flow.search(topic).await",
            "else",
        ],
    );
}

#[test]
fn reads_containers() {
    assert_outline(
        "let (a, b) = flow.parallel((flow.search(topic), flow.map(list, |one| flow.read(one)).limit(3))).await?;
        flow.race((flow.review(a), flow.sleep(Duration::from_secs(60)), later)).await?;
        flow.map(items, Self::each).await?;
        flow.call::<Other>(b).await",
        &[
            "parallel",
            "-",
            "  step search",
            "-",
            "  map list",
            "    step fetch",
            "race",
            "-",
            "  human review",
            "-",
            "  sleep Duration::from_secs(60)",
            "-",
            "  opaque later",
            "map items",
            "  opaque Self::each",
            "workflow Other",
        ],
    );
}

#[test]
fn reads_questions_to_people() {
    assert_outline(
        "let sure = flow.confirm(\"Go on?\").timeout(hour).await?;
        let form = flow.ask::<Form>(\"Who?\").or_after(hour, flow.search(topic).await?).await?;
        let one = flow.choose::<Way>(\"Which?\").message(\"x\").settle().await;
        let some = flow.choose_several::<Way>(format!(\"Which of {}?\", n)).label(\"ways\").await?;
        flow.review(flow.read(x).await?).await?;
        if flow.confirm(\"Sure?\").await? { flow.log().await?; }",
        &[
            "human confirm",
            "human ask",
            "step search",
            "human choose",
            "human choose_several",
            "step fetch",
            "human review",
            "human confirm",
            "if flow.confirm(\"Sure?\").await?",
            "  step log",
            "else",
        ],
    );
}

#[test]
fn reads_races() {
    assert_outline(
        "match flow.race((flow.confirm(\"Now?\"), flow.sleep(hour))).await? {
            Either::A(true) => flow.log().await?,
            Either::A(false) => bail!(\"no\"),
            Either::B(()) => flow.call::<Escalation>(topic).await?,
        }
        let first = flow.race(vec![flow.search(a), flow.search(b)]).first_ok().await?;
        let first = flow.race(vec![flow.polish(a).settle(), (flow.read(b))]).await?;
        let first = flow.race(vec![flow.search(a); 3]).await?;
        let first = flow.race((vec![flow.parallel((flow.log(), later)), late])).await?;
        flow.race(calls).await",
        &[
            "race",
            "-",
            "  human confirm",
            "-",
            "  sleep hour",
            "match flow.race((flow.confirm(\"Now?\"), flow.sleep(hour))).await?",
            "- Either::A(true)",
            "  step log",
            "- Either::A(false)",
            "  end bail!(\"no\")",
            "- Either::B(())",
            "  workflow Escalation",
            "race",
            "-",
            "  step search",
            "-",
            "  step search",
            "race",
            "-",
            "  subflow polish",
            "-",
            "  step fetch",
            "race",
            "-",
            "  step search",
            "race",
            "-",
            "  parallel",
            "  -",
            "    step log",
            "  -",
            "    opaque later",
            "-",
            "  opaque late",
            "race",
            "-",
            "  opaque calls",
        ],
    );
}

#[test]
fn reads_settled_calls_and_closures_with_blocks() {
    assert_outline(
        "let all = flow.map(items, |item| flow.polish(item)).settle().await?;
        let all = flow.map(items.clone(), move |item| {
            let topic = item.topic.clone();
            if item.is_new { flow.search(topic) } else { flow.read(topic) }
        }).limit(3).label(\"pages\").settle().await?;
        flow.map(items, |item| flow.race((flow.call::<my::Other>(item), flow.review(item)))).await?;
        flow.map(items, |item| later(item)).await?;
        flow.parallel((flow.log().settle(), flow.map(x, |x| flow.confirm(x)))).settle().await?;
        match flow.search(topic).settle().await? { Ok(x) => flow.log().await?, Err(_) => {} }",
        &[
            "map items",
            "  subflow polish",
            "map items.clone()",
            "  if item.is_new",
            "    step search",
            "  else",
            "    step fetch",
            "map items",
            "  race",
            "  -",
            "    workflow my::Other",
            "  -",
            "    human review",
            "map items",
            "  opaque later(item)",
            "parallel",
            "-",
            "  step log",
            "-",
            "  map x",
            "    human confirm",
            "step search",
            "match flow.search(topic).settle().await?",
            "- Ok(x)",
            "  step log",
            "- Err(_)",
        ],
    );
}

#[test]
fn what_records_nothing_is_no_node() {
    assert_outline(
        "let n = flow.history(3).await?; if flow.patched(\"v2\") { flow.say(\"x\"); }
        let m = (flow.metadata(), flow.random_below(3), flow.state(), flow.run_id(), flow.now());",
        &[],
    );
}

#[test]
fn what_leaves_sight_is_opaque() {
    assert_outline(
        "helper(flow, topic).await?; other.run(&flow).await?; let g = of(flow); flow.workflow().x; each(flow.clone()).await",
        &[
            "opaque helper(flow, topic)",
            "opaque other.run(&flow)",
            "opaque of(flow)",
            "opaque each(flow.clone())",
        ],
    );
    // Methods of a user's own trait, and other ways to the handle.
    assert_outline(
        "flow.escalate(flow.search(topic).await?).await?; let g = (flow.clone(), 1); let h = &**flow;
        let c = Context { flow }; Flow::confirm(flow, \"x\").await?; odd!(a => flow.escalate());",
        &[
            "step search",
            "opaque flow.escalate(flow.search(topic).await?)",
            "opaque flow.clone()",
            "opaque flow",
            "opaque flow",
            "opaque Flow::confirm(flow, \"x\")",
            "opaque flow.escalate(..)",
        ],
    );
}

#[test]
fn reads_inside_macros() {
    assert_outline(
        "let a = format!(\"{} {b}\", flow.search(topic).await?, b = flow.read(x).await?);
        let v = vec![flow.log().await?; 3];
        odd!(a => flow.polish(a).await? ; flow);
        assert_eq!(a, 1);",
        &[
            "step search",
            "step fetch",
            "step log",
            "subflow polish",
            "opaque flow",
        ],
    );
}

#[test]
fn conditions_are_kept() {
    assert_outline(
        "#[cfg(unix)] let a = flow.search(topic).await?; #[cfg(windows)] { flow.log().await?; } Ok(1)",
        &["cfg step search", "cfg step log"],
    );
}

#[test]
fn a_let_else_that_leaves_is_a_branch() {
    assert_outline(
        "let Some(x) = flow.search(topic).await? else { return Ok(1) }; flow.log().await",
        &[
            "step search",
            "if let Some(x) = flow.search(topic).await?",
            "else",
            "  end return Ok(1)",
            "step log",
        ],
    );
}

#[test]
fn items_inside_a_body_are_not_the_flow() {
    assert_outline(
        "fn inner(flow: u8) { let _ = SystemTime::now(); flow.search(1) } Ok(1)",
        &[],
    );
}
