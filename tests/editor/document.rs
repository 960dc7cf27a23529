//! A half-typed file. `$0`, `$1`, .. mark where the cursor stands, and are no part of its text.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) struct Document {
    pub(crate) uri: String,
    pub(crate) text: String,
    /// Their places, by number.
    cursors: BTreeMap<usize, usize>,
}

impl Document {
    pub(crate) fn new(uri: String, marked: &str) -> Self {
        let mut text = String::new();
        let mut cursors = BTreeMap::new();
        for (index, part) in marked.split('$').enumerate() {
            if index == 0 {
                text += part;
                continue;
            }
            let end = part.find(|c: char| !c.is_ascii_digit());
            let (number, rest) = part.split_at(end.unwrap_or(part.len()));
            let number = number.parse().expect("`$` and a number");
            let twice = cursors.insert(number, text.len());
            assert_eq!(twice, None, "two cursors are called ${number}");
            text += rest;
        }
        Self { uri, text, cursors }
    }

    pub(crate) fn cursor(&self, number: usize) -> usize {
        let place = self.cursors.get(&number);
        *place.unwrap_or_else(|| panic!("no cursor is called ${number}"))
    }

    /// A place as the protocol has it: columns count UTF-16 units.
    pub(crate) fn position(&self, offset: usize) -> Value {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[line_start..].encode_utf16().count();
        json!({ "line": before.matches('\n').count(), "character": column })
    }

    /// The place of a position of the protocol.
    pub(crate) fn offset(&self, position: &Value) -> usize {
        let number = |name: &str| position[name].as_u64().expect("a number") as usize;
        let lines = self.text.split_inclusive('\n');
        let start: usize = lines.clone().take(number("line")).map(str::len).sum();
        let line = lines.clone().nth(number("line")).unwrap_or_default();
        let mut units = number("character");
        let column = line.chars().take_while(|c| {
            let is_before = units > 0;
            units = units.saturating_sub(c.len_utf16());
            is_before
        });
        start + column.map(char::len_utf8).sum::<usize>()
    }

    /// Where the identifier at a cursor begins and ends.
    pub(crate) fn word(&self, number: usize) -> (usize, usize) {
        let is_part = |c: char| c == '_' || c.is_alphanumeric();
        let at = self.cursor(number);
        let start = self.text[..at].trim_end_matches(is_part).len();
        let rest = self.text[at..].trim_start_matches(is_part).len();
        (start, self.text.len() - rest)
    }

    /// The line of a place and what stands there, for messages.
    pub(crate) fn show(&self, offset: usize) -> String {
        let number = self.text[..offset].matches('\n').count();
        let line = self.text.lines().nth(number).unwrap_or_default();
        format!("line {}, `{}`", number + 1, line.trim())
    }
}

#[test]
fn cursors_are_taken_out_of_the_text() {
    let document = Document::new(
        String::new(),
        "// a\nlet ü𝄞 = topic.$0;\n$1flow.read($2x)\n",
    );
    assert_eq!(document.text, "// a\nlet ü𝄞 = topic.;\nflow.read(x)\n");
    let place = document.position(document.cursor(0));
    assert_eq!(place, json!({ "line": 1, "character": 16 }));
    for number in 0..3 {
        let place = document.position(document.cursor(number));
        assert_eq!(document.offset(&place), document.cursor(number));
    }
    let (start, end) = document.word(1);
    assert_eq!(&document.text[start..end], "flow");
}
