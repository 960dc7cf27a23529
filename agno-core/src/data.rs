//! What `#[data]` asks of the types of its fields, each with a text for who does not meet it.
//!
//! As in [`bounds`](crate::bounds), generated code calls a function of the trait itself. The derives below `#[data]`
//! would say the same once more each: they assume, by [`Copied`], [`Written`] and the like, what is asked here. An
//! assumption has a lifetime of its own (`for<'any> T: Written<'any>`), since rustc looks at any other at once.

use std::{
    borrow::Cow,
    fmt::{Debug, Formatter, Result as Shown},
    hash::Hash,
    marker::PhantomData,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// Traits that ask for the same and say different things.
macro_rules! asked {
    ($($(#[$about:meta])* $name:ident where T: $($bound:path),+;)+) => {$(
        $(#[$about])*
        pub trait $name {
            /// Does nothing: that it can be named is the check.
            fn check() {}
        }

        #[diagnostic::do_not_recommend]
        impl<T: $($bound +)+> $name for T {}
    )+};
}

asked! {
    /// A value within another.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "this value is saved and read back",
        note = "a type of your own: write `#[data]` above `{Self}`; one of another crate: turn on its features for serde and schemars, or convert it"
    )]
    DataField where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// A point in time.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "a monotonic clock means nothing in another process",
        note = "write `std::time::SystemTime` for a point in time, `std::time::Duration` for a length of time"
    )]
    Moment where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// A value behind a lock.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "what is saved is a value, not a lock",
        note = "write the type of the value alone; what steps share is a field of the workflow, what they change is its state"
    )]
    Unlocked where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// Something that the system or a server has open.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "what is open here is not open in another process",
        note = "make it a field of the workflow, and write here what finds it again: a path, an address, an id"
    )]
    Closed where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// Code, or a value whose type is only known while the program runs.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "code cannot be saved",
        note = "write an enum with `#[data]`, one variant for each kind, and `match` on it where it is used"
    )]
    Concrete where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// What went wrong.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "this value is saved and read back",
        note = "write `String`, and fill it with `error.to_string()`"
    )]
    Told where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema;

    /// A value that is not saved, or by functions of its own.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be in a `#[data]` type",
        label = "a `#[data]` type can be copied and printed",
        note = "write `#[derive(Clone, Debug)]` above `{Self}`, or wrap it in a struct that implements both"
    )]
    Kept where T: Clone, Debug;

    /// What a `HashMap` or `HashSet` finds its entries by.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a key",
        label = "the key of a `HashMap`, or in a `HashSet`",
        note = "write `#[data]` and `#[derive(PartialEq, Eq, Hash)]` above `{Self}`"
    )]
    HashKey where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema, Eq, Hash;

    /// What a `BTreeMap` or `BTreeSet` orders its entries by.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a key",
        label = "the key of a `BTreeMap`, or in a `BTreeSet`",
        note = "write `#[data]` and `#[derive(PartialEq, Eq, PartialOrd, Ord)]` above `{Self}`"
    )]
    OrderedKey where T: Clone, Debug, Serialize, DeserializeOwned, JsonSchema, Ord;
}

/// Traits that the derives assume, for any lifetime.
macro_rules! assumed {
    ($($(#[$about:meta])* $name:ident: $($bound:path),+;)+) => {$(
        $(#[$about])*
        pub trait $name<'any>: $($bound +)+ {}

        impl<T: $($bound +)+> $name<'_> for T {}
    )+};
}

assumed! {
    /// Can be copied and printed.
    Copied: Clone, Debug;
    /// Can be written.
    Written: Serialize;
    /// Can be described.
    Described: JsonSchema;
    /// Can be found.
    Hashed: Eq, Hash;
    /// Can be ordered.
    Ordered: Ord;
}

/// What stands in for the functions of a type's parts where a part lacks what they need: an inherent function comes
/// before one of a trait.
pub trait Otherwise<T>: Sized {
    /// In place of `Clone`.
    fn copied(_: &T) -> T {
        refused()
    }

    /// In place of `Debug`.
    fn shown(_: &T, _: &mut Formatter<'_>) -> Shown {
        refused()
    }

    /// In place of `Serialize`.
    fn serialize<S: Serializer>(_: &T, _: S) -> Result<S::Ok, S::Error> {
        refused()
    }

    /// In place of `Deserialize`.
    fn deserialize<'de, D: Deserializer<'de>>(_: D) -> Result<T, D::Error> {
        refused()
    }
}

impl<T, P> Otherwise<T> for P {}

/// The schema of a type's parts.
#[derive(Debug)]
pub struct SchemaOf<P>(PhantomData<P>);

impl<P: JsonSchema> SchemaOf<P> {
    /// Its name.
    pub fn name() -> Cow<'static, str> {
        P::schema_name()
    }

    /// Whether it is written where it is used.
    pub fn is_inline() -> bool {
        P::inline_schema()
    }

    /// The schema.
    pub fn schema(schemas: &mut SchemaGenerator) -> Schema {
        P::json_schema(schemas)
    }
}

/// What stands in for [`SchemaOf`] where a part has no schema.
pub trait NoSchema {
    /// As in [`SchemaOf`].
    fn name() -> Cow<'static, str> {
        refused()
    }

    /// As in [`SchemaOf`].
    fn is_inline() -> bool {
        refused()
    }

    /// As in [`SchemaOf`].
    fn schema(_: &mut SchemaGenerator) -> Schema {
        refused()
    }
}

impl<P> NoSchema for SchemaOf<P> {}

fn refused<T>() -> T {
    unreachable!("the program was refused by `DataField`")
}
