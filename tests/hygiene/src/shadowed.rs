//! A module whose types, traits, modules and macros are called like those of the standard library and of agno, with and
//! without a prelude.
#![allow(
    dead_code,
    unused_macros,
    clippy::wildcard_imports,
    reason = "what shadows need not be used"
)]

/// Everything that generated code could mean.
pub mod taken {
    /// Makes types of these names.
    macro_rules! types {
        ($($name:ident)*) => {$(
            /// Is called like another.
            #[durable::data(crate = durable)]
            #[derive(::core::default::Default)]
            pub struct $name;
        )*};
    }

    types!(
        Option Box Vec String Future Pin Arc Ok Err Some None Step Workflow Context Retry Cache Gate Graph Node Field Value
        Codec Call Scope Merge Agent Team Tool Args Self_ Output Input Steps Handle Definition Cow Fn FnOnce Sized
    );

    /// Is called like another.
    pub trait Send {}
    /// Is called like another.
    pub trait Sync {}
    /// Is called like another.
    pub trait Clone {}
    /// Is called like another.
    pub trait Debug {}
    /// Is called like another.
    pub trait Default {}
    /// Is called like another.
    pub trait Into {}
    /// Is called like another.
    pub trait From {}
    /// Is called like another.
    pub trait Iterator {}
    /// Is called like another.
    pub trait ToString {}
    /// Is called like another.
    pub trait Serialize {}
    /// Is called like another.
    pub trait Deserialize {}
    /// Is called like another.
    pub trait JsonSchema {}

    /// Is called like a primitive.
    pub mod str {}
    /// Is called like a primitive.
    pub mod u32 {}
    /// Is called like a crate.
    pub mod core {}
    /// Is called like a crate.
    pub mod std {}
    /// Is called like a crate.
    pub mod agno {}
    /// Is called like a crate.
    pub mod serde {}
    /// Is called like a crate.
    pub mod schemars {}
    /// Is called like what attributes begin with.
    pub mod diagnostic {}
    /// Is called like what attributes begin with.
    pub mod clippy {}
    /// Is called like what attributes begin with.
    pub mod rustfmt {}
}

/// With a prelude, under all those names.
pub mod with_prelude {
    use durable::{data, flow, step, tool, workflow};

    use super::taken::*;

    macro_rules! vec {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! format {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! matches {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! panic {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! unreachable {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! concat {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }
    macro_rules! assert {
        ($($any:tt)*) => {
            compile_error!("a macro of the user's")
        };
    }

    /// Is a type of the user's, with one parameter.
    pub type Result<T> = ::std::result::Result<T, durable::Error>;
    /// Is a type of the user's.
    pub type Words = ::std::vec::Vec<::std::string::String>;

    /// What is kept.
    #[data(crate = durable)]
    #[derive(::std::default::Default, durable::State)]
    #[state(crate = durable)]
    pub struct State {
        /// The words.
        #[merge(append)]
        pub words: Words,
        /// How many.
        #[merge(sum)]
        pub number: ::std::primitive::u32,
        /// The best.
        #[merge(max)]
        pub best: ::std::option::Option<::std::primitive::u8>,
    }

    /// Several.
    #[data(crate = durable)]
    pub enum Verdict {
        /// Is a variant.
        Ok(Ok),
        /// Is a variant.
        None {
            /// Is a field.
            some: Some,
        },
    }

    /// Uses them all.
    #[workflow(crate = durable, version = 3)]
    #[derive(::std::fmt::Debug)]
    pub struct Shadowed {
        /// Is a field.
        pub option: Option,
    }

    #[workflow(state = State, crate = durable)]
    impl Shadowed {
        #[step(retry(max = 2, backoff = "1ms"), on_error = "skip", timeout = "1s")]
        async fn search(
            &self,
            state: &mut State,
            a: Option,
            b: Box,
            c: Vec,
            ctx: &durable::StepContext,
        ) -> Result<String> {
            let _ = (a, b, c, ctx);
            state.number = state.number.saturating_add(1);
            ::std::result::Result::Ok(String)
        }

        #[step(confirm = "Yes?", cache(ttl = "1h"))]
        fn read(&self, a: Step, b: Graph, c: Handle, d: Context) -> Some {
            let _ = (a, b, c, d);
            Some
        }

        #[step]
        fn judge(&self, a: Ok) -> Verdict {
            Verdict::Ok(a)
        }

        #[flow]
        async fn run(flow: &durable::Flow<Self>, a: Option) -> Result<String> {
            let _verdict = flow.judge(Ok).await?;
            if flow.state().number > 0 {
                let _read = flow.read(Step, Graph, Handle, Context).await?;
            }
            flow.search(a, Box, Vec).await
        }
    }

    /// Has every type.
    #[tool(crate = durable)]
    pub async fn every(
        /// One.
        a: Option,
        /// Two.
        b: Box,
        state: &mut State,
        /// Three.
        c: Vec,
        ctx: &durable::ToolContext,
        /// Four.
        args: Args,
    ) -> Result<String> {
        let _ = (a, b, c, ctx, args, state.number);
        ::std::result::Result::Ok(String)
    }

    /// Has them without waiting.
    #[tool(crate = durable)]
    #[must_use]
    pub fn some(
        /// One.
        some: Option,
    ) -> Some {
        let _ = some;
        Some
    }
}

/// Without any.
pub mod without_prelude {
    #![no_implicit_prelude]

    use ::durable::{data, flow, step, tool, workflow};

    /// A value.
    #[data(crate = ::durable)]
    #[derive(::core::default::Default, ::durable::State)]
    #[state(crate = ::durable)]
    pub struct Notes {
        /// The words.
        #[merge(append)]
        pub words: ::std::vec::Vec<::std::string::String>,
    }

    /// An enum.
    #[data(crate = ::durable)]
    pub enum Verdict {
        /// Is a variant.
        Good,
        /// Is a variant.
        Fair(::std::string::String),
        /// Is a variant.
        Bad {
            /// Is a field.
            times: u8,
        },
    }

    /// Runs without a prelude.
    #[workflow(crate = ::durable)]
    #[derive(::core::fmt::Debug)]
    pub struct Bare {
        /// Is a field.
        pub number: u8,
    }

    #[workflow(state = Notes, crate = ::durable)]
    impl Bare {
        #[step(retry(max = 2), on_error = "skip")]
        async fn search(
            &self,
            notes: &mut Notes,
            topic: u8,
            context: &::durable::StepContext,
        ) -> ::durable::Result<u8> {
            let _ = (&notes.words, context);
            ::core::result::Result::Ok(topic)
        }

        #[step(name = "judge it", cache)]
        fn judge(&self, topic: u8) -> Verdict {
            Verdict::Bad { times: topic }
        }

        #[step]
        fn log(&self) {}

        #[flow]
        async fn run(flow: &::durable::Flow<Self>, topic: u8) -> ::durable::Result<u8> {
            flow.log().await?;
            match flow.judge(topic).await? {
                Verdict::Bad { times } => flow.search(times).await,
                Verdict::Good | Verdict::Fair(_) => ::core::result::Result::Ok(0),
            }
        }
    }

    /// Doubles.
    #[tool(crate = ::durable, timeout = "10s", cache(ttl = "1m"))]
    #[must_use]
    pub fn double(
        /// What.
        #[schemars(range(min = 1))]
        number: u8,
    ) -> u16 {
        ::core::convert::From::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{taken, with_prelude, without_prelude};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        let _found = run(
            with_prelude::Shadowed {
                option: taken::Option,
            },
            taken::Option,
        )
        .await?;
        assert_eq!(run(without_prelude::Bare { number: 1 }, 7).await?, 7);
        let tools = [
            with_prelude::every::tool(),
            with_prelude::some::tool(),
            without_prelude::double::tool(),
        ];
        assert_eq!(
            tools.map(|tool| tool.name().to_owned()),
            ["every", "some", "double"]
        );
        Ok(())
    }
}
