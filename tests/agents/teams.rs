//! Teams: who is asked, what comes back, what it took.

use std::sync::{Arc, Mutex};

use agno::{
    Agent, AgentEvent, Team, TeamMode, Tool, ToolContext,
    model::{Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

const ONE: &str = "delegate_task_to_member";
const ALL: &str = "delegate_task_to_members";

fn member(name: &str, model: Scripted) -> Agent {
    let role = format!("knows about {name}");
    Agent::builder(name)
        .role(role)
        .model(model)
        .build()
        .expect("fits")
}

fn ask(member: &str) -> (&'static str, serde_json::Value) {
    (
        ONE,
        json!({ "member_id": member, "task": format!("work, {member}") }),
    )
}

#[tokio::test]
async fn a_leader_coordinates_and_answers_itself() {
    let leader = Scripted::new([
        Reply::tools([ask("web-desk"), ask("news-desk")]),
        Reply::text("both agree"),
    ]);
    let team = Team::builder("Desk")
        .member(member("Web desk", Scripted::new(["web says"])))
        .member(member("News desk", Scripted::new(["news says"])))
        .model(leader.clone())
        .build()
        .expect("fits");
    let reply = team.run("what is new?").reply().await.expect("answers");
    assert_eq!(reply.output, "both agree");
    let members: Vec<_> = reply
        .members
        .iter()
        .map(|m| (m.member.as_str(), m.answer.as_str()))
        .collect();
    assert_eq!(
        members,
        [("Web desk", "web says"), ("News desk", "news says")]
    );
    assert_eq!(
        reply.usage.requests, 4,
        "two turns of the leader, one of each member"
    );
    let briefing = format!("{:?}", leader.requests()[0].messages[0]);
    assert!(
        briefing.contains("web-desk") && briefing.contains("knows about News desk"),
        "{briefing}"
    );
}

#[tokio::test]
async fn an_unknown_member_is_told_to_the_leader() {
    let leader = Scripted::new([Reply::tools([ask("nobody")]), Reply::text("alone then")]);
    let team = Team::builder("Desk")
        .member(member("Web desk", Scripted::new(["unused"])))
        .model(leader.clone())
        .build()
        .expect("fits");
    assert_eq!(team.run("?").await.expect("answers"), "alone then");
    let told = format!("{:?}", leader.requests()[1].messages.last());
    assert!(
        told.contains("no member `nobody`") && told.contains("web-desk"),
        "{told}"
    );
}

#[tokio::test]
async fn a_route_answers_with_the_member_s_words() {
    let team = Team::builder("Desk")
        .mode(TeamMode::Route)
        .member(member("German", Scripted::new(["  Guten Tag\n"])))
        .member(member("French", Scripted::new(["Bonjour"])))
        .model(Scripted::new([Reply::tools([ask("german")])]))
        .build()
        .expect("fits");
    let reply = team.run("Hello").reply().await.expect("answers");
    assert_eq!(reply.output, "  Guten Tag\n", "as it is");
    assert_eq!(reply.turns, 1, "the leader is not asked again");
}

#[tokio::test]
async fn a_broadcast_asks_all_at_once() {
    let slow =
        |text: &str| Scripted::new([Reply::text(text).after(std::time::Duration::from_millis(30))]);
    let leader = Scripted::new([
        Reply::tool(ALL, json!({ "task": "judge" })),
        Reply::text("two views"),
    ]);
    let team = Team::builder("Jury")
        .mode(TeamMode::Broadcast)
        .member(member("A", slow("yes")))
        .member(member("B", slow("no")))
        .model(leader.clone())
        .build()
        .expect("fits");
    assert_eq!(team.run("?").await.expect("answers"), "two views");
    let told = format!("{:?}", leader.requests()[1].messages.last());
    assert!(told.contains("yes") && told.contains("no"), "{told}");
}

#[tokio::test]
async fn teams_nest_and_events_name_their_team() {
    let inner = Team::builder("Inner")
        .member(member("Worker", Scripted::new(["done"])))
        .model(Scripted::new([
            Reply::tools([ask("worker")]),
            Reply::text("inner done"),
        ]))
        .build()
        .expect("fits");
    let outer = Team::builder("Outer")
        .member(inner)
        .model(Scripted::new([
            Reply::tools([ask("inner")]),
            Reply::text("outer done"),
        ]))
        .build()
        .expect("fits");
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let telling = told.clone();
    let run = outer.run("go").listen(move |agent, event| {
        if matches!(event, AgentEvent::Started { .. }) {
            telling.lock().expect("no panic").push(agent.to_owned());
        }
    });
    let reply = run.reply().await.expect("answers");
    assert_eq!(reply.output, "outer done");
    assert_eq!(
        *told.lock().expect("no panic"),
        ["Outer", "Inner", "Worker"]
    );
    let members: Vec<&str> = reply.members.iter().map(|m| m.member.as_str()).collect();
    assert_eq!(members, ["Inner", "Worker"]);
    assert_eq!(reply.usage.requests, 5);
}

#[data]
#[derive(Default, State)]
struct Board {
    #[merge(append)]
    lines: Vec<String>,
}

#[data]
struct Line {
    /// What to write.
    text: String,
}

#[workflow]
struct Meeting {
    team: Team,
}

#[workflow(state = Board)]
impl Meeting {
    #[step]
    async fn meet(&self, board: &mut Board, context: &StepContext) -> Result<String> {
        self.team.run("meet").context(context).state(board).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let said = flow.meet().await?;
        Ok(format!("{said}: {}", flow.state().lines.join(", ")))
    }
}

#[tokio::test]
async fn members_share_the_state_and_a_crash_buys_nothing_twice() {
    let make = |bought: &Arc<Mutex<Vec<String>>>| {
        let write = || {
            Tool::with_state(
                "write",
                "Writes a line.",
                |line: Line, _: ToolContext, board: &mut Board| {
                    Box::pin(async move {
                        board.lines.push(line.text);
                        Ok::<_, Error>(board.lines.len())
                    })
                },
            )
        };
        let model = |name: &'static str, replies: Vec<Reply>| {
            let bought = bought.clone();
            Scripted::answering(move |request: &agno::ModelRequest, _| {
                let turn = request
                    .messages
                    .iter()
                    .filter(|m| matches!(m, agno::Message::Assistant(_)))
                    .count();
                bought
                    .lock()
                    .expect("no panic")
                    .push(format!("{name} {turn}"));
                replies[turn].clone()
            })
        };
        let writer = |name: &'static str| {
            let line = json!({ "text": name });
            let replies = vec![Reply::tool("write", line), Reply::text("written")];
            Agent::builder(name)
                .model(model(name, replies))
                .tool(write())
                .build()
                .expect("fits")
        };
        let team = Team::builder("Meeting")
            .member(writer("ada"))
            .member(writer("bob"))
            .model(model(
                "lead",
                vec![
                    Reply::tools([ask("ada")]),
                    Reply::tools([ask("bob")]),
                    Reply::text("over"),
                ],
            ))
            .build()
            .expect("fits");
        Meeting { team }
    };
    let mut crashes = 0;
    for commits in 1.. {
        let bought: Arc<Mutex<Vec<String>>> = Arc::default();
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, make(&bought), ()).await {
            break;
        }
        crashes += 1;
        let outcome = kit::resume(&storage, make(&bought)).await;
        let output = outcome
            .output
            .unwrap_or_else(|| panic!("crash {commits}: {:?}", outcome.error));
        let output: String = output.decode().expect("a text");
        assert_eq!(output, "over: ada, bob", "crash {commits}");
        let mut bought = bought.lock().expect("no panic").clone();
        let asked = bought.len();
        bought.sort();
        bought.dedup();
        assert_eq!(bought.len(), 7, "crash {commits}");
        assert!(asked <= 8, "crash {commits}: {asked} turns for seven");
    }
    assert!(crashes >= 11, "{crashes} crashes");
}

#[test]
fn teams_that_do_not_fit_together_are_refused() {
    let none = Team::builder("T")
        .model(Scripted::new(["x"]))
        .build()
        .expect_err("no members");
    assert_eq!(none.code(), "team_invalid");
    let twice = Team::builder("T")
        .model(Scripted::new(["x"]))
        .member(member("Web desk", Scripted::new(["x"])))
        .member(member("web-desk", Scripted::new(["x"])))
        .build()
        .expect_err("one id");
    assert!(twice.message().contains("`web-desk`"), "{twice}");
}
