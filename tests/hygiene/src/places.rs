//! Where workflows stand: several in a module, in functions, deep down, and their types by every kind of path.

#![allow(unused_qualifications, reason = "that is the case")]

use durable::{flow, step, workflow, Flow, Result, Workflow};

/// Is deep.
pub mod deep {
    /// Is deeper.
    pub mod down {
        use durable::{data, step, workflow, State, StepContext};

        /// Is a value.
        #[data(crate = durable)]
        #[derive(Default, State)]
        #[state(crate = durable)]
        pub struct Here {
            /// How many.
            pub number: u32,
        }

        /// Has types by every kind of path.
        #[workflow(crate = durable)]
        #[derive(Clone, Copy, Debug)]
        pub struct Paths;

        #[workflow(state = self::Here, crate = durable)]
        impl self::Paths {
            #[step]
            async fn first(
                &self,
                state: &mut Here,
                there: super::There,
                context: &StepContext,
            ) -> self::Here {
                state.number = there.number;
                let _ = context.session_id();
                Here {
                    number: there.number,
                }
            }

            #[step]
            fn second(
                &self,
                here: crate::places::deep::down::Here,
                state: &mut self::Here,
            ) -> super::super::deep::There {
                state.number = here.number;
                super::There {
                    number: here.number,
                }
            }
        }
    }

    /// Is a value.
    #[durable::data(crate = durable)]
    pub struct There {
        /// How many.
        pub number: u32,
    }

    /// Its steps stand in another module.
    #[durable::workflow(crate = durable)]
    #[derive(Clone, Copy, Debug)]
    pub struct Apart {
        pub(super) number: u32,
    }
}

#[durable::workflow(crate = ::durable)]
impl deep::Apart {
    #[durable::step]
    async fn only(&self, other: deep::There) -> u32 {
        self.number.saturating_add(other.number)
    }

    #[durable::flow]
    async fn run(flow: &Flow<Self>, other: deep::There) -> Result<u32> {
        flow.only(other).await
    }
}

/// Is one of two, whose steps have the same names.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct One;

/// Is the other.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Other;

#[workflow(crate = durable)]
impl Other {
    #[step]
    async fn same(&self, value: Vec<Self>) -> usize {
        value.len()
    }
}

#[workflow(crate = durable)]
impl One {
    #[step]
    async fn same(&self) -> usize {
        1
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<usize> {
        flow.same().await
    }
}

impl durable::__private::serde::Serialize for Other {
    fn serialize<S: durable::__private::serde::Serializer>(
        &self,
        to: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}

impl<'de> durable::__private::serde::Deserialize<'de> for Other {
    fn deserialize<D: durable::__private::serde::Deserializer<'de>>(
        from: D,
    ) -> core::result::Result<Self, D::Error> {
        <() as durable::__private::serde::Deserialize<'de>>::deserialize(from).map(|()| Self)
    }
}

impl durable::__private::schemars::JsonSchema for Other {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Other".into()
    }

    fn json_schema(
        schemas: &mut durable::__private::schemars::SchemaGenerator,
    ) -> durable::__private::schemars::Schema {
        <() as durable::__private::schemars::JsonSchema>::json_schema(schemas)
    }
}

/// A workflow that stands in a function, with its types and its state.
#[must_use]
pub fn local() -> impl Workflow<Input = u32, Output = String> {
    #[durable::data(crate = durable)]
    #[derive(Default, durable::State)]
    #[state(crate = durable)]
    struct Notes {
        #[merge(append)]
        words: Vec<String>,
    }

    #[durable::data(crate = durable)]
    struct Page {
        number: u32,
    }

    #[workflow(crate = durable)]
    struct Local {
        prefix: &'static str,
    }

    #[workflow(state = Notes, crate = durable)]
    impl Local {
        #[step]
        async fn read(&self, number: u32) -> Page {
            Page { number }
        }

        #[step]
        fn write(&self, page: Page, notes: &mut Notes) -> String {
            notes.words.push(self.prefix.to_owned());
            format!("{}{}", self.prefix, page.number)
        }

        #[flow]
        async fn run(flow: &Flow<Self>, number: u32) -> Result<String> {
            let page = flow.read(number).await?;
            flow.write(page).await
        }
    }

    // In a block of a block, under a name that is taken further out.
    {
        #[workflow(crate = durable)]
        struct One;

        #[workflow(crate = durable)]
        impl One {
            #[step]
            async fn same(&self) {}
        }

        let _builder: durable::RuntimeBuilder = durable::Runtime::builder().workflow(One);
    }

    Local { prefix: "p" }
}

#[cfg(test)]
mod tests {
    use super::deep::{down::Paths, Apart, There};
    use super::{local, One, Other};
    use crate::runs::run;

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Paths, There { number: 3 }).await?.number, 3);
        assert_eq!(run(Apart { number: 1 }, There { number: 3 }).await?, 4);
        assert_eq!(run(One, ()).await?, 1);
        assert_eq!(run(Other, vec![Other]).await?, 1);
        assert_eq!(run(local(), 3).await?, "p3");
        Ok(())
    }
}
