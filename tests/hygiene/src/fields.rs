//! Structs whose fields are steps, or hold anything: conditions, other macros' attributes, names, no prelude.

use durable::__private::serde::Serialize;
use durable::{step, workflow, AnyState, Execute, Result, Settings, StepContext};

/// Answers as it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Echo;

impl Settings for Echo {}

impl Execute for Echo {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String> {
        Ok(input)
    }
}

/// Has fields that are not there in every build, and a derive that reads them.
#[derive(Debug, Serialize)]
#[workflow(crate = durable)]
#[serde(crate = "durable::__private::serde")]
pub struct Content {
    #[serde(skip)]
    #[step]
    writer: Echo,
    #[cfg(any())]
    absent: Missing,
    #[cfg_attr(all(), cfg(any()))]
    absent_too: Missing,
    #[cfg(not(any()))]
    present: u8,
    /// Is old.
    #[deprecated]
    pub old: u8,
    #[serde(skip)]
    #[step(input = "{writer} {previous}")]
    pub(crate) r#type: std::sync::Arc<Echo>,
}

/// Cannot be borrowed from.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
#[repr(C, packed)]
pub struct Packed {
    byte: u8,
    word: u32,
}

#[workflow(crate = durable)]
impl Packed {
    #[step]
    async fn sum(&self, number: u32) -> u32 {
        let Self { byte, word } = *self;
        number.saturating_add(u32::from(byte)).saturating_add(word)
    }
}

/// Has no names.
#[workflow(crate = durable)]
#[derive(Clone, Debug)]
pub struct Tuple(pub u8, Vec<Echo>);

#[workflow(crate = durable)]
impl Tuple {
    #[step]
    async fn count(&self) -> usize {
        self.1.len()
    }
}

/// Does without a prelude, among types and fields called like what the macros use.
pub mod bare {
    #![no_implicit_prelude]

    use ::durable::{step, workflow};

    use super::Echo;

    mod own {
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        pub(crate) struct Any;
        pub(crate) trait Execute {}
        impl Execute for Any {}
    }
    use own::{Any as Box, Any as Option, Any as String, Any as Settings, Any as Step, Execute};

    /// Has fields of every name.
    #[workflow(crate = ::durable)]
    pub struct Content {
        #[step]
        w: Echo,
        #[step(input = "{w} {input}", on_error = "skip")]
        r#type: Echo,
        #[step]
        __d: Echo,
        input: Box,
        visit: Option,
        string: String,
        step: Step,
        settings: Settings,
        object: ::std::sync::Arc<
            ::std::sync::Mutex<dyn Execute + ::std::marker::Send + ::std::marker::Sync>,
        >,
    }

    impl ::core::fmt::Debug for Content {
        fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let held = (
                self.input,
                self.visit,
                self.string,
                self.step,
                self.settings,
            );
            ::core::fmt::Debug::fmt(&(held, ::std::sync::Arc::strong_count(&self.object)), out)
        }
    }

    /// Makes one.
    #[must_use]
    pub fn content() -> Content {
        Content {
            w: Echo,
            r#type: Echo,
            __d: Echo,
            input: Box,
            visit: Option,
            string: String,
            step: Step,
            settings: Settings,
            object: ::std::sync::Arc::new(::std::sync::Mutex::new(Step)),
        }
    }

    /// Has fields called like locals.
    #[workflow(crate = ::durable)]
    #[derive(::core::fmt::Debug)]
    #[allow(clippy::pub_underscore_fields, reason = "it is a local of the macros")]
    pub struct Plain {
        /// Is a function.
        pub __v: fn(&u8) -> &u8,
        /// Is an array.
        pub state: [u8; 1],
    }

    #[workflow(crate = ::durable)]
    impl Plain {
        #[step]
        async fn add(&self, number: u8) -> u8 {
            let [first] = &self.state;
            number.saturating_add(*(self.__v)(first))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bare, Content, Echo, Packed, Tuple};
    use crate::runs::{run, steps};

    fn content() -> Content {
        #[expect(deprecated, reason = "to see it")]
        Content {
            writer: Echo,
            present: 1,
            old: 2,
            r#type: std::sync::Arc::new(Echo),
        }
    }

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(content().present, 1);
        assert_eq!(run(content(), "a".to_owned()).await?, "a a");
        assert_eq!(steps(content()).await?[0], ["writer", "type"]);
        assert_eq!(run(Packed { byte: 1, word: 2 }, 3).await?, 6);
        assert_eq!(run(Tuple(1, Vec::new()), ()).await?, 0);
        assert_eq!(run(bare::content(), "a".to_owned()).await?, "a a");
        assert_eq!(
            run(
                bare::Plain {
                    __v: |byte| byte,
                    state: [2]
                },
                1
            )
            .await?,
            3
        );
        Ok(())
    }
}
