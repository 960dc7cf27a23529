//! The workflow that the children run: a bit of everything that is recorded.

use std::sync::Arc;

use agno::{Artifact, Content, prelude::*};

use crate::effects::Effects;

/// What an errand does.
#[data]
pub struct Job {
    /// What its texts are made from.
    pub seed: u64,
    /// How many pieces are fetched at once.
    pub width: u64,
    /// How long each is, in bytes.
    pub bytes: usize,
    /// Whether a person is asked.
    pub asks: bool,
    /// How often the session's state is changed one after the other: long runs are many steps.
    pub length: u64,
}

/// What the session counts.
#[data]
#[derive(Default, State)]
pub struct Tally {
    /// One for each step that counts.
    #[merge(sum)]
    pub total: u64,
    /// The last of them.
    #[merge(last)]
    pub last: String,
}

/// A run of many kinds of steps.
#[derive(Debug)]
#[workflow]
pub struct Errand {
    /// Where bodies note that they run.
    pub effects: Arc<Effects>,
}

/// A text of so many bytes that another seed does not have.
pub fn text(seed: u64, bytes: usize) -> String {
    let word = format!("{seed:x}.");
    word.repeat(bytes.div_ceil(word.len()))
}

#[workflow(state = Tally)]
impl Errand {
    /// Fetches a piece.
    #[step]
    async fn fetch(&self, context: &StepContext, seed: u64, bytes: usize) -> String {
        self.effects.note(context);
        text(seed, bytes)
    }

    /// A piece that the cache may have.
    #[step(cache(ttl = "1h"))]
    async fn look_up(&self, context: &StepContext, seed: u64, bytes: usize) -> String {
        self.effects.note(context);
        text(seed, bytes)
    }

    /// Changes the session.
    #[step]
    async fn count(&self, tally: &mut Tally, context: &StepContext, seed: u64) -> u64 {
        self.effects.note(context);
        tally.total += 1;
        tally.last = format!("{seed:x}");
        seed
    }

    /// Works at the second attempt.
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn stumble(&self, context: &StepContext, seed: u64) -> Result<u64> {
        self.effects.note(context);
        ensure!(context.attempt() > 1, "not yet");
        Ok(seed)
    }

    /// Keeps a picture.
    #[step]
    async fn draw(&self, context: &StepContext, seed: u64) -> Result<Artifact> {
        self.effects.note(context);
        // Few of them, since nobody removes any.
        context.store(Content::new(text(seed % 32, 5000))).await
    }

    /// Records parts of itself.
    #[step]
    async fn in_parts(&self, context: &StepContext, seed: u64) -> Result<u64> {
        self.effects.note(context);
        let mut sum = 0;
        for part in 0..3_u64 {
            let key = format!("part-{part}");
            sum += context
                .memo(&key, async { Ok::<_, Error>(seed % 1000 + part) })
                .await?;
        }
        Ok(sum)
    }

    /// All of it.
    #[flow]
    async fn run(flow: &Flow<Self>, job: Job) -> Result<String> {
        let (seed, bytes) = (job.seed, job.bytes);
        let first = flow.fetch(seed, bytes).await?;
        let pieces = flow
            .map(0..job.width, |n| flow.fetch(seed + n, bytes))
            .limit(4)
            .await?;
        let (counted, stumbled, drawn) = flow
            .parallel((flow.count(seed), flow.stumble(seed), flow.pair(seed)))
            .await?;
        flow.draw(seed).await?;
        let parts = flow.in_parts(seed).await?;
        let cached = flow.look_up(seed % 16, bytes.min(2000)).await?;
        for n in 0..job.length {
            flow.count(seed + n).await?;
        }
        if job.asks {
            flow.confirm("Go on?").await?;
        }
        let called = flow.call::<Called>(seed).await?;
        flow.say("nearly done");
        flow.count(seed).await?;
        let length: usize = pieces.iter().map(String::len).sum();
        Ok(format!(
            "{} {length} {counted} {stumbled} {drawn} {parts} {} {called}",
            first.len(),
            cached.len()
        ))
    }

    /// Two steps that belong together.
    #[flow]
    async fn pair(flow: &Flow<Self>, seed: u64) -> Result<u64> {
        let one = flow.count(seed).await?;
        let other = flow.fetch(seed + 1, 200).await?;
        Ok(one + other.len() as u64)
    }
}

/// A run that another one calls.
#[derive(Debug)]
#[workflow]
pub struct Called {
    /// Where bodies note that they run.
    pub effects: Arc<Effects>,
}

#[workflow]
impl Called {
    /// Fetches a piece.
    #[step]
    async fn fetch(&self, context: &StepContext, seed: u64) -> String {
        self.effects.note(context);
        text(seed, 300)
    }

    /// Two of them.
    #[flow]
    async fn run(flow: &Flow<Self>, seed: u64) -> Result<u64> {
        let one = flow.fetch(seed).await?;
        let other = flow.fetch(seed + 1).await?;
        Ok((one.len() + other.len()) as u64)
    }
}
