//! What generated code names. Not part of the public interface: it changes with the macros, and
//! both have one version.

pub use agno_core::__private::*;

/// What `#[tool]` names.
pub mod tool {
    use std::{convert::Infallible, marker::PhantomData, panic::resume_unwind, sync::Arc};

    // The derive of `JsonSchema` wants these in scope, also in a module without a prelude.
    pub use core::{convert::Into, default::Default};

    use agno_core::{BoxFuture, Error};
    use futures_util::FutureExt;
    use schemars::{JsonSchema, Schema, SchemaGenerator};
    use serde::{
        Deserialize, Deserializer,
        de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
    };
    use serde_json::{Map, Value};

    use crate::tool::bounds::OPTIONAL;
    pub use crate::tool::{
        Tool, ToolAnswer, ToolContext,
        bounds::{
            Answers, Failures, IsToolContext, ToolArgument, ToolFailure, ToolOutput, ToolState,
        },
    };

    /// The arguments of a tool, with those in `required` that have to be there.
    struct Described<A>(A);

    impl<'de, A: Deserialize<'de>> Deserialize<'de> for Described<A> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            // By itself a struct would take a list too, by position.
            let arguments = deserializer.deserialize_map(Object(PhantomData))?;
            Ok(Self(arguments))
        }
    }

    struct Object<A>(PhantomData<A>);

    impl<'de, A: Deserialize<'de>> Visitor<'de> for Object<A> {
        type Value = A;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object with the arguments")
        }

        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<A, M::Error> {
            A::deserialize(MapAccessDeserializer::new(map))
        }
    }

    impl<A: JsonSchema> JsonSchema for Described<A> {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            A::schema_name()
        }

        fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
            let mut schema = A::json_schema(schemas);
            if schema.get("properties").is_none() {
                // Services refuse an object that does not say what is in it.
                schema.insert("properties".to_owned(), Value::Object(Map::new()));
            }
            let mut optional = Vec::new();
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                for (name, property) in properties {
                    if let Value::Object(property) = property
                        && property.remove(OPTIONAL).is_some()
                    {
                        optional.push(name.clone());
                    }
                }
            }
            if let Some(Value::Array(required)) = schema.get_mut("required") {
                required.retain(|name| !optional.iter().any(|optional| name == optional));
                if required.is_empty() {
                    schema.remove("required");
                }
            }
            schema
        }
    }

    type Split<R> = dyn Fn(R) -> Result<ToolAnswer, Error> + Send + Sync;

    /// How what a function returned becomes an answer or an error.
    pub struct Returns<R>(Arc<Split<R>>);

    impl<R> std::fmt::Debug for Returns<R> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "Returns<{}>", std::any::type_name::<R>())
        }
    }

    /// Tells a `Result`, under whatever name, from a plain value: an inherent function comes
    /// before one of a trait.
    #[derive(Debug)]
    pub struct Returned<R>(PhantomData<R>);

    impl<T: 'static, E: 'static> Returned<Result<T, E>> {
        /// A function that returns a `Result`.
        pub fn agno_returns(
            Answers(answer): Answers<T>,
            Failures(boxed): Failures<E>,
        ) -> Returns<Result<T, E>> {
            Returns(Arc::new(move |returned: Result<T, E>| {
                let failed = |error| Error::wrap("tool_failed", boxed(error));
                answer(returned.map_err(failed)?)
            }))
        }
    }

    /// A function that returns a plain value.
    pub trait Plain<T: 'static> {
        /// The value is the answer.
        fn agno_returns(answers: Answers<T>, _: Failures<Infallible>) -> Returns<T> {
            Returns(Arc::new(answers.0))
        }
    }

    impl<T: 'static> Plain<T> for Returned<T> {}

    /// Makes a tool of a function that takes these arguments.
    #[derive(Debug)]
    pub struct Arguments<A>(PhantomData<A>);

    impl<A: DeserializeOwned + JsonSchema + Send + 'static> Arguments<A> {
        /// Of an asynchronous function.
        pub fn tool<R: 'static>(
            name: &str,
            description: &str,
            returns: Returns<R>,
            function: fn(A, ToolContext) -> BoxFuture<'static, R>,
        ) -> Tool {
            Tool::new(name, description, move |Described(arguments), context| {
                let returned = function(arguments, context);
                let returns = returns.0.clone();
                async move { returns(returned.await) }
            })
        }

        /// Of a blocking function, which runs on the pool for such. If the caller goes away, it
        /// runs to its end unseen.
        pub fn blocking<R: Send + 'static>(
            name: &str,
            description: &str,
            returns: Returns<R>,
            function: fn(A, ToolContext) -> R,
        ) -> Tool {
            Tool::new(name, description, move |Described(arguments), context| {
                let returns = returns.0.clone();
                async move {
                    let working = tokio::task::spawn_blocking(move || function(arguments, context));
                    match working.await {
                        Ok(returned) => returns(returned),
                        Err(stopped) => match stopped.try_into_panic() {
                            Ok(payload) => resume_unwind(payload),
                            Err(stopped) => Err(Error::wrap("tool_failed", stopped)),
                        },
                    }
                }
            })
        }

        /// Of an asynchronous function that changes the session's state.
        pub fn with_state<S: ToolState + 'static, R: 'static>(
            name: &str,
            description: &str,
            returns: Returns<R>,
            function: for<'a> fn(A, ToolContext, &'a mut S) -> BoxFuture<'a, R>,
        ) -> Tool {
            S::tool::<Described<A>>(
                name,
                description,
                Box::new(move |Described(arguments), context, state| {
                    let returned = function(arguments, context, state);
                    let returns = returns.0.clone();
                    async move { returns(returned.await) }.boxed()
                }),
            )
        }
    }

    /// What stands in for [`Arguments`] where an argument cannot be read, so that its
    /// [`ToolArgument`] is the only one that says so.
    pub trait Unreadable<A> {
        /// As in [`Arguments`].
        fn tool<R>(
            _: &str,
            _: &str,
            _: Returns<R>,
            _: fn(A, ToolContext) -> BoxFuture<'static, R>,
        ) -> Tool {
            refused()
        }

        /// As in [`Arguments`].
        fn blocking<R>(_: &str, _: &str, _: Returns<R>, _: fn(A, ToolContext) -> R) -> Tool {
            refused()
        }

        /// As in [`Arguments`].
        fn with_state<S, R>(
            _: &str,
            _: &str,
            _: Returns<R>,
            _: for<'a> fn(A, ToolContext, &'a mut S) -> BoxFuture<'a, R>,
        ) -> Tool {
            refused()
        }
    }

    impl<A> Unreadable<A> for Arguments<A> {}

    fn refused() -> Tool {
        unreachable!("the program was refused by `ToolArgument`")
    }
}
