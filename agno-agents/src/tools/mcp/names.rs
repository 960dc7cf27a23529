//! Names that models take, and that stay apart.

use std::collections::{HashMap, HashSet};

/// Longest name of a tool, as models take it.
const LONGEST: usize = 64;

/// A name for each tool of a server: 1 to 64 of `a-z A-Z 0-9 _ -`, beginning with a letter or `_`.
/// Each depends on the names themselves, not on their order. `names` has no name twice.
pub(super) fn local<'a>(prefix: &str, names: &[&'a str]) -> HashMap<&'a str, String> {
    let plain = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}_{name}"),
    };
    let mut wanted: HashMap<String, u32> = HashMap::new();
    for name in names {
        *wanted.entry(legal(&plain(name))).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let mut local = HashMap::new();
    for name in names {
        let full = plain(name);
        let legal = legal(&full);
        // One whose name is legal as it is keeps it.
        let own = wanted.get(&legal) == Some(&1) || legal == full;
        let mut chosen = if own {
            legal.clone()
        } else {
            hashed(&legal, name, 0)
        };
        let mut round = 0;
        while !taken.insert(chosen.clone()) {
            round += 1;
            chosen = hashed(&legal, name, round);
        }
        local.insert(*name, chosen);
    }
    local
}

fn legal(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut legal: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    if !legal.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        legal.insert(0, '_');
    }
    match legal.len() {
        0..=LONGEST => legal,
        _ => hashed(&legal, name, 0),
    }
}

/// The beginning of a name, and a hash of the one it stands for.
fn hashed(legal: &str, name: &str, round: u32) -> String {
    let hash = blake3::hash(format!("{round}:{name}").as_bytes()).to_hex();
    let begin = legal.len().min(LONGEST - 9);
    format!("{}_{}", &legal[..begin], &hash[..8])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(prefix: &str, names: &[&str]) -> Vec<String> {
        let local = local(prefix, names);
        names.iter().map(|name| local[name].clone()).collect()
    }

    #[test]
    fn names_keep_what_can_be_kept() {
        assert_eq!(
            named("files", &["read", "list-all"]),
            ["files_read", "files_list-all"]
        );
        assert_eq!(named("", &["read", "2nd"]), ["read", "_2nd"]);
        let apart = named("a", &["b.c", "b_c", "b c"]);
        assert_eq!(apart[1], "a_b_c");
        assert!(apart[0].starts_with("a_b_c_") && apart[2].starts_with("a_b_c_"));
        assert_ne!(apart[0], apart[2]);
    }

    proptest! {
        #[test]
        fn every_name_is_legal_and_its_own(
            prefix in "(|[a-zA-Zä]{1,70})",
            names in proptest::collection::hash_set("(.{0,6}|[ab._ -]{0,3}|[a-c]{60,80})", 0..20),
        ) {
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            let first = local(&prefix, &names);
            let distinct: HashSet<_> = first.values().collect();
            prop_assert_eq!(distinct.len(), names.len());
            for name in first.values() {
                prop_assert!((1..=LONGEST).contains(&name.len()));
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'));
                prop_assert!(!name.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
            }
            names.reverse();
            prop_assert_eq!(first, local(&prefix, &names));
        }
    }
}
