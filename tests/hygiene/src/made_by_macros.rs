//! Workflows, steps and tools that come out of `macro_rules!`, with fragments of every kind, and macros in their bodies.

use durable::{data, flow, step, tool, workflow, Flow, Result};

/// A macro that makes a whole workflow.
macro_rules! chain {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($step:ident: $from:ty => $to:ty = $run:expr_2021;)* }) => {
        $(#[$meta])*
        #[workflow(crate = durable)]
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        #[workflow(crate = durable)]
        impl $name {
            $(
                /// Is made.
                #[step]
                async fn $step(&self, value: $from) -> $to {
                    let run: fn($from) -> $to = $run;
                    run(value)
                }
            )*
        }
    };
}

chain! {
    /// Is made by a macro.
    pub Chained {
        double: u32 => u64 = |number| u64::from(number).saturating_mul(2);
        text: u64 => String = |number| number.to_string();
    }
}

chain! {
    /// Is made by a macro, in the same module.
    Second { only: u8 => Option<u8> = Some; }
}

/// A macro whose workflow is made of fragments: types, names, bodies, literals, attributes, a path.
macro_rules! fragments {
    (
        $name:ident, $krate:path, $state:ty, $flow:ident, $number:expr_2021, $text:literal, $any:tt;
        $(#[$marker:meta] $vis:vis $step:ident($($param:ident: $ty:ty),*) -> $returns:ty $body:block)*
    ) => {
        /// Is made of fragments.
        #[workflow(crate = $krate, name = $text)]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        #[workflow(crate = $krate, state = $state)]
        impl $name {
            $(
                #[$marker]
                $vis async fn $step(&self, notes: &mut $state, $($param: $ty),*) -> $returns {
                    notes.number = notes.number.saturating_add(1);
                    $body
                }
            )*

            #[flow]
            async fn run($flow: &Flow<Self>, number: u32) -> Result<u32> {
                let number = $flow.first(number).await?;
                let number = if number > $number { $flow.second(number).await? } else { $any };
                let parts = vec![$flow.first(number).await?, number];
                Ok(parts.into_iter().fold(0, u32::saturating_add))
            }
        }
    };
}

/// What is kept.
#[data(crate = durable)]
#[derive(Default, durable::State)]
#[state(crate = durable)]
pub struct Notes {
    /// How many.
    pub number: u32,
}

fragments! {
    Fragments, durable, Notes, flow, 1, "made of fragments", 7;
    #[step] pub(crate) first(number: u32) -> u32 { number }
    #[step(retry(max = 2), timeout = "5s")] second(number: u32) -> Result<u32> {
        durable::ensure!(number < 9, "too many");
        Ok(number)
    }
}

/// A macro whose steps have bodies, types and an impl that are fragments as a whole.
macro_rules! whole {
    ($this:ty, $context:ty, $returns:ty, $step:block, $constant:block, $flow:ident, $run:block) => {
        #[workflow(crate = durable)]
        impl $this {
            #[step]
            async fn step(&self, _value: u32, _context: &$context) -> $returns $step

            #[step]
            fn constant(&self) -> u32 $constant

            #[flow]
            async fn run($flow: &Flow<Self>, _value: u32) -> $returns $run
        }
    };
}

/// Has bodies that are fragments.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Whole;

whole!(
    Whole,
    durable::StepContext,
    Result<u32>,
    { Ok(4) },
    { 3 },
    flow,
    {
        let all = vec![flow.step(1).await?, flow.constant().await?];
        #[cfg(any())]
        flow.gone().await?;
        Ok(all.into_iter().fold(0, u32::saturating_add))
    }
);

/// A macro that marks what it is given.
macro_rules! marked {
    ($krate:path; $($item:item)*) => { $(#[workflow(crate = $krate)] $item)* };
}

marked! { durable;
    /// Is given to a macro.
    #[derive(Clone, Copy, Debug)]
    pub struct Given;

    impl Given {
        #[step]
        async fn one(&self, number: u32) -> u32 {
            number
        }

        #[flow]
        async fn run(flow: &Flow<Self>, number: u32) -> Result<u32> {
            flow.one(number).await
        }
    }
}

/// A macro inside of an impl block's body is the user's, whatever it is called.
macro_rules! add {
    ($flow:ident . $step:ident ( $($value:expr_2021),* )) => {
        $flow.$step($($value),*).await?
    };
}

/// Uses macros in its bodies.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Inner;

#[workflow(crate = durable)]
impl Inner {
    #[step]
    async fn one(&self, number: u32) -> String {
        format!("{number}")
    }

    #[flow]
    async fn run(flow: &Flow<Self>, number: u32) -> Result<String> {
        let text = add!(flow.one(number));
        Ok(format!(
            "{} {text} {:?}",
            flow.one(2).await?,
            [flow.one(3).await?]
        ))
    }
}

/// A macro that makes tools.
macro_rules! tools {
    ($($(#[$meta:meta])* $vis:vis $name:ident($($param:ident: $ty:ty = $about:literal),*) -> $returns:ty $body:block)*) => {$(
        $(#[$meta])*
        #[tool(crate = durable)]
        $vis async fn $name($(#[doc = $about] $param: $ty),*) -> $returns $body
    )*};
}

tools! {
    /// Repeats.
    pub repeat(text: String = "What.", times: u8 = "How often.") -> Result<String> {
        durable::ensure!(times < 9, "too many");
        Ok(text.repeat(usize::from(times)))
    }

    /// Counts.
    pub count(text: String = "What.") -> usize { text.len() }
}

/// A macro that makes values.
macro_rules! values {
    ($($name:ident { $($field:ident: $ty:ty),* })*) => {$(
        /// Is made.
        #[data(crate = durable)]
        #[derive(Default, durable::State)]
        #[state(crate = durable)]
        pub struct $name {$(
            /// Is made.
            #[merge(append)]
            pub $field: $ty
        ),*}
    )*};
}

values! {
    Words { words: Vec<String> }
    Numbers { numbers: Vec<u32>, others: std::collections::VecDeque<u8> }
}

#[cfg(test)]
mod tests {
    use super::{count, repeat, Chained, Fragments, Given, Inner, Numbers, Second, Whole, Words};
    use crate::runs::{run, steps};

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Chained, 3).await?, "6");
        assert_eq!(run(Second, 3).await?, Some(3));
        assert_eq!(run(Fragments, 3).await?, 6);
        assert_eq!(run(Whole, 1).await?, 7);
        assert_eq!(run(Given, 1).await?, 1);
        assert_eq!(run(Inner, 1).await?, "2 1 [\"3\"]");
        assert_eq!(
            [repeat::tool().name(), count::tool().name()],
            ["repeat", "count"]
        );
        assert!(Words::default().words.is_empty() && Numbers::default().numbers.is_empty());
        Ok(())
    }

    #[tokio::test]
    async fn they_are_drawn() -> durable::Result<()> {
        assert_eq!(steps(Chained).await?[1], ["double", "text"]);
        assert_eq!(steps(Fragments).await?[1], ["first", "second", "first"]);
        assert_eq!(steps(Whole).await?[1], ["step", "constant"]);
        assert_eq!(steps(Inner).await?[1], ["one"; 3]);
        Ok(())
    }
}
