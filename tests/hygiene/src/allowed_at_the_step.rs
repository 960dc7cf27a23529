//! What a program allows or expects on a step is said of its signature; generated code repeats the signature, and must
//! not be warned about where the allowance does not reach.

use durable::{data, flow, step, tool, workflow, Flow, Result, State, StepContext};

mod old {
    #![allow(
        deprecated,
        reason = "the derive of JsonSchema has no allowance of its own"
    )]

    /// Is old.
    #[deprecated = "use `u8`"]
    #[durable::data(crate = durable)]
    #[derive(Copy)]
    pub struct Old;
}

#[expect(deprecated, reason = "others still have it")]
pub use old::Old;

/// What is kept.
#[data(crate = durable)]
#[derive(Copy, Default, State)]
#[state(crate = durable)]
pub struct Notes {
    /// How many.
    pub number: u32,
}

/// Has what clippy dislikes.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Tolerant;

#[workflow(state = Notes, crate = durable)]
impl Tolerant {
    #[expect(deprecated, reason = "others still have it")]
    #[step]
    async fn old(&self, _old: Old) -> Old {
        Old
    }

    #[expect(clippy::vec_box, clippy::box_collection, reason = "as it comes")]
    #[step]
    fn boxes(&self, boxes: Vec<Box<u64>>, text: Box<String>) -> usize {
        boxes.len().saturating_add(text.len())
    }

    #[expect(clippy::type_complexity, reason = "as it comes")]
    #[step]
    fn complex(
        &self,
        all: Vec<(
            Option<Vec<(u8, [Option<Box<u8>>; 2])>>,
            Box<[Option<(u8, Vec<u8>)>]>,
        )>,
    ) -> usize {
        all.len()
    }

    #[expect(non_snake_case, reason = "as it is called elsewhere")]
    #[step]
    async fn badName(&self, BadArgument: u32) -> u32 {
        BadArgument
    }

    #[expect(unused_qualifications, reason = "copied from elsewhere")]
    #[step]
    fn qualified(&self, text: std::string::String) -> std::string::String {
        text
    }

    #[expect(
        clippy::option_option,
        clippy::fn_params_excessive_bools,
        clippy::too_many_arguments,
        clippy::many_single_char_names,
        reason = "a form"
    )]
    #[step]
    async fn form(
        &self,
        a: bool,
        b: bool,
        c: bool,
        d: bool,
        e: bool,
        f: bool,
        g: Option<Option<u8>>,
        h: u8,
    ) -> Option<Option<u8>> {
        (a && b && c && d && e && f)
            .then_some(g.flatten())
            .filter(|_| h > 0)
    }

    /// Reads what it takes as `&mut`, boxed and large values.
    #[step]
    async fn reads(&self, notes: &mut Notes, boxed: Box<u8>, large: [[u64; 8]; 8]) -> u32 {
        notes
            .number
            .saturating_add(u32::from(*boxed))
            .saturating_add(u32::from(large[0].is_empty()))
    }

    /// As above, on the blocking pool.
    #[step]
    fn reads_too(
        &self,
        notes: &mut Notes,
        boxed: Box<u8>,
        large: [[u64; 8]; 8],
        context: &StepContext,
    ) -> u32 {
        let _ = context.session_id();
        notes
            .number
            .saturating_add(u32::from(*boxed))
            .saturating_add(u32::from(large[0].is_empty()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, large: [[u64; 8]; 8], text: Box<u8>) -> Result<usize> {
        #[expect(deprecated, reason = "others still have it")]
        let _old = flow.old(Old).await?;
        let _complex = flow.complex(Vec::new()).await?;
        let _number = flow.badName(1).await?;
        let _text = flow.qualified("a".to_owned()).await?;
        let _form = flow
            .form(true, true, true, true, true, true, None, 1)
            .await?;
        let _read = flow.reads(text.clone(), large).await?;
        let _read = flow.reads_too(text, large).await?;
        flow.boxes(vec![Box::new(1)], Box::new("a".to_owned()))
            .await
    }
}

/// Takes what clippy dislikes.
#[expect(deprecated, reason = "as it comes")]
#[tool(crate = durable)]
pub async fn boxes(
    /// Which.
    boxes: Vec<Box<u64>>,
    /// Is old.
    old: Option<Old>,
    /// Is alone.
    single: Box<u8>,
    /// Is large.
    large: [[u64; 8]; 8],
    /// Is kept.
    notes: &mut Notes,
) -> usize {
    let number = usize::from(*single).saturating_add(large.len());
    boxes
        .len()
        .saturating_add(usize::from(old.is_some()))
        .saturating_add(number)
        .saturating_add(notes.number as usize)
}

#[cfg(test)]
mod tests {
    use super::{boxes, Tolerant};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Tolerant, ([[0; 8]; 8], Box::new(1))).await?, 2);
        assert_eq!(boxes::tool().name(), "boxes");
        Ok(())
    }
}
