//! Flow bodies and the graphs read from them.

use std::fmt::Write;

use super::tokens;
use crate::diag::Diagnostics;
use crate::flow::graph::{Kind, Node};
use crate::flow::lint;
use crate::flow::reader;
use crate::parse::{methods, strip};

/// The graph of a flow with this body, as an outline; the lint must have nothing to say.
fn outline(body: &str) -> String {
    let (outline, messages) = read(body);
    assert_eq!(messages, Vec::<String>::new());
    outline
}

fn lint(body: &str) -> Vec<String> {
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
    let model = methods::workflow(tokens(""), &parts, &diag).expect("a model");
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
fn what_leaves_sight_is_opaque() {
    assert_outline(
        "helper(flow, topic).await?; other.run(&flow).await?; let g = flow; flow.workflow().x; each(flow.clone()).await",
        &[
            "opaque helper(flow, topic)",
            "opaque other.run(&flow)",
            "opaque flow",
            "opaque each(flow.clone())",
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

#[test]
fn lint_names_the_replacement() {
    for (body, replacement) in [
        ("let t = SystemTime::now();", "flow.now()"),
        ("let t = std::time::Instant::now();", "flow.now()"),
        ("let t = chrono::Utc::now();", "flow.now()"),
        ("let t = Local::now();", "flow.now()"),
        ("let t = rand::random::<u8>();", "flow.random()"),
        ("let t = rand::rng().random();", "flow.random()"),
        ("let t = Uuid::new_v4();", "flow.uuid()"),
        ("let t = uuid::Uuid::now_v7();", "flow.uuid()"),
        ("tokio::time::sleep(x).await;", "flow.sleep(..)"),
        ("tokio::time::timeout(x, y).await;", "timeout"),
        ("tokio::spawn(x);", "flow.parallel(..)"),
        ("tokio::task::spawn_blocking(x);", "flow.parallel(..)"),
        ("tokio::select! { a = b => c }", "flow.race((..))"),
        ("let x = tokio::join!(a, b);", "flow.parallel((..))"),
        ("let x = futures::try_join!(a, b);", "flow.parallel((..))"),
        ("let x = std::fs::read(p);", "in a step"),
        ("let x = std::net::TcpStream::connect(p);", "in a step"),
        ("let x = std::env::var(p);", "in a step"),
        ("std::thread::spawn(f);", "in a step"),
        (
            "let x = self.search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = flow.workflow().search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self::search(flow.workflow(), topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self::polish(flow, topic).await?;",
            "call a sub-flow as `flow.polish(..)`",
        ),
        (
            "let x = Article.search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = (&crate::Article { a: 1 }).search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Article::new().search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self(1).search(topic).await?;",
            "write `flow.search(..)`",
        ),
        ("let x = flow.run(topic).await?;", "which no flow calls"),
        ("Self::run(flow, topic).await", "which no flow calls"),
        ("std::println!(\"{}\", x);", "use `flow.say(..)`"),
        (
            "let x = dbg!(flow.search(topic).await?);",
            "use `flow.say(..)`",
        ),
        ("flow.log();", "add `.await?`"),
        ("flow.log().retry(x);", "add `.await?`"),
        ("let _ = flow.log();", "add `.await?`"),
        ("flow.sleep(x);", "add `.await?`"),
        ("flow.helper();", "put `#[step]` on"),
        ("format!(\"{:?}\", SystemTime::now());", "flow.now()"),
        ("let v = vec![Uuid::new_v4(); 3];", "flow.uuid()"),
        ("odd!(a => std::fs::read(p) ;);", "in a step"),
        ("odd!(a => Instant::now)", "flow.now()"),
        (
            "let x = items.iter().map(|_| Uuid::new_v4());",
            "flow.uuid()",
        ),
        ("let f = SystemTime::now;", "flow.now()"),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(replacement), "{body}: {messages:?}");
    }
}

#[test]
fn lint_leaves_the_rest_alone() {
    for body in [
        "let t = flow.now().await?;",
        "let x = my::fs::read(p); let y = crate::rand::thing(); let z = operand::x();",
        "let d = std::time::Duration::from_secs(1);",
        "let x = flow.search(topic).await; flow.log().await?;",
        "let call = flow.search(topic); call.await",
        "self.helper(); Self::helper(flow.workflow());",
        "let x = parts.join(\",\");",
        "flow.say(\"x\");",
        "let x = other.search(topic).await?; let y = Other.search(topic).await?;",
        "let x = Article::LIMIT.min(3);",
        "Self::new(flow)",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}
