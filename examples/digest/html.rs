//! Prose out of HTML, by the tokenizer of html5ever: no tree is needed to follow headings and paragraphs.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::clean::PageBuilder;

/// What a page shows around or instead of its prose.
const HIDDEN: [&str; 19] = [
    "script", "style", "nav", "footer", "aside", "template", "noscript", "svg", "math", "pre",
    "form", "select", "button", "iframe", "object", "textarea", "figure", "dialog", "audio",
];

/// Elements inside a line; every other one ends the paragraph.
const INLINE: [&str; 31] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong",
    "sub", "sup", "time", "tt", "u",
];

const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Reads a whole page.
pub(crate) fn read(html: &str, page: &mut PageBuilder) {
    tokenize(html, page, true);
}

/// Reads a piece of HTML within something else.
pub(crate) fn read_fragment(html: &str, page: &mut PageBuilder) {
    tokenize(html, page, false);
}

fn tokenize(html: &str, page: &mut PageBuilder, whole: bool) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let sink = Sink(RefCell::new(Reader {
        page,
        text: String::new(),
        title: None,
        heading: None,
        hidden: None,
        whole,
        main: false,
    }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // It stops early only if the sink asks for it, to run a script: ours never does.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
}

struct Sink<'a>(RefCell<Reader<'a>>);

struct Reader<'a> {
    page: &'a mut PageBuilder,
    text: String,
    title: Option<String>,
    heading: Option<u8>,
    /// The hidden element we are in, and how deep in others of its name.
    hidden: Option<(String, usize)>,
    whole: bool,
    /// The page marks its main part, so the rest is not read.
    main: bool,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => match tag.kind {
                TagKind::StartTag => return reader.start(&tag),
                TagKind::EndTag => reader.end(&tag.name),
            },
            Token::CharacterTokens(text) => reader.push(&text),
            Token::EOFToken => reader.flush(),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader<'_> {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name && !tag.self_closing {
                *depth += 1;
            }
        } else if !VOID.contains(&name) && !tag.self_closing && is_hidden(tag) {
            if !INLINE.contains(&name) {
                self.flush();
            }
            self.hidden = Some((name.to_owned(), 0));
        } else {
            self.show(name);
        }
        // The tokenizer alone does not know which elements hold no markup.
        match name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" | "iframe" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    fn show(&mut self, name: &str) {
        match name {
            "title" => self.title = Some(String::new()),
            "main" => {
                self.flush();
                if self.whole && !self.main {
                    self.page.clear();
                    self.main = true;
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                self.heading = name[1..].parse().ok();
            }
            "br" | "img" | "wbr" => self.text.push(' '),
            _ if INLINE.contains(&name) => {}
            _ => self.flush(),
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                match depth.checked_sub(1) {
                    Some(less) => *depth = less,
                    None => self.hidden = None,
                }
            }
            return;
        }
        match name {
            "title" => {
                if let Some(title) = self.title.take() {
                    self.page.title(&title);
                }
            }
            "main" => {
                self.flush();
                // Nothing behind the main part is prose of this page.
                self.hidden = self.main.then(|| ("html".to_owned(), 0));
            }
            _ if INLINE.contains(&name) => {}
            _ => self.flush(),
        }
    }

    fn push(&mut self, text: &str) {
        match &mut self.title {
            _ if self.hidden.is_some() => {}
            Some(title) => title.push_str(text),
            None => self.text.push_str(text),
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        match self.heading.take() {
            Some(level) => self.page.heading(level, &text),
            None => self.page.paragraph(&text),
        }
    }
}

fn is_hidden(tag: &Tag) -> bool {
    HIDDEN.contains(&&*tag.name)
        || tag.attrs.iter().any(|attr| match &*attr.name.local {
            "hidden" => true,
            "aria-hidden" => &*attr.value == "true",
            "role" => matches!(&*attr.value, "navigation" | "search" | "contentinfo"),
            // Footnote marks and edit links of wikis and generators.
            "class" => attr.value.split_whitespace().any(|class| {
                matches!(
                    class,
                    "reference" | "mw-editsection" | "headerlink" | "sidebar" | "navbox"
                )
            }),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::super::clean::{Page, clean};
    use super::super::source::Format;

    fn page(text: &str) -> Page {
        clean(Format::Html, text)
    }

    #[test]
    fn keeps_prose_and_drops_the_frame() {
        let page = page(
            "<html><head><title>T &amp; U</title><style>p { x: '<p>' }</style></head><body>\
             <nav><ul><li>Home</li></ul></nav><script>if (a < b) document.write('<p>no</p>')</script>\
             <h2>One<a class=headerlink>¶</a></h2><p>First&nbsp;<b>bold</b>ly &eacute;&#x4e2d;<p>Second<br>line\
             <pre>code</pre><div role=navigation><div>x</div>y</div><ul><li>item<li>other</ul>\
             <footer>foot</footer></body></html>",
        );
        assert_eq!(page.title.as_deref(), Some("T & U"));
        assert_eq!(page.sections.len(), 1);
        assert_eq!(page.sections[0].heading.as_deref(), Some("One"));
        assert_eq!(
            page.sections[0].paragraphs,
            ["First boldly é中", "Second line", "item", "other"]
        );
    }

    #[test]
    fn the_main_part_alone_is_read_where_it_is_marked() {
        let page =
            page("<title>T</title><p>menu</p><main><h1>A</h1><p>text</p></main><p>behind</p>");
        assert_eq!(page.sections.len(), 1);
        assert_eq!(page.sections[0].paragraphs, ["text"]);
    }

    #[test]
    fn broken_html_loses_no_text() {
        let page = page("<p>one <b>two</p></i> <div>three < four <a href='x>five");
        let text = page.sections[0].paragraphs.join(" ");
        assert!(text.starts_with("one two three < four"), "{text}");
    }
}
