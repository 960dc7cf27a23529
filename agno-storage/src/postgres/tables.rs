//! Where the tables are: a schema, and what every name of a table begins with.

use crate::{StoreError, StoreResult};

#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) schema: String,
    pub(super) prefix: String,
}

impl Tables {
    /// Takes names that stand in SQL, in quotes, as they are.
    pub(super) fn new(schema: &str, prefix: &str) -> StoreResult<Self> {
        check("schema", schema, 1)?;
        check("table prefix", prefix, 0)?;
        Ok(Self {
            schema: schema.to_owned(),
            prefix: prefix.to_owned(),
        })
    }

    /// SQL with the names of tables put in for `@run`, `@entry` and so on.
    pub(super) fn fill(&self, sql: &str) -> String {
        let mut parts = sql.split('@');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_lowercase());
            let (table, rest) = part.split_at(end.unwrap_or(part.len()));
            let Self { schema, prefix } = self;
            filled.push_str(&format!("\"{schema}\".\"{prefix}{table}\"{rest}"));
        }
        filled
    }

    /// A number of one's own for something, in the space that locks of all programs share.
    pub(super) fn lock(&self, parts: &[&str]) -> i64 {
        let mut hasher = blake3::Hasher::new();
        for part in [self.schema.as_str(), &self.prefix].iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize();
        let (first, _) = hash.as_bytes().split_at(8);
        first
            .iter()
            .fold(0, |lock, byte| lock << 8 | i64::from(*byte))
    }

    /// The channel of notifications.
    pub(super) fn channel(&self) -> String {
        format!("agno_{:016x}", self.lock(&["changed"]))
    }
}

fn check(what: &'static str, name: &str, least: usize) -> StoreResult<()> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = !name.starts_with(|c: char| c.is_ascii_digit());
    if (least..=40).contains(&name.len()) && begins && name.chars().all(legal) {
        return Ok(());
    }
    Err(StoreError::InvalidName {
        what,
        name: name.chars().take(60).flat_map(char::escape_debug).collect(),
        expected: "at most 40 characters of a-z, 0-9 and `_`, the first no digit",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_are_put_in() {
        let tables = Tables::new("s", "p_").expect("legal");
        assert_eq!(
            tables.fill("select 1 from @run, @entry where @run.id = 1"),
            r#"select 1 from "s"."p_run", "s"."p_entry" where "s"."p_run".id = 1"#
        );
        assert_ne!(tables.lock(&["a", "bc"]), tables.lock(&["ab", "c"]));
    }

    #[test]
    fn names_that_could_be_anything_else_are_refused() {
        for name in ["", "A", "a b", "a\"", "1a", "ä", &"a".repeat(41)] {
            assert!(Tables::new(name, "agno_").is_err(), "{name}");
        }
        assert!(Tables::new("public", "x;").is_err());
        assert!(Tables::new("public", "").is_ok());
    }
}
