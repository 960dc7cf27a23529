//! Any text at all.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    printer::{SECOND, content},
    *,
};

/// Text with what terminals and Markdown act on in it.
fn wild() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::char::range('\0', '\u{ff}').prop_map(String::from),
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\t",
            "    ",
            "# ",
            "> ",
            "- ",
            "1. ",
            "[ ] ",
            "```\n",
            "`",
            "*",
            "**",
            "_",
            "~~",
            "|",
            "|-|",
            "\n|---|\n",
            "[a](",
            "](",
            ")",
            "![",
            "[1]: u\n",
            "<br>",
            "<div>\n",
            "&#27;",
            "&#x9b;",
            "\u{1b}[",
            "\u{1b}]8;;",
            "\u{200d}",
            "\u{200b}",
            "\u{202e}",
            "\u{fe0f}",
            "\u{301}",
            "日本",
            "👩\u{200d}💻",
            "🇩🇪",
            "word ",
            "---\n",
            "\\",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn clean_text_holds_no_orders(text in wild()) {
        let once = clean(&text);
        prop_assert!(is_harmless(&once), "{once:?}");
        prop_assert_eq!(&*clean(&once), &*once);
    }

    #[test]
    fn markdown_fits_and_holds_only_our_styles(text in wild(), width in 20usize..60) {
        for colour in [true, false] {
            let options = PrinterOptions { width, colour, terminal: true };
            let out = without_styles(&markdown(&text, &options));
            prop_assert!(is_harmless(&out), "{out:?}");
            for line in out.lines() {
                prop_assert!(console::measure_text_width(line) <= width, "{line:?} in {width}");
            }
        }
    }

    #[test]
    fn however_it_is_cut_a_stream_is_the_text(text in wild(), size in 1usize..20) {
        let agent: Arc<str> = Arc::from("Writer");
        let chars: Vec<char> = text.chars().collect();
        let pieces: Vec<String> = chars.chunks(size).map(|piece| piece.iter().collect()).collect();
        let streamed = |options: &PrinterOptions| shown(options, |printer| {
            for piece in &pieces {
                printer.event(&agent, &content(piece));
            }
            printer.finish(&text, SECOND, None);
        });
        let out = streamed(&PLAIN);
        let expected = clean(&text);
        prop_assert_eq!(out.trim_end_matches('\n'), expected.trim_end_matches('\n'));
        let out = as_seen(&streamed(&COLOURS));
        prop_assert!(is_harmless(&without_styles(&out)), "{out:?}");
        let out = as_seen(&streamed(&TERMINAL));
        for line in out.lines() {
            prop_assert!(console::measure_text_width(line) <= 40, "{line:?}");
        }
        // Block by block it looks as it does whole; only references do not reach over blocks.
        if !text.contains("]:") {
            let inside = |line: &str| {
                let line = line.strip_prefix("│ ")?.strip_suffix(" │")?;
                Some(format!("{}\n", line.trim_end_matches(' ')))
            };
            let rows: String = out.lines().filter_map(inside).collect();
            let whole = markdown(&text, &PrinterOptions { width: 36, ..TERMINAL });
            prop_assert_eq!(rows, whole);
        }
    }
}
