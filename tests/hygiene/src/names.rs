//! Names: raw, in other alphabets, and those of generated items.
#![allow(
    non_upper_case_globals,
    non_camel_case_types,
    clippy::items_after_statements,
    reason = "that is the case"
)]

use durable::{data, flow, step, tool, workflow, Flow, Result, State, StepContext, ToolContext};

/// Is called like a local of the macros.
pub const w: usize = 1;
/// Is called like a local of the macros.
pub const c: usize = 1;
/// Is called like a local of the macros.
pub static f: u8 = 1;
/// Is called like a local of the macros.
pub static state: u8 = 1;
/// Is called like a local of the macros.
pub const arguments: u8 = 1;
/// Is called like a local of the macros.
pub static context: u8 = 1;
/// Is called like an item of the macros.
pub const STATE: usize = 2;
/// Is called like an item of the macros.
pub const GRAPH: usize = 3;

/// Is called like an item of the macros.
#[must_use]
pub const fn codec0() -> usize {
    4
}

/// Is called like an item of the macros.
#[must_use]
pub const fn param() -> usize {
    5
}

/// Is called like an item of the macros.
pub const fn here() {}
/// Is called like an item of the macros.
pub const fn define() {}

/// Is called like a type of the macros.
#[data(crate = durable)]
#[derive(Default)]
pub struct Handle;
/// Is called like a type of the macros.
#[data(crate = durable)]
#[derive(Default)]
pub struct ReservedSteps;
/// Is called like a type of the macros.
#[data(crate = durable)]
#[derive(Default)]
pub struct Definition;
/// Is called like a type of the macros.
#[data(crate = durable)]
#[derive(Default)]
pub struct Steps;

/// Has every name that is taken.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Reserved;

/// What is kept.
#[data(crate = durable)]
#[derive(Default, State)]
#[state(crate = durable)]
pub struct Notes {
    /// Is raw.
    pub r#type: u32,
    /// Is not ASCII.
    pub größe: u32,
}

#[workflow(state = Notes, crate = durable)]
impl Reserved {
    #[step]
    async fn codec1(
        &self,
        a: [u8; STATE],
        b: [u8; GRAPH],
        d: [u8; codec0()],
        e: [u8; param()],
    ) -> usize {
        let _ = (b, d, e);
        a.len()
    }

    #[step]
    fn handle(&self, handle: Handle, steps: Steps, definition: Definition) -> ReservedSteps {
        let _ = (handle, steps, definition);
        ReservedSteps
    }

    #[step]
    async fn locals(
        &self,
        notes: &mut Notes,
        __agno: u8,
        __d: u8,
        ctx: &StepContext,
        this: u8,
        call: u8,
    ) -> u8 {
        notes.r#type = u32::from(__agno);
        let _ = ctx.session_id();
        __d.saturating_add(this).saturating_add(call)
    }

    #[step]
    fn blocking_locals(&self, __w: u8, __c: u8, __f: u8, notes: &mut Notes) -> u8 {
        notes.größe = u32::from(__f);
        __w.saturating_add(__c)
    }

    #[flow]
    async fn main(f_: &Flow<Self>, __f: u8, handle: ReservedSteps) -> Result<usize> {
        let _steps = f_.handle(Handle, Steps, Definition).await?;
        let _ = handle;
        let _local = f_.locals(__f, 1, 2, 3).await?;
        let _local = f_.blocking_locals(__f, 1, 2).await?;
        f_.codec1([0; 2], [0; 3], [0; 4], [0; 5]).await
    }
}

/// Has a raw name.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct r#struct;

#[workflow(crate = durable)]
impl r#struct {
    #[step(cache(key = "type, größe"))]
    async fn r#match(&self, r#type: String, größe: usize) -> String {
        r#type.repeat(größe)
    }

    #[step]
    fn größer(&self, größe: usize) -> usize {
        größe.saturating_add(1)
    }

    #[flow]
    async fn r#loop(r#fn: &Flow<Self>, r#in: String) -> Result<String> {
        let größe = r#fn.größer(1).await?;
        let r#in = r#fn.r#match(r#in, größe).await?;
        r#fn.r#final(r#in).await
    }

    #[flow]
    async fn r#final(r#fn: &Flow<Self>, r#in: String) -> Result<String> {
        r#fn.r#match(r#in, 1).await
    }
}

/// Has a name in another alphabet.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Überblick;

#[workflow(crate = durable)]
impl Überblick {
    #[step]
    async fn 検索(&self, ключ: String) -> String {
        ключ
    }
}

/// Has the names of what it makes.
#[tool(crate = durable)]
pub async fn tool_of_names(
    /// One.
    r#type: [u8; STATE],
    /// Two.
    __arguments: u8,
    ctx: &ToolContext,
    /// Three.
    größe: usize,
    notes: &mut Notes,
) -> usize {
    let _ = (__arguments, ctx, notes.r#type);
    r#type.len().saturating_add(größe)
}

#[cfg(test)]
mod tests {
    use super::{r#struct, tool_of_names, Reserved, ReservedSteps, Überblick};
    use crate::runs::{run, steps};

    #[tokio::test]
    async fn names_are_as_written() -> durable::Result<()> {
        assert_eq!(run(Reserved, (1, ReservedSteps)).await?, 2);
        assert_eq!(run(r#struct, "ä".to_owned()).await?, "ää");
        assert_eq!(run(Überblick, "ё".to_owned()).await?, "ё");
        let [known, drawn] = steps(r#struct).await?;
        assert_eq!(known, ["match", "größer"]);
        assert_eq!(drawn, ["größer", "match", "final", "match"]);
        let [known, _] = steps(Überblick).await?;
        assert_eq!(known, ["検索"]);
        assert_eq!(
            tool_of_names::tool().spec().parameters["properties"]["größe"]["description"],
            "Three."
        );
        Ok(())
    }
}
