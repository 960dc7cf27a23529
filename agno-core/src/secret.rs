//! Values that are used and never written down.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    env::{self, VarError},
    fmt,
    marker::PhantomData,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use agno_storage::{Json, RunId, Storage};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use crate::error::{Error, code};

/// The one key of a reference.
const KEY: &str = "$secret";

const LONGEST_NAME: usize = 128;

/// What a reference may name, by [`RuntimeBuilder::secrets`](crate::RuntimeBuilder::secrets).
static DECLARED: RwLock<BTreeSet<Arc<str>>> = RwLock::new(BTreeSet::new());

/// A value from an environment variable that is used and never written down: a key of an interface, a
/// password, a token.
///
/// As an input, an output, a field of a workflow or of a state it is written as a *reference*,
/// `{"$secret": "NAME"}`, and read from the environment whenever that is read back, so that a run
/// that is resumed tomorrow uses the key of tomorrow. What is stored, told, logged or shown is the
/// reference, and `Debug` and `Display` say `Secret(NAME)`. The key of a cached result holds the
/// reference as well: another value under the same name does not void it.
///
/// ```
/// use agno_core::Secret;
///
/// # if let Ok(path) = std::env::var("PATH") {
/// let key: Secret = Secret::env("PATH")?;
/// assert_eq!(key.to_string(), "Secret(PATH)");
/// assert_eq!(*key.expose(), path);
/// # }
/// # Ok::<(), agno_core::Error>(())
/// ```
///
/// A run that refers to a variable which is not set is not taken up, and stays as it is: set it, and
/// resume the run.
///
/// *Which variables.* Inputs come from outside, so a reference could name any variable of the process.
/// Only what the program itself has declared is read:
/// [`RuntimeBuilder::secrets`](crate::RuntimeBuilder::secrets) takes the names, of all
/// runtimes of the process together. A reference to another one is refused, in the same words whether
/// the variable is there or not. A variable that was declared can be named by whoever may start a run,
/// for any parameter of this type: declare what the workflows are meant to use.
///
/// *What it does not do.* What [`expose`](Self::expose) hands out is the program's to keep to itself: an
/// output, an error or an event that quotes it is written as any other. The memory is not zeroed.
/// There is no comparison, so that none can be timed.
pub struct Secret<T = String> {
    name: Arc<str>,
    value: T,
}

impl<T> Secret<T> {
    /// The value of an environment variable. Its name is of capital letters, digits and `_`, and does
    /// not begin with a digit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for any other name; else the code
    /// `secret`, when the variable is not set or its value is no `T`. They name the variable, and not
    /// its value.
    pub fn env(name: &str) -> Result<Self, Error>
    where
        T: FromStr,
    {
        check(name)?;
        let value = match env::var(name) {
            Ok(value) => value,
            Err(VarError::NotPresent) => return Err(problem(name, "is not set")),
            Err(VarError::NotUnicode(_)) => return Err(problem(name, "is no UTF-8 text")),
        };
        // The error of a parser may quote what it was given.
        let value = value.parse().map_err(|_| {
            let wanted = std::any::type_name::<T>();
            let wanted = wanted.rsplit("::").next().unwrap_or(wanted);
            problem(name, &format!("holds no {wanted}"))
        })?;
        Ok(Self {
            name: name.into(),
            value,
        })
    }

    /// The value itself. Nothing keeps it from being written down from here on.
    pub fn expose(&self) -> &T {
        &self.value
    }

    /// The name of the variable.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Lets references name these variables.
pub(crate) fn declare(names: &[Arc<str>]) -> Result<(), Error> {
    for name in names {
        check(name)?;
    }
    let mut declared = DECLARED.write().unwrap_or_else(PoisonError::into_inner);
    declared.extend(names.iter().cloned());
    Ok(())
}

/// Whether every secret that a run refers to is there, in its input and in what its steps have
/// answered. Asked before a run is taken up, so that it stays as it is until they are.
pub(crate) async fn check_run(
    storage: &dyn Storage,
    run: &RunId,
    input: &Json,
) -> Result<(), Error> {
    let none_declared = {
        let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
        declared.is_empty()
    };
    if none_declared {
        return Ok(());
    }
    check_references(input)?;
    for entry in storage.journal(run, 0).await? {
        entry.output.as_ref().map_or(Ok(()), check_references)?;
    }
    Ok(())
}

fn check_references(json: &Json) -> Result<(), Error> {
    fn check(value: &serde_json::Value) -> Result<(), Error> {
        match value {
            serde_json::Value::Array(items) => items.iter().try_for_each(check),
            serde_json::Value::Object(fields) => match fields.get(KEY) {
                Some(serde_json::Value::String(name)) if fields.len() == 1 => {
                    // Of any other name it is data that looks like one.
                    match is_declared(name) && env::var_os(name).is_none() {
                        true => Err(problem(name, "is not set")),
                        false => Ok(()),
                    }
                }
                _ => fields.values().try_for_each(check),
            },
            _ => Ok(()),
        }
    }
    if !json.as_str().contains(KEY) {
        return Ok(());
    }
    json.decode().map_or(Ok(()), |value| check(&value))
}

fn is_declared(name: &str) -> bool {
    let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
    declared.contains(name)
}

fn check(name: &str) -> Result<(), Error> {
    let starts = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if starts && name.len() <= LONGEST_NAME && name.chars().all(plain) {
        return Ok(());
    }
    // Somebody may have written the value in place of its name.
    let problem = "a secret is named by its environment variable: capital letters, digits and `_`";
    Err(Error::new(code::INVALID_INPUT, problem).permanent())
}

/// Retryable: whoever runs the program can mend it, and try again.
fn problem(name: &str, what: &str) -> Error {
    let problem = format!("the environment variable `{name}` of a secret {what}");
    Error::new(code::SECRET, problem)
}

impl<T: Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            value: self.value.clone(),
        }
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reference = serializer.serialize_map(Some(1))?;
        reference.serialize_entry(KEY, &*self.name)?;
        reference.end()
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference(PhantomData))
    }
}

/// Reads a reference. Whatever else is there is not quoted: it may be the value.
struct Reference<T>(PhantomData<T>);

impl<T> Reference<T> {
    fn refused<E: de::Error>() -> E {
        E::custom("a secret is a reference, `{\"$secret\": \"NAME\"}`, and not its value")
    }
}

impl<'de, T: FromStr> de::Visitor<'de> for Reference<T> {
    type Value = Secret<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference, `{\"$secret\": \"NAME\"}`")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Secret<T>, A::Error> {
        let Some(key) = map.next_key::<Cow<'de, str>>()? else {
            return Err(Self::refused());
        };
        if key != KEY {
            return Err(Self::refused());
        }
        let name: serde_json::Value = map.next_value()?;
        let Some(name) = name.as_str() else {
            return Err(Self::refused());
        };
        if map.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(Self::refused());
        }
        check(name).map_err(de::Error::custom)?;
        if !is_declared(name) {
            return Err(de::Error::custom(format!(
                "`{name}` is no secret of this program: it declares those with `.secrets([..])`"
            )));
        }
        Secret::env(name).map_err(de::Error::custom)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Secret<T>, E> {
        Err(Self::refused())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret<T>, E> {
        Err(Self::refused())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret<T>, E> {
        Err(Self::refused())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret<T>, E> {
        Err(Self::refused())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret<T>, E> {
        Err(Self::refused())
    }
}

impl<T> JsonSchema for Secret<T> {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Secret").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "The name of the environment variable that a secret is read from",
            "properties": {
                KEY: {
                    "type": "string",
                    "description": "The name of the environment variable",
                    "pattern": "^[A-Z_][A-Z0-9_]*$",
                    "maxLength": LONGEST_NAME
                }
            },
            "required": [KEY],
            "additionalProperties": false
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A variable that every process has under cargo.
    const THERE: &str = "CARGO_PKG_NAME";

    #[test]
    fn it_is_written_as_a_reference_and_read_from_the_environment() {
        let secret: Secret = Secret::env(THERE).expect("is set");
        assert_eq!(secret.expose(), "agno-core");
        let written = serde_json::to_value(&secret).expect("is written");
        assert_eq!(written, json!({"$secret": THERE}));
        assert_eq!(
            format!("{secret} {secret:?}"),
            "Secret(CARGO_PKG_NAME) Secret(CARGO_PKG_NAME)"
        );
        declare(&[THERE.into()]).expect("is a name");
        let read: Secret = serde_json::from_value(written).expect("is declared");
        assert_eq!(read.expose(), "agno-core");
    }

    #[test]
    fn only_what_is_declared_is_read() {
        let of = |name: &str| {
            let read = serde_json::from_value::<Secret>(json!({"$secret": name}));
            read.expect_err("is not declared").to_string()
        };
        // It tells nothing of what is there.
        let there = of("CARGO_MANIFEST_DIR");
        assert!(there.contains("no secret of this program"), "{there}");
        assert_eq!(
            there,
            of("AGNO_NOT_THERE").replace("AGNO_NOT_THERE", "CARGO_MANIFEST_DIR")
        );
        declare(&["AGNO_NOT_THERE_EITHER".into()]).expect("is a name");
        let missing = of("AGNO_NOT_THERE_EITHER");
        assert!(
            missing.contains("`AGNO_NOT_THERE_EITHER` of a secret is not set"),
            "{missing}"
        );
    }

    #[test]
    fn a_value_in_place_of_a_reference_is_not_quoted() {
        declare(&["CARGO_PKG_VERSION".into()]).expect("is a name");
        for given in [
            json!("hunter2"),
            json!({"$secret": "hunter2"}),
            json!({"hunter2": 1}),
            json!({"$secret": ["hunter2"]}),
            json!({"$secret": "CARGO_PKG_VERSION", "more": "hunter2"}),
            json!(["hunter2"]),
            json!(null),
            json!(1),
            json!({}),
        ] {
            let refused = serde_json::from_value::<Secret>(given.clone());
            let said = refused.expect_err(&given.to_string()).to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
        // `agno-core` is no number.
        let error = Secret::<u32>::env(THERE).expect_err("is no number");
        assert_eq!(
            error.message(),
            "the environment variable `CARGO_PKG_NAME` of a secret holds no u32"
        );
        let parsed = serde_json::from_value::<Secret<u32>>(json!({"$secret": THERE}));
        assert!(
            !parsed
                .expect_err("is no number")
                .to_string()
                .contains("agno-core")
        );
    }

    #[test]
    fn names_are_those_of_variables() {
        for wrong in ["", "path", "1A", "A B", "A=B", "Ä", &"A".repeat(129)] {
            assert!(Secret::<String>::env(wrong).is_err(), "{wrong}");
            assert!(declare(&[wrong.into()]).is_err(), "{wrong}");
        }
        check("_A1").expect("is a name");
    }
}
