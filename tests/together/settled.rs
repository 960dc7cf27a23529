//! Outcomes as values.

use agno::{RunStatus, prelude::*};

use crate::kit::{Ran, crash_after, resume, run, store};

#[workflow]
#[derive(Clone, Default)]
struct Some {
    ran: Ran,
}

#[workflow]
impl Some {
    #[step]
    async fn even(&self, number: u32) -> Result<u32> {
        self.ran.hit(&format!("even {number}"));
        ensure!(number.is_multiple_of(2), "{number} is odd");
        Ok(number)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let alone = flow.even(1).settle().await?;
        let each = flow.map(0..4, |number| flow.even(number).settle()).await?;
        let good: Vec<u32> = each.into_iter().flatten().collect();
        let (two, three) = flow.parallel((flow.even(2), flow.even(3).settle())).await?;
        let nested = flow
            .parallel((
                flow.parallel((flow.even(5), flow.even(6))).settle(),
                flow.even(8),
            ))
            .await?;
        Ok(format!(
            "{} {good:?} {two} {} {} {}",
            alone.is_err(),
            three.expect_err("odd").code(),
            nested.0.expect_err("odd").path().unwrap_or_default(),
            nested.1
        ))
    }
}

const EXPECTED: &str = "true [0, 2] 2 step_failed even#3 8";

#[tokio::test]
async fn a_failure_that_is_a_value_ends_nothing() {
    let some = Some::default();
    let outcome = run(&store(), some.clone(), ()).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, EXPECTED);
    assert_eq!(some.ran.count("even 3"), 2);
}

#[tokio::test]
async fn and_a_crash_after_any_commit_changes_nothing() {
    for commits in 1.. {
        let storage = store();
        let some = Some::default();
        if !crash_after(&storage, commits, some.clone(), ()).await {
            break;
        }
        let outcome = resume(&storage, some).await;
        let error = outcome.error;
        let output = outcome
            .output
            .unwrap_or_else(|| panic!("after {commits}: {error:?}"));
        let output: String = output.decode().expect("a text");
        assert_eq!(output, EXPECTED, "after {commits} commits");
    }
}
