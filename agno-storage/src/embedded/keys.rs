//! The keys of the records. One tag byte, then parts that end themselves, so that no name can
//! run into the next part and every prefix scan stops where it should.
//!
//! | tag | rest | record |
//! |---|---|---|
//! | `m` | | format of the store |
//! | `r` | run | head |
//! | `i` | run | input |
//! | `o` | run | output |
//! | `j` | run, path | journal entry |
//! | `q` | run, id | open request |
//! | `x` | run | its removal has begun |
//! | `y` | beginning of other keys | those are not whole: see `unfinished` |
//! | `k` | | the last look at how much room the store takes |
//! | `l` | | last batch: its number, entries so far, entries removed, which requests are open |
//! | `s` | workflow, session, field | state field |
//! | `c` | hash | cached result |
//! | `d` | kind, name | newest version of a definition |
//! | `v` | kind, name, version | a version of a definition |
//!
//! Each record is one or more chunks; the chunk's number (two bytes) ends the key.
//!
//! The last batch is written with every other one. It stands behind the newest journal entries, which mostly are
//! what is written with it, so that one page of the tree holds both.

use crate::{CacheKey, RunId, SessionKey};

pub(super) const FORMAT: u8 = b'm';
pub(super) const HEAD: u8 = b'r';
pub(super) const INPUT: u8 = b'i';
pub(super) const OUTPUT: u8 = b'o';
pub(super) const JOURNAL: u8 = b'j';
pub(super) const REQUEST: u8 = b'q';
pub(super) const REMOVED: u8 = b'x';
pub(super) const UNFINISHED: u8 = b'y';
pub(super) const LOOK: u8 = b'k';
pub(super) const LAST_BATCH: u8 = b'l';
/// Where it stood up to format 3.
const LAST_BATCH_OF_3: u8 = b'b';
pub(super) const FIELD: u8 = b's';
pub(super) const CACHED: u8 = b'c';
pub(super) const DEFINITION: u8 = b'd';
pub(super) const VERSION: u8 = b'v';

/// The tags of the records that go with a run.
pub(super) const OF_A_RUN: [u8; 5] = [HEAD, INPUT, OUTPUT, JOURNAL, REQUEST];

/// Names up to this length stand in the key as they are. A longer one is cut and hashed: pages
/// of the tree hold hundreds of keys, so keys must stay short. The full name is in the record.
const VERBATIM: usize = 100;
const CUT: usize = 84;
const SHORTENED: u8 = u8::MAX;

pub(super) fn format() -> Vec<u8> {
    vec![FORMAT]
}

pub(super) fn last_batch() -> Vec<u8> {
    vec![LAST_BATCH]
}

/// The same in a store up to format 3.
pub(super) fn last_batch_of_3() -> Vec<u8> {
    vec![LAST_BATCH_OF_3]
}

pub(super) fn look() -> Vec<u8> {
    vec![LOOK]
}

/// The mark of a piece that is being written or removed: a run by the key of its head, anything
/// else by what its keys begin with.
pub(super) fn unfinished(piece: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(piece.len() + 1);
    key.push(UNFINISHED);
    key.extend_from_slice(piece);
    key
}

/// What the keys begin with that a mark is about.
pub(super) fn marked(mark: &[u8]) -> Vec<Vec<u8>> {
    let piece = mark.get(1..).unwrap_or_default();
    let under = |tag: &u8| [&[*tag], piece.get(1..).unwrap_or_default()].concat();
    match piece.first() {
        Some(&HEAD) => OF_A_RUN.iter().map(under).collect(),
        Some(&(CACHED | FIELD)) => vec![piece.to_vec()],
        // A mark that does not read takes nothing with it.
        _ => Vec::new(),
    }
}

/// The record of a run under `tag`.
pub(super) fn run(tag: u8, id: &RunId) -> Vec<u8> {
    let mut key = runs_beginning(tag, id.as_str());
    // Sorts before every character of an id, and is none.
    key.push(0);
    key
}

/// Prefix of the records under `tag` of all runs whose id begins so.
pub(super) fn runs_beginning(tag: u8, prefix: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(prefix.len() + 2);
    key.push(tag);
    key.extend_from_slice(prefix.as_bytes());
    key
}

pub(super) fn entry(id: &RunId, path: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(id.as_str().len() + path.len() + 3);
    key.push(JOURNAL);
    key.extend_from_slice(id.as_str().as_bytes());
    key.push(0);
    push_name(&mut key, path);
    key
}

pub(super) fn request(run: &RunId, id: &str) -> Vec<u8> {
    let mut key = self::run(REQUEST, run);
    push_name(&mut key, id);
    key
}

/// Prefix of all fields of a session.
pub(super) fn session(session: &SessionKey) -> Vec<u8> {
    let mut key = vec![FIELD];
    push_name(&mut key, &session.workflow);
    push_name(&mut key, &session.session);
    key
}

pub(super) fn field(session: &SessionKey, name: &str) -> Vec<u8> {
    field_of(&self::session(session), name)
}

/// The field of a session, by the prefix of its keys.
pub(super) fn field_of(session: &[u8], name: &str) -> Vec<u8> {
    let mut key = session.to_vec();
    push_name(&mut key, name);
    key
}

/// Whether the names of a session are cut in keys.
pub(super) fn is_cut(session: &SessionKey) -> bool {
    session.workflow.len() > VERBATIM || session.session.len() > VERBATIM
}

/// The session's prefix of the key of a field, and the session, unless a name of it is cut.
pub(super) fn session_of(key: &[u8]) -> Option<(&[u8], Option<SessionKey>)> {
    let (workflow, rest) = split_name(key.get(1..)?)?;
    let (session, rest) = split_name(rest)?;
    let session = workflow.zip(session).map(|(workflow, session)| SessionKey {
        workflow: workflow.into(),
        session: session.into(),
    });
    Some((&key[..key.len() - rest.len()], session))
}

/// Parts the first name from what follows it; `None` for a name that is cut.
fn split_name(key: &[u8]) -> Option<(Option<&str>, &[u8])> {
    let (len, rest) = key.split_first()?;
    if *len == SHORTENED {
        return Some((None, rest.get(CUT + 16..)?));
    }
    let (name, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Some(std::str::from_utf8(name).ok()?), rest))
}

pub(super) fn cached(hash: CacheKey) -> Vec<u8> {
    let mut key = vec![CACHED];
    key.extend_from_slice(&hash.0);
    key
}

/// Prefix of the heads of all definitions of a kind.
pub(super) fn definitions(kind: &str) -> Vec<u8> {
    let mut key = vec![DEFINITION];
    push_name(&mut key, kind);
    key
}

pub(super) fn definition(kind: &str, name: &str) -> Vec<u8> {
    let mut key = definitions(kind);
    push_name(&mut key, name);
    key
}

pub(super) fn definition_version(kind: &str, name: &str, version: u32) -> Vec<u8> {
    let mut key = definition(kind, name);
    key[0] = VERSION;
    key.extend_from_slice(&version.to_be_bytes());
    key
}

fn push_name(key: &mut Vec<u8>, name: &str) {
    let bytes = name.as_bytes();
    match u8::try_from(bytes.len()) {
        Ok(len) if bytes.len() <= VERBATIM => {
            key.push(len);
            key.extend_from_slice(bytes);
        }
        _ => {
            key.push(SHORTENED);
            key.extend_from_slice(&bytes[..CUT]);
            key.extend_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        }
    }
}

/// The run a key belongs to, for keys under a run's tags.
pub(super) fn run_of(key: &[u8]) -> Option<RunId> {
    let id = key.get(1..)?.split(|byte| *byte == 0).next()?;
    RunId::new(std::str::from_utf8(id).ok()?).ok()
}

/// The hash in the key of a cached result.
pub(super) fn hash_of(key: &[u8]) -> Option<CacheKey> {
    key.get(1..)?.try_into().ok().map(CacheKey)
}

/// A key for people: `journal entry run-1 search#0`.
pub(super) fn readable(key: &[u8]) -> String {
    let Some((tag, rest)) = key.split_first() else {
        return "empty key".to_owned();
    };
    let (what, run, names) = match *tag {
        FORMAT => ("format", false, 0),
        LAST_BATCH | LAST_BATCH_OF_3 => ("last batch", false, 0),
        HEAD => ("run", true, 0),
        INPUT => ("input of run", true, 0),
        OUTPUT => ("output of run", true, 0),
        JOURNAL => ("journal entry", true, 1),
        REMOVED => ("removal of run", true, 0),
        UNFINISHED => return format!("mark of {}", readable(rest)),
        LOOK => ("look at its room", false, 0),
        REQUEST => ("request", true, 1),
        FIELD => ("state field", false, 3),
        DEFINITION => ("definition", false, 2),
        VERSION => ("version of definition", false, 2),
        CACHED => {
            let digits: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
            return format!("cached result {digits}");
        }
        _ => return format!("unknown {}", key.escape_ascii()),
    };
    let mut text = String::from(what);
    let mut rest = rest;
    if run {
        let end = rest.iter().position(|byte| *byte == 0);
        let (id, after) = rest.split_at(end.unwrap_or(rest.len()));
        push_readable(&mut text, id);
        rest = after.get(1..).unwrap_or_default();
    }
    for _ in 0..names {
        let Some((len, after)) = rest.split_first() else {
            break;
        };
        let (len, shown) = match *len {
            SHORTENED => (CUT + 16, CUT),
            len => (usize::from(len), usize::from(len)),
        };
        push_readable(&mut text, &after[..shown.min(after.len())]);
        rest = after.get(len..).unwrap_or_default();
    }
    text
}

fn push_readable(text: &mut String, name: &[u8]) {
    text.push(' ');
    text.extend(
        String::from_utf8_lossy(name)
            .chars()
            .filter(|c| !c.is_control()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session_of(workflow: &str, session: &str) -> SessionKey {
        SessionKey {
            workflow: workflow.into(),
            session: session.into(),
        }
    }

    #[test]
    fn names_do_not_run_into_each_other() {
        let long = "x".repeat(300);
        let other = format!("{}y", "x".repeat(299));
        let cut = &long[..CUT];
        let names = ["", "a", "ab", "b", "a\0b", "ü/~", &long, &other, cut];
        let mut keys = std::collections::BTreeSet::new();
        for workflow in names {
            for session in names {
                for name in names {
                    let key = field(&session_of(workflow, session), name);
                    assert!(key.len() <= 400, "{} bytes", key.len());
                    assert!(keys.insert(key), "{workflow:?} {session:?} {name:?}");
                }
            }
        }
        for key in &keys {
            let (prefix, session) = super::session_of(key).expect("a field");
            if let Some(session) = session {
                assert_eq!(prefix, self::session(&session));
                assert!(!is_cut(&session));
            }
        }
        let prefixes: Vec<_> = names
            .iter()
            .flat_map(|w| names.map(|s| self::session(&session_of(w, s))))
            .collect();
        for key in &keys {
            let owners = prefixes.iter().filter(|p| key.starts_with(p)).count();
            assert_eq!(owners, 1);
        }
    }

    #[test]
    fn a_run_is_not_a_prefix_of_another() {
        let (a, b) = (
            RunId::new("run-1").expect("id"),
            RunId::new("run-10").expect("id"),
        );
        assert!(!entry(&b, "x#0").starts_with(&run(JOURNAL, &a)));
        assert_eq!(run_of(&entry(&b, "x#0")), Some(b));
    }

    #[test]
    fn keys_are_readable() {
        let id = RunId::new("run-1").expect("id");
        assert_eq!(
            readable(&entry(&id, "search#0")),
            "journal entry run-1 search#0"
        );
        let field = field(&session_of("article", &"s".repeat(300)), "drafts");
        let cut = "s".repeat(CUT);
        assert_eq!(
            readable(&field),
            format!("state field article {cut} drafts")
        );
        assert_eq!(readable(&run(HEAD, &id)), "run run-1");
        assert_eq!(readable(&request(&id, "r-1")), "request run-1 r-1");
        for len in 0..field.len() {
            readable(&field[..len]);
            super::session_of(&field[..len]);
        }
    }
}
