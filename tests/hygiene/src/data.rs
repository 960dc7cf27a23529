//! Types of data in every shape, each with fields whose types `#[data]` has to ask for.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use durable::data;

/// A value that others contain.
#[data(crate = durable)]
#[derive(Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// What it is called.
    pub name: String,
}

impl Item {
    /// The name of a function that the derives have as well.
    #[must_use]
    pub fn serialize(&self) -> String {
        self.name.clone()
    }

    /// The same.
    #[must_use]
    pub const fn deserialize(name: String) -> Self {
        Self { name }
    }
}

/// Two in one.
#[data(crate = durable)]
#[derive(PartialEq, Eq)]
pub struct Pair(
    /// The first.
    pub Item,
    pub(crate) Option<Box<Self>>,
);

/// One in one.
#[data(crate = durable)]
#[derive(PartialEq, Eq)]
pub struct Items(pub(crate) Vec<Item>);

/// Small enough to be copied.
#[data(crate = durable)]
#[derive(Copy, PartialEq, Eq)]
pub struct Size {
    /// The smaller number.
    pub least: Number,
}

/// A number.
#[data(crate = durable)]
#[derive(Copy, PartialEq, Eq)]
pub struct Number(pub i32);

/// Words of Rust, names of other languages, and fields that are not always there.
#[data(crate = durable)]
#[derive(PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct r#Type {
    /// Its own name.
    pub r#type: Item,
    /// How often each is there.
    #[serde(default)]
    pub by_item: HashMap<Item, u32>,
    /// The same, in order.
    #[serde(default, rename = "sorted")]
    pub by_order: BTreeMap<Item, Vec<Item>>,
    /// Never compiled.
    #[cfg(any())]
    pub gone: Missing,
    /// Not saved.
    #[serde(skip)]
    pub seen: Seen,
}

/// What is not saved needs no more than this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen;

/// Variants of each kind.
#[data(crate = durable)]
#[derive(PartialEq, Eq)]
#[serde(tag = "kind", content = "of")]
pub enum Kind {
    /// Nothing in it.
    Nothing,
    /// One.
    One(Item),
    /// Some.
    Some(u32, Box<Self>),
    /// Named.
    Named {
        /// A tuple.
        both: (Item, Number),
    },
}

/// It contains another that contains it.
#[data(crate = durable)]
#[derive(Default)]
pub struct Folder {
    /// In it.
    pub files: Vec<File>,
}

/// A file within a folder, of its own kind.
#[data(crate = durable)]
pub struct File {
    /// Where it is.
    pub within: Option<Box<Folder>>,
}

/// Of any type.
#[data(crate = durable)]
pub struct Page<T> {
    /// It.
    pub of: T,
    /// Another.
    pub item: Item,
    /// None.
    pub none: PhantomData<T>,
}

macro_rules! data_of {
    ($name:ident, $ty:ty) => {
        /// Made by a macro.
        #[data(crate = durable)]
        pub struct $name {
            /// In it.
            pub inner: Option<$ty>,
            /// As well.
            pub other: $crate::data::Item,
        }
    };
}

data_of!(Made, Item);

/// With a value of its own for what is left out.
#[data(crate = durable)]
#[derive(Default, PartialEq)]
#[serde(default)]
pub struct Lax {
    /// How often.
    pub times: u32,
    /// What else, which is another type.
    pub others: Vec<Self>,
}

/// A type within a function.
#[must_use]
pub fn within() -> String {
    #[data(crate = durable)]
    struct Inner {
        size: Size,
    }
    #[data(crate = durable)]
    struct Outer {
        inner: Vec<Inner>,
    }
    let size = Size { least: Number(1) };
    let inner = vec![Inner { size }];
    format!("{:?}", Outer { inner })
}

/// Without a prelude.
pub mod bare {
    #![no_implicit_prelude]

    /// In a module that has no names.
    #[::durable::data(crate = ::durable)]
    pub struct Bare {
        /// Of another.
        pub item: super::Item,
        /// Of the same.
        pub others: ::std::vec::Vec<Self>,
    }
}

#[cfg(test)]
mod tests {
    use super::{within, File, Folder, Item, Items, Kind, Lax, Number, Pair, Size, Type};
    use durable::__private::{schemars::schema_for, serde_json};

    #[test]
    fn what_is_left_out_is_the_default() {
        let lax: Lax = serde_json::from_str(r#"{"others":[{"times":2}]}"#).expect("reads");
        assert_eq!((lax.times, lax.others[0].times), (0, 2));
    }

    /// What is written is read again, and as the derives write it.
    #[test]
    fn a_value_is_saved_as_the_derives_save_it() {
        let item = Item::deserialize("nut".to_owned());
        assert_eq!(item.serialize(), "nut");
        for (kind, json) in [
            (Kind::Nothing, r#"{"kind":"Nothing"}"#),
            (
                Kind::One(item.clone()),
                r#"{"kind":"One","of":{"name":"nut"}}"#,
            ),
            (
                Kind::Some(2, Box::new(Kind::Nothing)),
                r#"{"kind":"Some","of":[2,{"kind":"Nothing"}]}"#,
            ),
            (
                Kind::Named {
                    both: (item.clone(), Number(3)),
                },
                r#"{"kind":"Named","of":{"both":[{"name":"nut"},3]}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&kind).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<Kind>(json).expect("a kind"), kind);
        }
        let json = r#"{"type":{"name":"nut"},"byItem":{},"sorted":{}}"#;
        let read: Type = serde_json::from_str(json).expect("a type");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), json);
        let pair = Pair(item.clone(), Some(Box::new(Pair(item.clone(), None))));
        let json = r#"[{"name":"nut"},[{"name":"nut"},null]]"#;
        assert_eq!(serde_json::to_string(&pair).expect("JSON"), json);
        assert_eq!(serde_json::from_str::<Pair>(json).expect("a pair"), pair);
        let items = serde_json::to_string(&Items(vec![item])).expect("JSON");
        assert_eq!(items, r#"[{"name":"nut"}]"#);
    }

    #[test]
    fn a_value_is_printed_as_the_derive_prints_it() {
        let size = Size { least: Number(1) };
        assert_eq!(format!("{size:?}"), "Size { least: Number(1) }");
        let kind = Kind::Some(1, Box::new(Kind::Nothing));
        assert_eq!(format!("{kind:?}"), "Some(1, Nothing)");
        assert_eq!(
            within(),
            "Outer { inner: [Inner { size: Size { least: Number(1) } }] }"
        );
    }

    #[test]
    fn an_error_names_the_type() {
        let error = serde_json::from_str::<Folder>("3").expect_err("no folder");
        assert!(
            error.to_string().contains("expected struct Folder"),
            "{error}"
        );
    }

    #[test]
    fn a_schema_has_the_names_and_the_documentation() {
        let schema = schema_for!(Type);
        assert_eq!(schema.get("title"), Some(&"Type".into()));
        let text = serde_json::to_string(&schema).expect("JSON");
        assert!(text.contains("How often each is there."), "{text}");
        let folder = serde_json::to_string(&schema_for!(Folder)).expect("JSON");
        assert!(folder.contains("#/$defs/File"), "{folder}");
        let file = File {
            within: Some(Box::default()),
        };
        assert_eq!(
            serde_json::to_string(&file).expect("JSON"),
            r#"{"within":{"files":[]}}"#
        );
    }
}
