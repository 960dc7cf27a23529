//! Types of every shape in signatures.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
    num::ParseIntError,
    sync::Arc,
};

use durable::{data, flow, step, workflow, Flow, Result, StepContext};

/// An alias with a parameter.
pub type Pairs<T> = Vec<(T, T)>;
/// An alias of the context.
pub type Context = StepContext;
/// An alias of a result with another error.
pub type Parsed<T, E = ParseIntError> = core::result::Result<T, E>;

/// An alias of the state.
pub type Session = Notes;

/// What is kept.
#[data(crate = durable)]
#[derive(Default, durable::State)]
#[state(crate = durable)]
pub struct Notes {
    /// How many.
    pub number: u32,
}

/// Has parameters.
#[data(crate = durable)]
pub struct Grid<T, const N: usize> {
    /// The marker.
    pub kind: PhantomData<T>,
    /// How many.
    pub size: u32,
}

/// A value with a lifetime.
#[data(crate = durable)]
pub struct Text {
    /// The words.
    pub words: Cow<'static, str>,
    /// As many again.
    pub more: Arc<str>,
}

/// How something is said.
pub trait Voice: Send + Sync {
    /// Says it.
    fn say(&self, text: &str) -> String;
}

/// Says it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Voice for Plain {
    fn say(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Holds what cannot be generic.
#[workflow(crate = durable)]
#[expect(missing_debug_implementations, reason = "of a trait object")]
pub struct Shapes {
    /// Is one of several.
    pub voice: Box<dyn Voice>,
    /// Is a function.
    pub rule: fn(&str) -> bool,
    /// Is shared.
    pub table: Arc<HashMap<&'static str, [u8; 2]>>,
}

#[workflow(state = Notes, crate = durable)]
impl Shapes {
    /// How many.
    pub const SIZE: usize = 2;

    #[step]
    async fn arrays(
        &self,
        all: [[u8; 2]; Self::SIZE],
        tuple: (u8, (), (String, [bool; 1 + 1])),
    ) -> ([u8; Self::SIZE], (u8,)) {
        (all.map(|[one, _]| one), (tuple.0,))
    }

    #[step]
    fn generics(
        &self,
        grid: Grid<u8, 3>,
        pairs: Pairs<Option<Box<[u8]>>>,
    ) -> BTreeMap<String, Grid<Vec<u8>, { 1 + 2 }>> {
        let size = grid.size.saturating_add(u32::from(pairs.is_empty()));
        BTreeMap::from([(
            "a".to_owned(),
            Grid {
                kind: PhantomData,
                size,
            },
        )])
    }

    #[step]
    fn lasting(&self, text: Cow<'static, str>, inner: Text) -> Result<Box<str>> {
        durable::ensure!((self.rule)(&text), "no");
        Ok(self.voice.say(&inner.words).into())
    }

    #[step]
    fn parsed(
        &self,
        text: String,
    ) -> core::result::Result<(u32, [u8; 2]), Box<dyn core::error::Error + Send + Sync>> {
        Ok((
            text.parse()?,
            self.table.get("a").copied().unwrap_or_default(),
        ))
    }

    #[step]
    fn qualified(
        &self,
        text: <str as ToOwned>::Owned,
        context: &Context,
    ) -> <Vec<u32> as IntoIterator>::Item {
        let _ = context.session_id();
        text.len().try_into().unwrap_or_default()
    }

    #[step]
    async fn result(
        &self,
        session: &mut Session,
        text: String,
    ) -> core::result::Result<u32, ParseIntError> {
        session.number = session.number.saturating_add(1);
        text.parse()
    }

    #[step]
    async fn units(&self, _nothing: ()) -> ((), ()) {
        ((), ())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<(u32, usize)> {
        let (_array, (_one,)) = flow
            .arrays([[1; 2]; 2], (1, (), (text.clone(), [true; 2])))
            .await?;
        let grids = flow
            .generics(
                Grid {
                    kind: PhantomData,
                    size: 1,
                },
                Vec::new(),
            )
            .await?;
        let inner = Text {
            words: "a".into(),
            more: "b".into(),
        };
        let _said = flow.lasting(Cow::Borrowed("a"), inner).await?;
        let ((), ()) = flow.units(()).await?;
        let (number, _) = flow.parsed(text.clone()).await?;
        let length = flow.qualified(text.clone()).await?;
        let again = flow.result(text).await?;
        Ok((
            number.saturating_add(length).saturating_add(again),
            grids.len(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Plain, Shapes};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        let shapes = Shapes {
            voice: Box::new(Plain),
            rule: |text| !text.is_empty(),
            table: std::sync::Arc::default(),
        };
        assert_eq!(run(shapes, "12".to_owned()).await?, (26, 1));
        Ok(())
    }
}
