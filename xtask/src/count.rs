//! How many tests a log tells of.

/// Tests that ran, and what they said.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Count {
    /// Adds up every summary in a log, of nextest and of Rust's own harness.
    pub(crate) fn read(log: &str) -> Self {
        let mut sum = Self::default();
        for line in log.lines() {
            if let Some(count) = nextest(line).or_else(|| libtest(line)) {
                sum.add(count);
            }
        }
        sum
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    pub(crate) fn ran(self) -> usize {
        self.passed + self.failed
    }
}

/// `Summary [   0.010s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
/// `3/12 tests run` is how a cancelled run begins; the nine others did not pass either.
fn nextest(line: &str) -> Option<Count> {
    let (_, text) = line
        .trim_start()
        .strip_prefix("Summary [")?
        .split_once(']')?;
    let (planned, results) = text.split_once(" run:")?;
    let planned = planned.trim_start().split(' ').next()?;
    let planned: usize = planned.rsplit('/').next()?.parse().ok()?;
    let passed = number_before(results, " passed").unwrap_or(0);
    Some(Count {
        passed,
        failed: planned.checked_sub(passed)?,
    })
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out`.
fn libtest(line: &str) -> Option<Count> {
    let results = line.strip_prefix("test result: ")?;
    Some(Count {
        passed: number_before(results, " passed")?,
        failed: number_before(results, " failed")?,
    })
}

fn number_before(text: &str, word: &str) -> Option<usize> {
    let (before, _) = text.split_once(word)?;
    before.rsplit(' ').next()?.parse().ok()
}

/// Reasons of tests that could not run here: they print a line `skipped: why`, aloud or not.
pub(crate) fn excuses(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in log.lines() {
        let line = line.trim_start();
        let reason = ["skipped: ", "SKIPPED: "].map(|word| line.strip_prefix(word));
        if let Some(reason) = reason.into_iter().flatten().next()
            && !found.iter().any(|known| known == reason)
        {
            found.push(reason.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_nextest() {
        for (line, passed, failed) in [
            (
                "     Summary [   0.010s] 2 tests run: 1 passed, 1 failed, 0 skipped",
                1,
                1,
            ),
            (
                "     Summary [   9.1s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 3 skipped",
                10,
                2,
            ),
            (
                "     Summary [   0.010s] 1 test run: 1 passed, 40 skipped",
                1,
                0,
            ),
            (
                "     Summary [   0.010s] 3/12 tests run: 2 passed, 1 failed, 0 skipped",
                2,
                10,
            ),
            (
                "     Summary [   0.010s] 2 tests run: 2 failed, 0 skipped",
                0,
                2,
            ),
        ] {
            assert_eq!(Count::read(line), Count { passed, failed }, "{line}");
        }
    }

    #[test]
    fn summaries_of_the_harness_add_up() {
        let log = "running 6 tests\n\
            test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.1s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
        assert_eq!(
            Count::read(log),
            Count {
                passed: 6,
                failed: 2
            }
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(
            Count::read("5 passed\nSummary of 3 things\ntest a ... ok"),
            Count::default()
        );
    }

    #[test]
    fn an_excuse_is_told_once() {
        let log = "skipped: another compiler\n    skipped: another compiler\nnot skipped: no\n";
        assert_eq!(excuses(log), ["another compiler"]);
    }
}
