//! Values between steps: how they are written, read and described.

use std::{any::Any, marker::PhantomData};

use agno_storage::Json;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::error::{BoxError, Error, code};

/// A value that passes between steps. It is saved as JSON and read back, so it needs
/// `Serialize`, `Deserialize` and `JsonSchema`; nothing has to be written by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot pass between steps",
    label = "this value is saved and read back",
    note = "a type of your own: write `#[data]` above its `struct` or `enum` (`{Self}`, or what is in it); one of another crate: wrap it in a struct, or convert it"
)]
pub trait Value: Serialize + DeserializeOwned + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Value for T {}

/// How values of one type are written, read and described.
pub struct Codec<T> {
    encode: fn(&T) -> serde_json::Result<Json>,
    decode: fn(&str) -> serde_json::Result<T>,
    schema: SchemaOf,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

impl<T> std::fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Codec<{}>", std::any::type_name::<T>())
    }
}

/// The codec of a type.
pub fn codec<T: Value>() -> Codec<T> {
    Codec {
        encode: Json::encode::<T>,
        decode: |text| serde_json::from_str(text),
        schema: SchemaOf {
            name: T::schema_name,
            inline: T::json_schema,
            reference: SchemaGenerator::subschema_for::<T>,
        },
    }
}

/// A type's schema, for describing it to people and machines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SchemaOf {
    pub(crate) name: fn() -> std::borrow::Cow<'static, str>,
    /// The schema itself.
    pub(crate) inline: fn(&mut SchemaGenerator) -> Schema,
    /// A reference to it where it has a name.
    pub(crate) reference: fn(&mut SchemaGenerator) -> Schema,
}

/// A parameter of a step or flow: its name and codec.
#[derive(Debug)]
pub struct Param<T> {
    name: &'static str,
    codec: Codec<T>,
}

impl<T> Param<T> {
    fn info(&self) -> ParamInfo {
        ParamInfo {
            name: self.name,
            schema: self.codec.schema,
        }
    }
}

/// Names a parameter. See [`Definition::step`](crate::Definition::step).
pub fn param<T>(name: &'static str, codec: Codec<T>) -> Param<T> {
    Param { name, codec }
}

/// A name and a schema, in the order of declaration.
#[derive(Clone, Copy, Debug)]
pub struct ParamInfo {
    /// The parameter's name.
    pub name: &'static str,
    pub(crate) schema: SchemaOf,
}

/// The parameters of a step or flow: a tuple of [`Param`]s, of at most eight.
pub trait Params: Send + Sync + 'static {
    /// The values, as a tuple.
    type Values: Send + 'static;
    /// What a run is started with: the value itself when there is one, else the tuple.
    type Input: Send + 'static;
    /// Names and schemas.
    fn describe(&self) -> Vec<ParamInfo>;
    /// Writes the values as an object keyed by name.
    fn encode(&self, values: &Self::Values) -> serde_json::Result<Json>;
    /// Reads the values from an object keyed by name.
    fn decode(&self, json: &Json) -> serde_json::Result<Self::Values>;
    /// Writes what a run is started with.
    fn encode_input(&self, input: &Self::Input) -> serde_json::Result<Json>;
}

/// An object of parts that are JSON already.
struct Object<'a, const N: usize>([(&'static str, &'a Json); N]);

impl<const N: usize> Serialize for Object<'_, N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The parts of an object, unread.
struct Parts<'a>(Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Parts<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Parts<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object keyed by parameter name")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::with_capacity(map.size_hint().unwrap_or(2));
                while let Some(entry) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    parts.push((entry.0.0, entry.1));
                }
                Ok(Parts(parts))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// A key, borrowed where the text has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

impl Parts<'_> {
    fn take<T>(&self, param: &Param<T>) -> serde_json::Result<T> {
        let found = self.0.iter().find(|(name, _)| name == param.name);
        // An absent parameter reads like `null`, so that an `Option` may be left out.
        (param.codec.decode)(found.map_or("null", |(_, raw)| raw.get()))
    }
}

impl Params for () {
    type Values = ();
    type Input = ();
    fn describe(&self) -> Vec<ParamInfo> {
        Vec::new()
    }
    fn encode(&self, (): &()) -> serde_json::Result<Json> {
        Json::encode(&Object::<0>([]))
    }
    fn decode(&self, _: &Json) -> serde_json::Result<()> {
        Ok(())
    }
    fn encode_input(&self, (): &()) -> serde_json::Result<Json> {
        Json::encode(&Object::<0>([]))
    }
}

impl<A: Send + 'static> Params for (Param<A>,) {
    type Values = (A,);
    type Input = A;
    fn describe(&self) -> Vec<ParamInfo> {
        vec![self.0.info()]
    }
    fn encode(&self, values: &(A,)) -> serde_json::Result<Json> {
        wrapped(self.0.name, &(self.0.codec.encode)(&values.0)?)
    }
    fn decode(&self, json: &Json) -> serde_json::Result<(A,)> {
        // Nearly every step: one pass over the text. If there is more in it, this is no value.
        if let Some(text) = only_member(self.0.name, json.as_str())
            && let Ok(value) = (self.0.codec.decode)(text)
        {
            return Ok((value,));
        }
        let parts: Parts<'_> = serde_json::from_str(json.as_str())?;
        Ok((parts.take(&self.0)?,))
    }
    fn encode_input(&self, input: &A) -> serde_json::Result<Json> {
        (self.0.codec.encode)(input)
    }
}

/// The text of an object's only member, if that is its name. If the object has more members, the
/// answer is no JSON value.
fn only_member<'a>(name: &str, object: &'a str) -> Option<&'a str> {
    let rest = object.strip_prefix("{\"")?.strip_prefix(name)?;
    rest.strip_prefix("\":")?.strip_suffix('}')
}

/// An object with one member.
pub(crate) fn wrapped(name: &'static str, value: &Json) -> serde_json::Result<Json> {
    Json::encode(&Object([(name, value)]))
}

macro_rules! params {
    ($($T:ident $index:tt),+) => {
        impl<$($T: Send + 'static),+> Params for ($(Param<$T>,)+) {
            type Values = ($($T,)+);
            type Input = Self::Values;
            fn describe(&self) -> Vec<ParamInfo> {
                vec![$(self.$index.info()),+]
            }
            fn encode(&self, values: &Self::Values) -> serde_json::Result<Json> {
                Json::encode(&Object([
                    $((self.$index.name, &(self.$index.codec.encode)(&values.$index)?)),+
                ]))
            }
            fn decode(&self, json: &Json) -> serde_json::Result<Self::Values> {
                let parts: Parts<'_> = serde_json::from_str(json.as_str())?;
                Ok(($(parts.take(&self.$index)?,)+))
            }
            fn encode_input(&self, input: &Self::Input) -> serde_json::Result<Json> {
                self.encode(input)
            }
        }
    };
}

params!(A 0, B 1);
params!(A 0, B 1, C 2);
params!(A 0, B 1, C 2, D 3);
params!(A 0, B 1, C 2, D 3, E 4);
params!(A 0, B 1, C 2, D 3, E 4, F 5);
params!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
params!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A value that was written and read back: what the flow will see, now and after a crash.
pub(crate) struct Produced {
    pub(crate) json: Json,
    pub(crate) value: Option<Box<dyn Any + Send>>,
}

impl std::fmt::Debug for Produced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.json.fmt(f)
    }
}

impl<T: Send + 'static> Codec<T> {
    /// Writes a value and reads it back, so that a live run sees what a resumed one would.
    pub(crate) fn produce(&self, value: &T) -> Result<Produced, Error> {
        let json = (self.encode)(value).map_err(|error| {
            Error::new(
                code::INVALID_OUTPUT,
                format!("the output cannot be saved: {}", Unsaved(&error)),
            )
            .permanent()
        })?;
        let value = (self.decode)(json.as_str()).map_err(|error| unreadable(&json, &error))?;
        Ok(Produced {
            json,
            value: Some(Box::new(value)),
        })
    }

    pub(crate) fn decode_any(&self, json: &Json) -> serde_json::Result<Box<dyn Any + Send>> {
        (self.decode)(json.as_str()).map(|value| Box::new(value) as Box<dyn Any + Send>)
    }

    pub(crate) fn schema_of(&self) -> SchemaOf {
        self.schema
    }
}

/// Why a value has no JSON form, in serde's words and with what to do about it.
pub(crate) struct Unsaved<'a>(pub(crate) &'a serde_json::Error);

impl std::fmt::Display for Unsaved<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)?;
        // serde_json tells this kind by its text only.
        if self.0.to_string().contains("key must be a string") {
            f.write_str(" (the keys of a map are texts or numbers; write a list of pairs)")?;
        }
        Ok(())
    }
}

/// An output that does not read back, with the text around the place.
fn unreadable(json: &Json, error: &serde_json::Error) -> Error {
    let text = json.as_str();
    let at = error.column().saturating_sub(1).min(text.len());
    let start = (0..=at.saturating_sub(40))
        .rev()
        .find(|i| text.is_char_boundary(*i));
    let end = (at..=text.len()).find(|i| text.is_char_boundary(*i));
    let near = &text[start.unwrap_or(0)..end.unwrap_or(text.len())];
    Error::new(
        code::INVALID_OUTPUT,
        format!(
            "the output does not survive being saved and read back: {error}, after `{near}` \
             (NaN and infinite numbers have no JSON form)"
        ),
    )
    .permanent()
}

/// How the body's return value becomes an output or an error.
pub struct Returns<R, T> {
    pub(crate) codec: Codec<T>,
    pub(crate) split: fn(R) -> Result<T, BoxError>,
    pub(crate) default: Option<fn() -> T>,
    /// The default stands in for a failed step too, not for a rejected one only.
    pub(crate) skips_failures: bool,
    marker: PhantomData<fn(R)>,
}

impl<R, T> Clone for Returns<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Returns<R, T> {}

impl<R, T> std::fmt::Debug for Returns<R, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Returns<{}>", std::any::type_name::<R>())
    }
}

/// A body that returns `Result<T, E>`, with any `E` that turns into a boxed error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned from a step",
    label = "the error of this result does not turn into `Box<dyn Error + Send + Sync>`",
    note = "return `agno::Result<T>`, or an error type that implements `std::error::Error + Send + Sync`"
)]
pub trait Fallible<T> {
    /// Splits the return value.
    fn split(self) -> Result<T, BoxError>;

    /// [`fallible`], as the macros call it: see [`bounds`](crate::bounds).
    #[doc(hidden)]
    fn returns(codec: fn() -> Codec<T>) -> Returns<Self, T>
    where
        Self: Sized,
    {
        fallible(codec())
    }
}

#[diagnostic::do_not_recommend]
impl<T, E: Into<BoxError>> Fallible<T> for Result<T, E> {
    fn split(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// The body returns a `Result`.
pub fn fallible<R: Fallible<T>, T>(codec: Codec<T>) -> Returns<R, T> {
    Returns {
        codec,
        split: R::split,
        default: None,
        skips_failures: false,
        marker: PhantomData,
    }
}

/// The body returns its output itself.
pub fn plain<T>(codec: Codec<T>) -> Returns<T, T> {
    Returns {
        codec,
        split: Ok,
        default: None,
        skips_failures: false,
        marker: PhantomData,
    }
}

/// An output that has a default, to stand in for a failed step.
#[diagnostic::on_unimplemented(
    message = "`on_error = \"skip\"` needs a default, and `{Self}` has none",
    label = "this output would stand in for the failed step",
    note = "return `Option<{Self}>`, which is `None` then; or derive `Default` for `{Self}` and what is in it (an enum marks a variant without fields with `#[default]`)"
)]
pub trait Skippable: Sized {
    /// Stands in for a failed step. As [`Returns::or_default`]; how the macros call it.
    fn or_default<R>(returns: Returns<R, Self>) -> Returns<R, Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Skippable for T {
    fn or_default<R>(mut returns: Returns<R, Self>) -> Returns<R, Self> {
        returns.default = Some(T::default);
        returns.skips_failures = true;
        returns
    }
}

/// An output that has a default, to stand in for a step that a person rejected.
#[diagnostic::on_unimplemented(
    message = "`on_reject = \"skip\"` needs a default, and `{Self}` has none",
    label = "this output would stand in for the rejected step",
    note = "return `Option<{Self}>`, which is `None` then; or derive `Default` for `{Self}` and what is in it (an enum marks a variant without fields with `#[default]`)"
)]
pub trait Rejectable: Sized {
    /// Stands in for a rejected step. As [`Returns::or_default_if_rejected`]; how the macros call
    /// it.
    fn or_default_if_rejected<R>(returns: Returns<R, Self>) -> Returns<R, Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Rejectable for T {
    fn or_default_if_rejected<R>(mut returns: Returns<R, Self>) -> Returns<R, Self> {
        returns.default = Some(T::default);
        returns
    }
}

impl<R, T> Returns<R, T> {
    /// A failed step answers the default of its output: `on_error = "skip"`. So does a rejected
    /// one whose gate skips.
    #[must_use]
    pub fn or_default(self) -> Self
    where
        // Here and not on the impl: else rustc says "no such method" instead of our text.
        T: Skippable,
    {
        T::or_default(self)
    }

    /// A rejected step whose gate skips answers the default of its output: `on_reject = "skip"`.
    /// A failed one answers its error.
    #[must_use]
    pub fn or_default_if_rejected(self) -> Self
    where
        T: Rejectable,
    {
        T::or_default_if_rejected(self)
    }
}

/// Tells a plain output from an alias that hides a `Result`.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// What [`Probe`] answers for everything that is not a `Result`.
pub trait ProbePlain {
    /// True: it is no `Result`.
    const AGNO_PLAIN: bool = true;
}

impl<T> ProbePlain for Probe<T> {}

impl<T, E> Probe<Result<T, E>> {
    /// False: it is a `Result`. An inherent constant comes before one of a trait.
    pub const AGNO_PLAIN: bool = false;
}
