//! R1 to R3: values.

use std::collections::{HashMap, HashSet};

use agno::{RunStatus, prelude::*};

use super::kit::{self, Ran};

#[workflow]
#[derive(Default)]
struct Floats {
    ran: Ran,
}

/// Numbers that change without `float_roundtrip`, and the awkward ones.
fn awkward() -> Vec<f64> {
    let mut numbers = vec![0.1 + 0.2, -0.0, f64::MIN_POSITIVE, f64::MAX, 1e-310, 5e-324];
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    while numbers.len() < 2000 {
        bits = bits
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = f64::from_bits(bits);
        if number.is_finite() {
            numbers.push(number);
        }
    }
    numbers
}

#[workflow]
impl Floats {
    #[step]
    async fn numbers(&self) -> Result<Vec<f64>> {
        self.ran.hit("numbers");
        Ok(awkward())
    }

    #[step]
    async fn bits(&self, numbers: Vec<f64>) -> Result<Vec<u64>> {
        Ok(numbers.into_iter().map(f64::to_bits).collect())
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<Vec<u64>> {
        let numbers = flow.numbers().await?;
        flow.bits(numbers).await
    }
}

#[tokio::test]
async fn replay_r01_live_equals_replayed() {
    let expected: Vec<u64> = awkward().into_iter().map(f64::to_bits).collect();
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, Floats::default(), ()).await);
    let again = Floats::default();
    let ran = again.ran.clone();
    let outcome = kit::resume(&storage, again).await;
    assert_eq!(ran.count("numbers"), 0, "it was recorded");
    let bits: Vec<u64> = outcome
        .output
        .expect("completes")
        .decode()
        .expect("numbers");
    assert_eq!(bits, expected);
}

#[workflow]
struct Unsaved;

#[data]
struct Reading {
    celsius: f64,
}

#[workflow]
impl Unsaved {
    #[step]
    async fn measure(&self, reads: bool) -> Result<Reading> {
        Ok(Reading {
            celsius: if reads { 20.5 } else { f64::NAN },
        })
    }

    #[step]
    async fn nothing(&self) -> Result<Option<Option<u8>>> {
        Ok(Some(None))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, reads: bool) -> Result<Option<Option<u8>>> {
        flow.measure(reads).await?;
        flow.nothing().await
    }
}

#[tokio::test]
async fn replay_r01_what_does_not_survive_being_saved_fails_at_once() {
    let outcome = kit::run(&kit::store(), Unsaved, false).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "invalid_output");
    assert!(
        message.contains("celsius") && message.contains("NaN"),
        "{message}"
    );
    assert_eq!(
        outcome.error.expect("an error").path.as_deref(),
        Some("measure#0")
    );
}

#[tokio::test]
async fn replay_r01_a_live_run_sees_what_a_resumed_one_would() {
    // `Some(None)` is written as `null` and reads back as `None`: live as well.
    let outcome = kit::run(&kit::store(), Unsaved, true).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "null");
}

#[workflow]
#[derive(Default)]
struct Unordered {
    ran: Ran,
}

#[workflow]
impl Unordered {
    #[step]
    async fn by_key(&self, map: HashMap<String, u32>, set: HashSet<String>) -> Result<usize> {
        self.ran.hit("by_key");
        Ok(map.len() + set.len())
    }

    #[step]
    async fn after(&self, count: usize) -> Result<usize> {
        Ok(count)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<usize> {
        // Each process fills them in another order.
        let map = (0..64).map(|n| (format!("k{n}"), n)).collect();
        let set = (0..64).map(|n| format!("s{n}")).collect();
        let count = flow.by_key(map, set).await?;
        flow.after(count).await
    }
}

#[tokio::test]
async fn replay_r02_inputs_are_compared_in_canonical_form() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, Unordered::default(), ()).await);
    let again = Unordered::default();
    let ran = again.ran.clone();
    let outcome = kit::resume(&storage, again).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(ran.count("by_key"), 0);
}

#[tokio::test]
async fn replay_r03_an_input_is_an_object_keyed_by_parameter() {
    let storage = kit::store();
    kit::run(&storage, Unsaved, true).await;
    let journal = kit::journal(&storage).await;
    let input = |path: &str| {
        let entry = journal
            .iter()
            .find(|entry| &*entry.path == path)
            .expect("is recorded");
        entry
            .input
            .as_ref()
            .expect("has an input")
            .as_str()
            .to_owned()
    };
    assert_eq!(input("measure#0"), r#"{"reads":true}"#);
    assert_eq!(input("nothing#0"), "{}");
}
