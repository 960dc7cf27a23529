//! The table at the end, and the line that closes it.

use std::time::Duration;

use crate::{
    count::Count,
    stage::{Outcome, Verdict, seconds},
};

/// What the whole suite came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) ran: Count,
    pub(crate) skipped: usize,
}

impl Total {
    /// Tests are counted one by one, every other stage as one.
    pub(crate) fn of(outcomes: &[Outcome], ignored: &[String]) -> Self {
        let mut total = Self {
            skipped: ignored.len(),
            ..Self::default()
        };
        for outcome in outcomes {
            let tests = outcome.tests.unwrap_or_default();
            total.ran.add(tests);
            total.skipped += outcome.excuses.len();
            match outcome.verdict {
                Verdict::Passed if outcome.tests.is_none() => total.ran.passed += 1,
                // It failed elsewhere, most often before any test.
                Verdict::Failed if tests.failed == 0 => total.ran.failed += 1,
                Verdict::Skipped(_) => total.skipped += 1,
                Verdict::Passed | Verdict::Failed => {}
            }
        }
        total
    }
}

/// Shows the table, then why things were skipped, then `N passed, N failed, N skipped`.
/// Says whether all is well.
pub(crate) fn show(outcomes: &[Outcome], ignored: &[String], notes: &[String]) -> bool {
    println!(
        "\n{:<12} {:<8} {:>6} {:>10}",
        "stage", "result", "tests", "time"
    );
    for outcome in outcomes {
        let result = match outcome.verdict {
            Verdict::Passed => "ok",
            Verdict::Failed => "FAILED",
            Verdict::Skipped(_) => "skipped",
        };
        let tests = outcome
            .tests
            .map_or_else(String::new, |tests| tests.ran().to_string());
        let time = seconds(outcome.time);
        println!("{:<12} {result:<8} {tests:>6} {time:>10}", outcome.name);
    }
    let time: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    println!("{:<12} {:<8} {:>6} {:>10}", "all", "", "", seconds(time));

    let stages = outcomes.iter().flat_map(|outcome| {
        let whole = match &outcome.verdict {
            Verdict::Skipped(reason) => Some(reason),
            Verdict::Passed | Verdict::Failed => None,
        };
        let reasons = whole.into_iter().chain(&outcome.excuses);
        reasons.map(|reason| format!("{}: {reason}", outcome.name))
    });
    let skipped: Vec<String> = stages.chain(ignored.iter().cloned()).collect();
    list("Skipped", &skipped);
    list("Notes", notes);

    let total = Total::of(outcomes, ignored);
    let Count { passed, failed } = total.ran;
    println!(
        "\n{passed} passed, {failed} failed, {} skipped",
        total.skipped
    );
    failed == 0
}

fn list(title: &str, lines: &[String]) {
    if !lines.is_empty() {
        println!("\n{title}:");
    }
    for line in lines {
        println!("  {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict, tests: Option<(usize, usize)>, excuses: &[&str]) -> Outcome {
        Outcome {
            name: "stage",
            verdict,
            tests: tests.map(|(passed, failed)| Count { passed, failed }),
            excuses: excuses.iter().map(ToString::to_string).collect(),
            time: Duration::ZERO,
        }
    }

    #[test]
    fn tests_count_one_by_one_and_checks_as_one() {
        let outcomes = [
            outcome(Verdict::Passed, None, &[]),
            outcome(Verdict::Passed, Some((7, 0)), &["another compiler"]),
            outcome(Verdict::Failed, Some((2, 3)), &[]),
            outcome(Verdict::Skipped("no tool".to_owned()), None, &[]),
        ];
        let total = Total::of(&outcomes, &["long: on purpose".to_owned()]);
        assert_eq!(
            total,
            Total {
                ran: Count {
                    passed: 10,
                    failed: 3
                },
                skipped: 3
            }
        );
    }

    #[test]
    fn a_stage_that_fails_without_a_failed_test_fails() {
        let outcomes = [
            outcome(Verdict::Failed, Some((4, 0)), &[]),
            outcome(Verdict::Failed, None, &[]),
        ];
        let total = Total::of(&outcomes, &[]);
        assert_eq!(
            total.ran,
            Count {
                passed: 4,
                failed: 2
            }
        );
    }
}
