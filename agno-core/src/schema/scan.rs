//! Goes through JSON text that is known to be valid: finds places in it, and keys that come twice.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use super::place::{Path, Place, Segment};
use super::problem::Finding;

/// What a text holds.
#[derive(Default)]
pub(super) struct Content {
    pub(super) values: usize,
    pub(super) duplicates: Vec<Finding>,
}

/// Counts the values and finds keys that come twice in one object.
pub(super) fn content(text: &str) -> Content {
    let mut content = Content::default();
    let mut cursor = Cursor { text, at: 0 };
    read(&mut cursor, &mut Path::default(), &mut content);
    content
}

fn read(cursor: &mut Cursor<'_>, path: &mut Path, content: &mut Content) {
    content.values += 1;
    match cursor.peek() {
        Some(b'{') => {
            let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
            cursor.open();
            while let Some((key, place)) = cursor.key() {
                path.0.push(Segment::Key(key.clone().into_owned()));
                if let Some(key) = seen.replace(key) {
                    // The same key many times over is said a few times only.
                    if content.duplicates.len() < 20 {
                        content
                            .duplicates
                            .push(Finding::duplicate(path, &key, place));
                    }
                }
                read(cursor, path, content);
                path.0.pop();
                if !cursor.comma() {
                    break;
                }
            }
            cursor.close();
        }
        Some(b'[') => {
            cursor.open();
            let mut index = 0;
            while cursor.peek().is_some_and(|byte| byte != b']') {
                path.0.push(Segment::Index(index));
                read(cursor, path, content);
                path.0.pop();
                index += 1;
                if !cursor.comma() {
                    break;
                }
            }
            cursor.close();
        }
        _ => cursor.scalar(),
    }
}

/// Finds the places of `paths`, all of them in one pass.
pub(super) fn locate(text: &str, paths: &[&Path]) -> Vec<Option<Place>> {
    let mut places = vec![None; paths.len()];
    let wanted: Vec<(usize, &[Segment])> = paths
        .iter()
        .enumerate()
        .map(|(index, path)| (index, path.0.as_slice()))
        .collect();
    let mut cursor = Cursor { text, at: 0 };
    find(&mut cursor, &wanted, None, &mut places);
    places
}

fn find(
    cursor: &mut Cursor<'_>,
    wanted: &[(usize, &[Segment])],
    key: Option<&Range<usize>>,
    places: &mut [Option<Place>],
) {
    let first = cursor.peek();
    let start = cursor.at;
    match first {
        _ if wanted.iter().all(|(_, path)| path.is_empty()) => cursor.skip(),
        Some(b'{') => {
            cursor.open();
            while let Some((name, place)) = cursor.key() {
                let below = step(
                    wanted,
                    |segment| matches!(segment, Segment::Key(key) if *key == name),
                );
                find(cursor, &below, Some(&place), places);
                if !cursor.comma() {
                    break;
                }
            }
            cursor.close();
        }
        Some(b'[') => {
            cursor.open();
            let mut index = 0;
            while cursor.peek().is_some_and(|byte| byte != b']') {
                let below = step(wanted, |segment| *segment == Segment::Index(index));
                find(cursor, &below, None, places);
                index += 1;
                if !cursor.comma() {
                    break;
                }
            }
            cursor.close();
        }
        _ => cursor.scalar(),
    }
    for (index, path) in wanted {
        if path.is_empty() {
            // A key that comes twice: the last one counts.
            places[*index] = Some(Place {
                key: key.cloned(),
                value: start..cursor.at,
            });
        }
    }
}

fn step<'p>(
    wanted: &[(usize, &'p [Segment])],
    is_next: impl Fn(&Segment) -> bool,
) -> Vec<(usize, &'p [Segment])> {
    wanted
        .iter()
        .filter_map(|(index, path)| {
            let (first, rest) = path.split_first()?;
            is_next(first).then_some((*index, rest))
        })
        .collect()
}

/// A place in valid JSON. On anything else it stops early and never fails.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The next byte that is not space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn open(&mut self) {
        self.at += 1;
    }

    fn close(&mut self) {
        if matches!(self.peek(), Some(b'}' | b']')) {
            self.at += 1;
        }
    }

    fn comma(&mut self) -> bool {
        let found = self.peek() == Some(b',');
        if found {
            self.at += 1;
        }
        found
    }

    /// The key of the next field, and its place; the cursor is at the value then.
    fn key(&mut self) -> Option<(Cow<'t, str>, Range<usize>)> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at;
        self.string();
        let place = start..self.at;
        let raw = self.text.get(place.clone())?;
        let inner = raw.get(1..raw.len().checked_sub(1)?)?;
        let key = match inner.contains('\\') {
            true => Cow::Owned(serde_json::from_str(raw).ok()?),
            false => Cow::Borrowed(inner),
        };
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        Some((key, place))
    }

    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => 2,
                _ => 1,
            };
        }
        self.at = self.at.min(bytes.len());
    }

    fn scalar(&mut self) {
        if self.peek() == Some(b'"') {
            return self.string();
        }
        let bytes = self.text.as_bytes();
        while bytes
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        {
            self.at += 1;
        }
    }

    /// Passes a whole value.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return,
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                Some(b',' | b':') => self.at += 1,
                Some(_) => {
                    let before = self.at;
                    self.scalar();
                    // What is not JSON cannot be passed.
                    if self.at == before {
                        return;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// How many values a value holds, or `None` when it is nested deeper than `deepest`.
pub(super) fn size(value: &Value, deepest: usize) -> Option<usize> {
    let mut count = 0;
    let mut left = vec![(value, 1)];
    while let Some((value, depth)) = left.pop() {
        count += 1;
        if depth > deepest {
            return None;
        }
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => left.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Some(count)
}
