//! Paths that some servers read as other paths.

use std::borrow::Cow;

/// So often a path is unpacked; no server does it oftener.
const ROUNDS: usize = 4;

/// Whether a server could take `path`, as a URL has it, for another one: because it unpacks escapes
/// before it looks at the parts, more than once even, or drops what follows a semicolon in a part.
pub(super) fn is_ambiguous(path: &str) -> bool {
    let mut unpacked = Cow::Borrowed(path.as_bytes());
    for _ in 0..ROUNDS {
        match unpack(&unpacked) {
            Some(more) => unpacked = Cow::Owned(more),
            None => break,
        }
    }
    if unpack(&unpacked).is_some() {
        return true;
    }
    // Among what is no UTF-8 are dots and slashes that take more bytes than they should.
    let Ok(unpacked) = str::from_utf8(&unpacked) else {
        return true;
    };
    let is_separator = |c: char| matches!(c, '/' | '\\');
    if unpacked.contains(char::is_control)
        || unpacked.matches(is_separator).count() != path.matches('/').count()
    {
        return true;
    }
    unpacked.split(is_separator).any(|part| {
        let name = part.split(';').next().unwrap_or_default();
        matches!(name.trim(), "." | "..") || (name.is_empty() && !part.is_empty())
    })
}

/// Each `%41` made an `A`; `None` if there is none.
fn unpack(path: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut unpacked = Vec::with_capacity(path.len());
    let mut found = false;
    let mut rest = path;
    while let [first, after @ ..] = rest {
        let byte = match after {
            [high, low, ..] if *first == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        let byte = byte.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        found |= byte.is_some();
        unpacked.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    found.then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_one_thing() {
        for path in [
            "",
            "/",
            "/v1",
            "/a//b",
            "/a;b=1/c",
            "/100%25",
            "/gr%C3%BCn",
            "/a..b",
            "/%zz",
        ] {
            assert!(!is_ambiguous(path), "{path}");
        }
        let deep = format!("/%{}2e", "25".repeat(10_000));
        for path in [
            "/..;/b",
            "/.;x/b",
            "/;/b",
            "/%2e%2E/b",
            "/a%2fb",
            "/a%5Cb",
            "/%252e%252e/b",
            "/%25%32%65%25%32%65/b",
            "/%c0%ae",
            "/%00",
            "/..%20/b",
            "/..%3b/b",
            &deep,
        ] {
            assert!(is_ambiguous(path), "{path}");
        }
    }
}
