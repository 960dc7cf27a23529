//! Traits in scope that give every type methods like those that generated code calls, and constants and functions like
//! those that it looks up.

use durable::{data, flow, step, tool, workflow, Flow, Result, State, StepContext};

/// Gives every type everything, by value, by reference and without one.
pub trait Everything: Sized {
    /// Is called like something else.
    const PLAIN: bool = false;
    /// Is called like something else.
    const FIELDS: u8 = 0;
    /// Is called like something else.
    const NAME: u8 = 0;
    /// Is called like something else.
    fn codec() {}
    /// Is called like something else.
    fn returns() {}
    /// Is called like something else.
    fn blocking() {}
    /// Is called like something else.
    fn pin() {}
    /// Is called like something else.
    fn step(self) {}
    /// Is called like something else.
    fn subflow(self) {}
    /// Is called like something else.
    fn call(self) {}
    /// Is called like something else.
    fn describe(self) {}
    /// Is called like something else.
    fn retry(self) {}
    /// Is called like something else.
    fn timeout(self) {}
    /// Is called like something else.
    fn cache(self) {}
    /// Is called like something else.
    fn confirm(self) {}
    /// Is called like something else.
    fn key(self) {}
    /// Is called like something else.
    fn graph(self) {}
    /// Is called like something else.
    fn state(self) {}
    /// Is called like something else.
    fn flow(self) {}
    /// Is called like something else.
    fn chain(self) {}
    /// Is called like something else.
    fn execute(self) {}
    /// Is called like something else.
    fn visit(self) {}
    /// Is called like something else.
    fn not_idempotent(self) {}
    /// Is called like something else.
    fn search(self) {}
    /// Is called like something else.
    fn or_default(self) {}
}

impl<T> Everything for T {}

/// The same by reference.
pub trait ByReference {
    /// Is called like something else.
    fn visit(&self) {}
    /// Is called like something else.
    fn step(&self) {}
    /// Is called like something else.
    fn state(&self) {}
    /// Is called like something else.
    fn context(&self) {}
    /// Is called like something else.
    fn tool(&self) {}
    /// Is called like something else.
    fn of(&self) {}
    /// Is called like something else.
    fn settings(&self) {}
    /// Is called like something else.
    fn text(&self) {}
}

impl<T: ?Sized> ByReference for T {}

/// What is kept.
#[data(crate = durable)]
#[derive(Default, State)]
#[state(crate = durable)]
pub struct Notes {
    /// How many.
    #[merge(sum)]
    pub number: u32,
}

/// Has steps under them all.
#[workflow(crate = durable)]
#[derive(Clone, Debug, Default)]
pub struct Crowded {
    /// Is a field.
    pub field: u32,
}

#[workflow(state = Notes, crate = durable)]
impl Crowded {
    /// Looks.
    #[step(
        retry(max = 2, backoff = "1ms"),
        timeout = "5s",
        cache(ttl = "1m", key = "n")
    )]
    async fn look(&self, n: u32) -> Result<u32> {
        durable::ensure!(n < 9, "too many");
        Ok(n)
    }

    /// Counts.
    #[step(
        confirm(message = "Yes?", timeout = "1ms", on_timeout = "approve"),
        on_error = "skip"
    )]
    fn count(&self, n: u32, notes: &mut Notes, context: &StepContext) -> u32 {
        notes.number = notes.number.saturating_add(n);
        n.saturating_add(u32::from(context.session_id().is_empty()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let n = flow.look(n).await?;
        flow.rest(n).await
    }

    #[flow(timeout = "1m")]
    async fn rest(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.count(n).await
    }
}

/// Answers as it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Echo;

impl durable::Settings for Echo {}

impl durable::Execute for Echo {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn durable::AnyState>,
    ) -> Result<String> {
        Ok(input)
    }
}

/// Its fields are steps.
#[workflow(crate = durable)]
#[derive(Clone, Debug)]
pub struct Fields {
    #[step]
    first: Echo,
    #[step(input = "{input} {first}", timeout = "5s")]
    second: Echo,
    plain: u8,
}

/// Is a tool.
#[tool(crate = durable, timeout = "1s", idempotent = false, confirm = "Yes?")]
#[must_use]
pub fn plain_tool(
    /// What.
    n: u32,
) -> u32 {
    n
}

/// Is a tool with a state.
///
/// # Errors
///
/// With too many.
#[tool(crate = durable)]
pub async fn fallible_tool(
    notes: &mut Notes,
    /// What.
    n: u32,
) -> Result<u32> {
    durable::ensure!(n < 9, "too many");
    Ok(notes.number)
}

#[cfg(test)]
mod tests {
    use super::{fallible_tool, plain_tool, Crowded, Echo, Fields};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Crowded::default(), 3).await?, 3);
        let fields = Fields {
            first: Echo,
            second: Echo,
            plain: 1,
        };
        assert_eq!(fields.plain, 1);
        assert_eq!(run(fields, "a".to_owned()).await?, "a a");
        assert_eq!(
            [plain_tool::tool().name(), fallible_tool::tool().name()],
            ["plain_tool", "fallible_tool"]
        );
        Ok(())
    }
}
