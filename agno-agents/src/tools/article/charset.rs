//! From a page's bytes to its text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a page its `<meta charset>` is looked for, in bytes. Source: the HTML standard,
/// "prescan a byte stream", which asks for 1024; pages exceed it.
const META_WITHIN: usize = 4096;

/// Reads bytes in the order the HTML standard asks: a byte order mark, what the server names, what
/// the page names, UTF-8 if they are, and Windows-1252.
pub(super) fn decode(bytes: &[u8], named: Option<&str>, is_html: bool) -> String {
    let label = |label: &str| Encoding::for_label(label.as_bytes());
    let encoding = named
        .and_then(label)
        .or_else(|| meta(bytes).filter(|_| is_html));
    let encoding = encoding.unwrap_or_else(|| {
        if std::str::from_utf8(bytes).is_ok() {
            UTF_8
        } else {
            WINDOWS_1252
        }
    });
    // `decode` looks for a byte order mark first.
    encoding.decode(bytes).0.into_owned()
}

fn meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(META_WITHIN)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    for (at, _) in head.match_indices("charset") {
        let in_meta = head[..at]
            .rfind('<')
            .is_some_and(|open| head[open..].starts_with("<meta"));
        let rest = head[at + "charset".len()..].trim_start();
        let Some(value) = rest.strip_prefix('=').filter(|_| in_meta) else {
            continue;
        };
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(['"', '\'', ';', '>', ' ', '/']);
        let found = Encoding::for_label(&value.as_bytes()[..end.unwrap_or(value.len())]);
        // A page whose ASCII could be read so far is not in UTF-16, whatever it says.
        return found.map(|found| match found {
            found if found == UTF_16LE || found == UTF_16BE => UTF_8,
            found => found,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_is_found() {
        let cases: [(&[u8], Option<&str>, &str); 8] = [
            ("grün".as_bytes(), None, "grün"),
            (b"gr\xfcn", None, "grün"),
            (b"gr\xfcn", Some("iso-8859-1"), "grün"),
            ("\u{feff}grün".as_bytes(), Some("iso-8859-1"), "grün"),
            (b"\xff\xfeg\0", None, "g"),
            (
                b"<meta charset=\"shift_jis\">\x83\x65",
                None,
                "<meta charset=\"shift_jis\">テ",
            ),
            (
                b"<meta http-equiv=x content='text/html; charset=koi8-r'>\xc1",
                None,
                "<meta http-equiv=x content='text/html; charset=koi8-r'>а",
            ),
            (b"gr\xfcn", Some("no such charset"), "grün"),
        ];
        for (bytes, named, text) in cases {
            assert_eq!(decode(bytes, named, true), text, "{named:?}");
        }
    }

    #[test]
    fn only_a_page_names_its_charset() {
        let text = "<meta charset=koi8-r>grün";
        assert_eq!(decode(text.as_bytes(), None, false), text);
    }
}
