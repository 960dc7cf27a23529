//! Names as PostgreSQL takes them: its `text` holds every character but NUL.

use std::{borrow::Cow, sync::Arc};

/// Escapes NUL, and the character that escapes. The order of names stays that of their bytes.
pub(super) fn encode(name: &str) -> String {
    if !name.contains(['\0', '\u{1}']) {
        return name.to_owned();
    }
    name.replace('\u{1}', "\u{1}1").replace('\0', "\u{1}0")
}

/// The name that was encoded so.
pub(super) fn decode(text: &str) -> Arc<str> {
    let name = if text.contains('\u{1}') {
        Cow::Owned(text.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}"))
    } else {
        Cow::Borrowed(text)
    };
    Arc::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_and_the_order_stays() {
        let mut names = [
            "", "a", "\0", "\u{1}", "\u{1}0", "\0\u{1}1", "\u{1}\0", "b\0",
        ];
        for name in names {
            assert_eq!(&*decode(&encode(name)), name);
            assert!(!encode(name).contains('\0'));
        }
        names.sort_unstable();
        assert!(names.map(encode).is_sorted());
    }
}
