//! How answers are shown.
#![cfg(feature = "console")]

mod anything;
mod printer;

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use agno_agents::console::{Printer, PrinterOptions, clean, markdown};

const TERMINAL: PrinterOptions = PrinterOptions {
    width: 40,
    colour: false,
    terminal: true,
};
const COLOURS: PrinterOptions = PrinterOptions {
    colour: true,
    ..TERMINAL
};
const PLAIN: PrinterOptions = PrinterOptions {
    terminal: false,
    ..TERMINAL
};

fn is_harmless(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || c == '\t' || !c.is_control())
}

/// What is left without the styles that are ours, and nothing else.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((codes, rest)) = part.split_once('m') else {
            panic!("no style: {part:?}");
        };
        let known =
            |code: &str| ["0", "1", "2", "3", "4", "9", "31", "33", "34", "36"].contains(&code);
        assert!(codes.split(';').all(known), "no style of ours: {codes:?}");
        out.push_str(rest);
    }
    out
}

/// Takes what was erased away, as a terminal does.
fn as_seen(text: &str) -> String {
    let mut out = String::new();
    for piece in text.split_inclusive("\r\u{1b}[2K") {
        match piece.strip_suffix("\r\u{1b}[2K") {
            Some(piece) => out.push_str(&piece[..piece.rfind('\n').map_or(0, |at| at + 1)]),
            None => out.push_str(piece),
        }
    }
    out
}

fn shown(options: &PrinterOptions, print: impl FnOnce(&mut Printer<&mut Vec<u8>>)) -> String {
    let mut out = Vec::new();
    let mut printer = Printer::to(&mut out, options.clone());
    print(&mut printer);
    drop(printer);
    String::from_utf8(out).expect("text")
}

fn plain(text: &str) -> String {
    markdown(text, &PLAIN)
}

#[test]
fn text_is_made_harmless() {
    for (text, harmless) in [
        ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
        ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
        (
            "\u{1b}]8;;http://evil\u{1b}\\bank\u{1b}]8;;\u{1b}\\",
            "\\u{1b}]8;;http://evil\\u{1b}\\bank\\u{1b}]8;;\\u{1b}\\",
        ),
        ("\u{1b}Pq#0\u{9c}", "\\u{1b}Pq#0\\u{9c}"),
        ("\u{9b}2J\u{85}", "\\u{9b}2J\\u{85}"),
        ("yes\rno", "yes\\u{d}no"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("no\u{8}\u{8}yes", "no\\u{8}\\u{8}yes"),
        ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
        ("pay\u{200b}pal so\u{ad}ft \u{feff}", "paypal soft "),
        ("tag\u{e0041}", "tag\\u{e0041}"),
        // Joined emoji and Persian stay what they are; between ASCII a joiner is a trick.
        (
            "👩\u{200d}💻 می\u{200c}خواهم",
            "👩\u{200d}💻 می\u{200c}خواهم",
        ),
        ("a\u{200d}b\u{200c}", "a\\u{200d}b\\u{200c}"),
        ("é日本 e\u{301}", "é日本 e\u{301}"),
    ] {
        assert_eq!(clean(text), harmless, "{text:?}");
    }
    assert!(matches!(clean("nothing to do\n"), Cow::Borrowed(_)));
}

#[test]
fn blocks_are_laid_out() {
    assert_eq!(
        plain("# Title\nSome *very* **bold** ~~old~~ `code`.\n\nNext\nline  \nbreak."),
        "# Title\n\nSome very bold old `code`.\n\nNext line\nbreak.\n"
    );
    assert_eq!(
        plain("- a\n- b\n  1. x\n  2. y\n     - deep\n- [x] done\n- [ ] open\n\nend"),
        "• a\n• b\n  1. x\n  2. y\n     ▪ deep\n• ☑ done\n• ☐ open\n\nend\n"
    );
    assert_eq!(
        plain("9. a\n\n   more\n10. b\n-"),
        "9. a\n\n   more\n\n10. b\n\n•\n"
    );
    assert_eq!(
        plain("> quoted\n> - item\n>\n> > inner\n\nafter"),
        "▌ quoted\n▌\n▌ • item\n▌\n▌ ▌ inner\n\nafter\n"
    );
    assert_eq!(
        plain("text\n\n```rust\nfn a() {\n\tb;\n}\n```\n***"),
        format!(
            "text\n\n```rust\n  fn a() {{\n      b;\n  }}\n```\n\n{}\n",
            "─".repeat(40)
        )
    );
    assert_eq!(plain("a<br>\u{301}b"), "a\n\u{301}b\n");
    assert_eq!(plain("a<br>b <b>c</b>"), "a\nb <b>c</b>\n");
    assert_eq!(plain("<div>\nx\n</div>\n"), "<div>\nx\n</div>\n");
    assert_eq!(
        plain("a\n\n>\n\n- b\n\n  c\n\nd\n\n>"),
        "a\n\n• b\n\n  c\n\nd\n"
    );
    assert_eq!(plain(""), "");
}

#[test]
fn links_and_images_show_where_they_go() {
    assert_eq!(
        plain("[a](http://x.y) <http://z> [http://q](http://q)"),
        "a (http://x.y) http://z http://q\n"
    );
    assert_eq!(
        plain("![cat](c.png) ![](d.png) [](e)"),
        "cat (c.png) image (d.png) (e)\n"
    );
    assert_eq!(plain("[![alt](i)](l)"), "alt (i) (l)\n");
    // What is written by reference, and a definition that nothing here refers to.
    assert_eq!(
        plain("[a][1]\n\n[1]: http://one\n[2]: http://two"),
        "a (http://one)\n\n[2]: http://two\n"
    );
    assert_eq!(
        plain("[bank](http://evil/&#x202e;&#27;]0;x)"),
        "bank (http://evil/\\u{202e}\\u{1b}]0;x)\n"
    );
}

#[test]
fn entities_cannot_give_orders() {
    let text = "&#27;[2J &#x9b;31m `&#27;` &#x202E;\n\n    &#27;\n\n| &#27; |\n|---|\n<p>&#27;</p>";
    for options in [PLAIN, COLOURS] {
        let out = without_styles(&markdown(text, &options));
        assert!(is_harmless(&out), "{out:?}");
        assert!(
            out.starts_with("\\u{1b}[2J \u{fffd}31m") || out.starts_with("\\u{1b}[2J \\u{9b}31m"),
            "{out:?}"
        );
    }
}

#[test]
fn tables_fit() {
    assert_eq!(
        plain("| Name | N | mid |\n|:--|--:|:-:|\n| a | 1 | x |\n| 日本 | 200 | |"),
        "Name │   N │ mid\n─────┼─────┼────\na    │   1 │  x\n日本 │ 200 │\n"
    );
    let wide = "| a | b |\n|---|---|\n| short | one two three four five six seven eight nine ten |";
    let out = plain(wide);
    assert!(
        out.starts_with("a     │ b\n──────┼─"),
        "the narrow column keeps what it needs: {out}"
    );
    assert!(
        out.lines().count() == 4 && out.lines().all(|line| line.chars().count() <= 40),
        "{out}"
    );
    let many = format!("{}|\n{}|\n", "| x ".repeat(30), "|---".repeat(30));
    assert!(plain(&many).lines().all(|line| line.chars().count() <= 40));
}

#[test]
fn lines_break_by_what_a_terminal_shows() {
    // 15 wide letters take 30 columns of the 36 inside.
    let text = "日本語の文章は空白がないので何処でも折り返す事が出来ます";
    let out = plain(text);
    assert!(out.lines().all(|line| line.chars().count() <= 20), "{out}");
    assert_eq!(out.replace('\n', ""), text);
    let emoji = "👩\u{200d}👩\u{200d}👧\u{200d}👦".repeat(30);
    let out = plain(&emoji);
    assert!(
        out.lines().all(|line| line.matches('👦').count() <= 20),
        "{out}"
    );
    assert!(
        out.lines().all(|line| line.ends_with('👦')),
        "no family is torn: {out}"
    );
    let marks = "e\u{301}".repeat(100);
    assert_eq!(
        plain(&marks).lines().next(),
        Some("e\u{301}".repeat(40).as_str())
    );
    let url = "x".repeat(100);
    assert_eq!(plain(&format!("see {url}")).lines().count(), 4);
}

#[test]
fn styles_are_shown_where_they_are_wanted() {
    let text = "# T\n*i* **b** ~~s~~ `c` [l](u)";
    assert_eq!(
        markdown(text, &COLOURS),
        "\u{1b}[1;4mT\u{1b}[0m\n\n\u{1b}[3mi\u{1b}[0m \u{1b}[1mb\u{1b}[0m \u{1b}[9ms\u{1b}[0m \
         \u{1b}[36mc\u{1b}[0m \u{1b}[4ml\u{1b}[0m\u{1b}[2m (u)\u{1b}[0m\n"
    );
    assert!(!markdown(text, &TERMINAL).contains('\u{1b}'));
}

#[test]
fn hostile_markdown_takes_a_moment() {
    let million = 1_000_000;
    let repeated = |piece: &str| piece.repeat(million / piece.len());
    for text in [
        repeated("a"),
        repeated("word "),
        repeated("> "),
        repeated("- "),
        repeated("["),
        repeated("*a "),
        repeated("**a _b "),
        repeated("`a``"),
        repeated("![a]("),
        repeated("<a "),
        repeated("|a"),
        format!(
            "{}\n{}\n{}",
            "|a".repeat(5000),
            "|-".repeat(5000),
            "|\n".repeat(50_000)
        ),
        format!("{}{}", "![".repeat(50_000), "](u)".repeat(50_000)),
        repeated("日"),
        repeated("e\u{301}\u{301}\u{301}"),
        format!("a{}", "\u{301}".repeat(million / 2)),
        repeated("\u{1f1e6}"),
        repeated("👩\u{200d}"),
        format!("[a]: {}\n\n{}", "x".repeat(1000), "[a] ".repeat(10_000)),
        repeated("\u{1b}[31m"),
        repeated("\t"),
        repeated("&#27;"),
        (0..2000)
            .map(|n| format!("{}- a\n", " ".repeat(n % 500)))
            .collect(),
    ] {
        let begun = Instant::now();
        let out = markdown(&text, &COLOURS);
        let took = begun.elapsed();
        let begins: String = text.chars().take(12).collect();
        eprintln!("{begins:?}: {took:?}, {} bytes", out.len());
        assert!(took < Duration::from_secs(8), "{begins:?} took {took:?}");
    }
}

#[test]
fn a_heap_of_marks_stays_on_its_line() {
    let heap = format!("a{}b", "\u{301}\u{320}".repeat(50_000));
    assert_eq!(clean(&heap).chars().count(), 10);
    // Joiners between them change nothing.
    let joined = format!("ä{}b", "\u{301}\u{200d}".repeat(50_000));
    assert!(markdown(&joined, &TERMINAL).matches('\u{301}').count() <= 8);
    assert_eq!(clean(&clean(&joined)), clean(&joined));
    let tibetan = "\u{f66}\u{f92}\u{fb2}\u{f74}\u{f56}\u{f66}";
    for fine in [tibetan, "e\u{302}\u{301}", "❤\u{fe0f}", "각\u{11a8}"] {
        assert_eq!(clean(fine), fine);
    }
    // Of a stream as well, at whatever place it is cut.
    let out = shown(&PLAIN, |printer| {
        for c in heap.chars() {
            printer.event("Writer", &printer::content(&c.to_string()));
        }
        printer.finish(&heap, Duration::ZERO, None);
    });
    assert_eq!(out.matches(['\u{301}', '\u{320}']).count(), 8);
}

#[test]
fn a_line_holds_no_orders_however_it_is_cut() {
    let orders = [
        "\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
        "\u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}P+q544e\u{1b}\\",
        "\u{9d}0;title\u{9c}",
        "\u{9b}2J",
        "\u{1b}c\u{8}\u{7f}",
        "safe\rEVIL",
        "\u{202e}txt.exe\u{2066}",
        "\u{2028}\u{85}\u{b}\u{c}",
    ];
    for options in [TERMINAL, COLOURS, PLAIN] {
        for order in orders {
            for end in 0..=order.chars().count() {
                let first: String = order.chars().take(end).collect();
                let second: String = order.chars().skip(end).collect();
                let out = shown(&options, |printer| {
                    printer.start(order, order);
                    let started = agno_core::AgentEvent::Started {
                        model: order.into(),
                    };
                    printer.event(order, &started);
                    printer.event(order, &printer::content(&first));
                    printer.event(order, &printer::content(&second));
                    printer.event("helper\u{1b}[1A", &printer::content(order));
                    let call: std::sync::Arc<str> = order.into();
                    printer.event(
                        order,
                        &agno_core::AgentEvent::ToolStarted {
                            tool: order.into(),
                            call: call.clone(),
                            arguments: order.to_owned(),
                        },
                    );
                    let error = agno_core::EventError {
                        code: order.into(),
                        message: order.to_owned(),
                    };
                    let tool = order.into();
                    printer.event(
                        order,
                        &agno_core::AgentEvent::ToolFailed { tool, call, error },
                    );
                    let reason = order.to_owned();
                    printer.event(order, &agno_core::AgentEvent::Reset { reason });
                    printer.finish(&format!("[{order}](http://{order})"), Duration::ZERO, None);
                });
                let left = without_styles(&out.replace("\r\u{1b}[2K", ""));
                assert!(
                    is_harmless(&left) && !left.contains(['\u{202e}', '\u{2066}', '\u{2028}']),
                    "{options:?} {order:?} at {end}: {left:?}"
                );
            }
        }
    }
}
