//! A statement with its values. Types are always told, so that it runs without being prepared too.

use std::fmt::Write;

use tokio_postgres::types::{ToSql, Type};

/// A value of a statement.
pub(super) trait Bound: ToSql + Send + Sync + 'static {
    /// Its type in SQL.
    const TYPE: Type;
}

macro_rules! bound {
    ($($rust:ty: $sql:ident),+ $(,)?) => {
        $(
            impl Bound for $rust {
                const TYPE: Type = Type::$sql;
            }
            impl Bound for Option<$rust> {
                const TYPE: Type = Type::$sql;
            }
        )+
    };
}

bound! {
    bool: BOOL,
    i32: INT4,
    i64: INT8,
    f64: FLOAT8,
    String: TEXT,
    Vec<u8>: BYTEA,
    Vec<i32>: INT4_ARRAY,
    Vec<i64>: INT8_ARRAY,
    Vec<String>: TEXT_ARRAY,
    Vec<Vec<u8>>: BYTEA_ARRAY,
}

/// SQL, with names of tables as `@run`.
#[derive(Default)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Box<dyn ToSql + Send + Sync>>,
    pub(super) types: Vec<Type>,
}

impl Statement {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The value of the next `$1`, `$2` and so on.
    #[must_use]
    pub(super) fn with<T: Bound>(mut self, value: T) -> Self {
        self.bind(value);
        self
    }

    /// Adds a value; answers the number of its place.
    pub(super) fn bind<T: Bound>(&mut self, value: T) -> usize {
        self.values.push(Box::new(value));
        self.types.push(T::TYPE);
        self.values.len()
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds text with a value in the place of its `?`.
    pub(super) fn part<T: Bound>(&mut self, text: &str, value: T) {
        let number = self.bind(value);
        let (before, after) = text.split_once('?').unwrap_or((text, ""));
        // Writing into a string does not fail.
        let _ = write!(self.text, "{before}${number}{after}");
    }
}
