//! Steps are known by an index or by an id of the process, so that a changed list goes on at
//! another step, and a review in a loop at another round.

use agno::{Answer, Decision, RequestQuery, RunStatus, prelude::*};

use crate::kit::{self, Ran};

macro_rules! version {
    ($Version:ident, |$flow:ident| $body:block) => {
        #[workflow(name = "Changing")]
        #[derive(Clone, Default)]
        struct $Version {
            ran: Ran,
        }

        #[workflow]
        impl $Version {
            #[step]
            async fn prepare(&self) -> Result<u32> {
                self.ran.hit("prepare");
                Ok(1)
            }

            #[allow(dead_code)] // one version leaves it out
            #[step]
            async fn check(&self) -> Result<u32> {
                self.ran.hit("check");
                Ok(10)
            }

            #[allow(dead_code)] // one version leaves it out
            #[step]
            async fn publish(&self) -> Result<u32> {
                self.ran.hit("publish");
                Ok(100)
            }

            #[flow]
            async fn run($flow: &Flow<Self>) -> Result<u32> $body
        }
    };
}

version!(Before, |flow| {
    let prepared = flow.prepare().await?;
    flow.confirm("Publish?").await?;
    Ok(prepared + flow.publish().await?)
});

// A step has come in ahead of the question.
version!(Edited, |flow| {
    let checked = flow.check().await?;
    let prepared = flow.prepare().await?;
    flow.confirm("Publish?").await?;
    Ok(checked + prepared + flow.publish().await?)
});

// The step after the question is another.
version!(Later, |flow| {
    let prepared = flow.prepare().await?;
    flow.confirm("Publish?").await?;
    Ok(prepared + flow.check().await?)
});

async fn answer(runtime: &Runtime, answer: Answer) -> agno::Outcome {
    let open = runtime.requests(RequestQuery::default()).await;
    let asked = open.expect("an inbox").remove(0);
    let run = runtime.answer(&asked.id, answer).await.expect("answered");
    run.outcome().await
}

#[tokio::test]
async fn a_changed_program_is_drift_and_not_another_step() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Before::default(), ()).await;
    assert_eq!(outcome.status, RunStatus::Paused);
    let edited = Edited::default();
    let runtime = kit::runtime(&storage, edited.clone()).await;
    let outcome = answer(&runtime, Answer::new(Decision::Approve)).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift", "{message}");
    for name in ["prepare", "check"] {
        assert!(message.contains(name), "{name} is not in: {message}");
    }
    for step in ["prepare", "check", "publish"] {
        assert_eq!(edited.ran.count(step), 0, "{step} ran");
    }
    // The program that fits goes on, with the answer that was given.
    let fits = Before::default();
    let outcome = kit::resume(&storage, fits.clone()).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "101");
    let ran = (fits.ran.count("prepare"), fits.ran.count("publish"));
    assert_eq!(ran, (0, 1));
}

#[tokio::test]
async fn what_comes_after_the_pause_may_change() {
    let storage = kit::store();
    kit::run(&storage, Before::default(), ()).await;
    let later = Later::default();
    let runtime = kit::runtime(&storage, later.clone()).await;
    let outcome = answer(&runtime, Answer::new(Decision::Approve)).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "11");
    let ran = (later.ran.count("check"), later.ran.count("publish"));
    assert_eq!(ran, (1, 0));
}

#[tokio::test]
async fn a_step_is_the_same_in_every_process() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let storage = kit::store();
        kit::run(&storage, Before::default(), ()).await;
        let runtime = kit::runtime(&storage, Before::default()).await;
        answer(&runtime, Answer::new(Decision::Approve)).await;
        seen.push(kit::paths(&storage).await);
    }
    assert_eq!(seen[0], ["prepare#0", "publish#0"]);
    assert_eq!(seen[0], seen[1]);
}

#[workflow]
#[derive(Clone, Default)]
struct Drafts {
    ran: Ran,
}

#[workflow]
impl Drafts {
    #[step]
    async fn write(&self, wish: String) -> Result<String> {
        let times = self.ran.hit("write");
        Ok(format!("draft {times} ({wish})"))
    }

    #[step]
    async fn illustrate(&self, draft: String) -> Result<String> {
        self.ran.hit("illustrate");
        Ok(format!("{draft} with pictures"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let mut wish = "first".to_owned();
        for round in 1..=5 {
            let draft = flow.write(wish).await?;
            let draft = flow.illustrate(draft).await?;
            wish = match flow.review(draft).await? {
                Review::Approved(draft) | Review::Edited(draft) => {
                    return Ok(format!("{draft}, round {round}"));
                }
                Review::Redo { feedback } => feedback,
                Review::Rejected { .. } => bail!("rejected"),
            };
        }
        bail!("nothing was good enough")
    }
}

#[tokio::test]
async fn a_review_in_a_loop_of_several_steps_goes_on_where_it_was() {
    let (storage, drafts) = (kit::store(), Drafts::default());
    kit::run(&storage, drafts.clone(), ()).await;
    for round in 1..=2 {
        // Each answer comes to another process.
        let runtime = kit::runtime(&storage, drafts.clone()).await;
        let redo = Answer::new(Decision::Redo).feedback(format!("wish {round}"));
        let outcome = answer(&runtime, redo).await;
        assert_eq!(outcome.status, RunStatus::Paused);
        for step in ["write", "illustrate"] {
            assert_eq!(drafts.ran.count(step), round + 1, "{step}");
        }
    }
    let runtime = kit::runtime(&storage, drafts.clone()).await;
    let outcome = answer(&runtime, Answer::new(Decision::Approve)).await;
    let output = outcome.output.expect("completes");
    assert_eq!(
        output.as_str(),
        r#""draft 3 (wish 2) with pictures, round 3""#
    );
    assert_eq!(drafts.ran.count("write"), 3);
}
