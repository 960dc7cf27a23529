//! The frame of a page: nothing is loaded from anywhere, and nothing in it is run.

use std::fmt::Write as _;

use super::text::escape;

/// No scripts, no links to elsewhere; a picture only from the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// A page around its content.
pub(super) fn page(title: &str, content: &str) -> String {
    let style = include_str!("page.css");
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{content}</body>\n</html>\n"
    )
}

/// A picture as a part of the page: its styles and ids stay its own.
pub(super) fn picture(out: &mut String, svg: &str, what: &str) {
    out.push_str("<div class=\"picture\"><img src=\"data:image/svg+xml,");
    for byte in svg.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            byte => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    let _ = writeln!(out, "\" alt=\"{}\"></div>", escape(what));
}
