//! What tools change of the state: kept, taken back, never lost in a crash.

use std::time::Duration;

use agno::{
    Agent, Team, TeamMode, Tool,
    model::{Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::counting::{ALL, Nothing, ONE, Tally, asks, bump, by_answers, counter, every_crash};

#[tokio::test]
async fn what_a_failed_tool_changed_is_taken_back() {
    let workflow = || {
        let failing = Tool::with_state("fail", "Fails.", |_: Nothing, _, tally: &mut Tally| {
            Box::pin(async move {
                tally.count += 10;
                tally.said.push("half done".to_owned());
                Err::<String, _>(Error::new("busy", "try later"))
            })
        });
        let agent = Agent::builder("Counter")
            .tools([failing, bump()])
            .model(by_answers(|answers| match answers {
                0 => Reply::tool("fail", json!({})),
                1 => Reply::tool("bump", json!({ "word": "one" })),
                _ => Reply::text("done"),
            }))
            .build()
            .expect("fits");
        asks(move |context, tally| {
            let agent = agent.clone();
            Box::pin(async move { agent.run("go").context(context).state(tally).await })
        })
    };
    assert!(every_crash(workflow, "done 1 one").await >= 5);
}

#[tokio::test]
async fn a_member_that_fails_keeps_what_its_tools_changed() {
    let workflow = || {
        let member = Agent::builder("Ann")
            .tool(bump())
            .model(by_answers(|answers| match answers {
                0 => Reply::tool("bump", json!({ "word": "ann" })),
                _ => Reply::text(" "),
            }))
            .build()
            .expect("fits");
        let team = Team::builder("Desk")
            .member(member)
            .model(by_answers(|answers| match answers {
                0 => Reply::tool(ONE, json!({ "member_id": "ann", "task": "count" })),
                _ => Reply::text("without Ann"),
            }))
            .build()
            .expect("fits");
        asks(move |context, tally| {
            let team = team.clone();
            Box::pin(async move { team.run("go").context(context).state(tally).await })
        })
    };
    assert!(every_crash(workflow, "without Ann 1 ann").await >= 6);
}

#[tokio::test]
async fn members_at_once_lose_no_change_in_a_crash() {
    for (a, b) in [(0, 0), (3, 1), (1, 3), (2, 2)] {
        let workflow = move || {
            let inner = Team::builder("Inner")
                .mode(TeamMode::Broadcast)
                .member(counter("a", a))
                .member(counter("b", b))
                .model(by_answers(|answers| match answers {
                    0 => Reply::tool(ALL, json!({ "task": "count" })),
                    _ => Reply::text("inner"),
                }))
                .build()
                .expect("fits");
            let outer = Team::builder("Outer")
                .mode(TeamMode::Broadcast)
                .leader(|leader| leader.tool(bump()))
                .member(inner)
                .member(counter("c", 2))
                .model(by_answers(|answers| match answers {
                    0 => Reply::tools([
                        ("bump", json!({ "word": "l0" })),
                        (ALL, json!({ "task": "count" })),
                        ("bump", json!({ "word": "l1" })),
                    ]),
                    _ => Reply::text("outer"),
                }))
                .build()
                .expect("fits");
            asks(move |context, tally| {
                let team = outer.clone();
                Box::pin(async move { team.run("go").context(context).state(tally).await })
            })
        };
        let crashes = every_crash(workflow, "outer 8 a0,a1,b0,b1,c0,c1,l0,l1").await;
        assert!(crashes >= 20, "{crashes}");
    }
}

#[data]
#[derive(Default, State)]
struct Other {
    other: u32,
}

#[test]
fn members_that_change_different_states_are_refused() {
    let other = Tool::with_state("other", "Other.", |_: Nothing, _, other: &mut Other| {
        Box::pin(async move {
            other.other += 1;
            Ok::<_, Error>("done")
        })
    });
    let idle = || Scripted::new(["unused"]);
    let second = Agent::builder("Second").model(idle()).tool(other).build();
    let team = Team::builder("Desk")
        .member(counter("first", 0))
        .member(second.expect("fits"))
        .model(idle())
        .build();
    let error = team.expect_err("a session has one state");
    assert!(error.message().contains("different states"), "{error}");
}

#[test]
fn a_tool_that_changes_the_state_keeps_no_answers() {
    let model = Scripted::new(["unused"]);
    let kept = bump().cache(Duration::from_secs(60));
    let error = Agent::builder("A").model(model).tool(kept).build();
    let error = error.expect_err("an answer used again changes nothing");
    assert!(error.message().contains("bump"), "{error}");
}
