//! Markdown, as lines for a terminal.

use std::collections::HashSet;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    clean::clean,
    prefix::Prefixes,
    style::{self, Colour, Line, Span, Style},
    table::Table,
    wrap::{cut, wrap},
};

/// A longer text is shown as it is written: nobody reads its tables.
const LONGEST: usize = 4 << 20;

/// What is understood beside CommonMark.
pub(super) fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// Markdown in lines of at most `width` columns. `marks` keeps the marks of headings and code,
/// for when there are no styles to tell them by.
pub(super) fn lines(text: &str, width: usize, marks: bool) -> Vec<Line> {
    let text = clean(text);
    if text.len() > LONGEST {
        return cut(&text, width, Style::PLAIN);
    }
    let parser = Parser::new_ext(&text, extensions());
    // A definition that nothing refers to would be lost: an answer that is shown block by block
    // has them apart from what refers to them.
    let definitions = parser.reference_definitions();
    let mut definitions: Vec<_> = definitions
        .iter()
        .map(|(label, link)| (link.span.start, label.to_owned(), link.dest.to_string()))
        .collect();
    definitions.sort();
    let mut renderer = Renderer::new(width, marks);
    for event in parser {
        renderer.take(event);
    }
    renderer.flush();
    definitions.retain(|(_, label, _)| !renderer.referred.contains(&label.to_lowercase()));
    for (_, label, url) in definitions {
        renderer.push(&format!("[{label}]: {url}"), Style::DIM);
        renderer.flush();
    }
    renderer.lines
}

struct Renderer {
    width: usize,
    marks: bool,
    lines: Vec<Line>,
    prefixes: Prefixes,
    /// A blank line is due before the next block, behind so many prefixes.
    gap: Option<usize>,
    /// The text of the paragraph, heading, cell under way, and its bytes.
    inline: Line,
    inline_bytes: usize,
    styles: Vec<Style>,
    lists: Vec<List>,
    links: Vec<Link>,
    /// Labels of the definitions in use.
    referred: HashSet<String>,
    code: Option<String>,
    table: Option<Table>,
}

struct List {
    /// Of the next item; `None` for bullets.
    number: Option<u64>,
    /// Its items are paragraphs, with blank lines between them.
    is_loose: bool,
    is_begun: bool,
}

struct Link {
    url: String,
    /// Where its text begins.
    start: usize,
}

impl Renderer {
    fn new(width: usize, marks: bool) -> Self {
        Self {
            width,
            marks,
            lines: Vec::new(),
            prefixes: Prefixes::new(width / 2),
            gap: None,
            inline: Line::new(),
            inline_bytes: 0,
            styles: Vec::new(),
            lists: Vec::new(),
            links: Vec::new(),
            referred: HashSet::new(),
            code: None,
            table: None,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text, self.style()),
            },
            Event::Code(text) => {
                let style = Style {
                    colour: Some(Colour::Cyan),
                    ..self.style()
                };
                match self.marks {
                    true => self.push(&format!("`{text}`"), style),
                    false => self.push(&text, style),
                }
            }
            Event::SoftBreak => self.push(" ", self.style()),
            Event::HardBreak => self.push("\n", self.style()),
            Event::InlineHtml(tag) if is_line_break(&tag) => self.push("\n", self.style()),
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text, self.style()),
            Event::Rule => {
                self.flush();
                let room = self.room();
                self.write(vec![Span::new("─".repeat(room), Style::DIM)]);
                self.end_block();
            }
            Event::TaskListMarker(done) => self.push(if done { "☑ " } else { "☐ " }, Style::PLAIN),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.push(&text, self.style()),
            Event::FootnoteReference(label) => self.push(&format!("[^{label}]"), self.style()),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let style = self.style();
        match tag {
            Tag::Paragraph => {
                self.flush();
                if let Some(list) = self.lists.last_mut() {
                    list.is_loose = true;
                }
            }
            Tag::Heading { level, .. } => {
                self.flush();
                let style = Style {
                    bold: true,
                    underline: level == HeadingLevel::H1,
                    ..style
                };
                self.styles.push(style);
                if self.marks {
                    self.push(&format!("{} ", "#".repeat(level as usize)), style);
                }
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.prefixes.push(None, Span::new("▌ ", Style::DIM));
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                self.code = Some(String::new());
                if self.marks {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language,
                        CodeBlockKind::Indented => "".into(),
                    };
                    self.push(&format!("```{language}"), Style::PLAIN);
                    self.flush();
                }
            }
            Tag::List(number) => {
                self.flush();
                self.lists.push(List {
                    number,
                    is_loose: false,
                    is_begun: false,
                });
            }
            Tag::Item => self.start_item(),
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table {
                    alignments,
                    rows: Vec::new(),
                });
            }
            Tag::TableHead => {
                self.styles.push(Style {
                    bold: true,
                    ..style
                });
                self.table.iter_mut().for_each(Table::row);
            }
            Tag::TableRow => self.table.iter_mut().for_each(Table::row),
            Tag::Emphasis => self.styles.push(Style {
                italic: true,
                ..style
            }),
            Tag::Strong => self.styles.push(Style {
                bold: true,
                ..style
            }),
            Tag::Strikethrough => self.styles.push(Style {
                strike: true,
                ..style
            }),
            Tag::Link { dest_url, id, .. } | Tag::Image { dest_url, id, .. } => {
                self.referred.insert(id.to_lowercase());
                self.styles.push(Style {
                    underline: true,
                    ..style
                });
                let (url, start) = (dest_url.into_string(), self.inline_bytes);
                self.links.push(Link { url, start });
            }
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
                self.end_block();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.pop_prefix();
                self.end_block();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                if self.lists.is_empty() {
                    self.end_block();
                }
            }
            TagEnd::Item => {
                self.flush();
                // An empty item has its mark all the same.
                if self.prefixes.is_fresh() {
                    self.write(Line::new());
                }
                self.pop_prefix();
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let lines = table.lines(self.room());
                    lines.into_iter().for_each(|line| self.write(line));
                }
                self.end_block();
            }
            TagEnd::TableHead => drop(self.styles.pop()),
            TagEnd::TableCell => {
                let text = self.take_inline();
                if let Some(table) = &mut self.table {
                    table.cell(text);
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => drop(self.styles.pop()),
            TagEnd::Link => self.end_link(""),
            TagEnd::Image => self.end_link("image"),
            TagEnd::TableRow => {}
            _ => {
                self.flush();
                self.end_block();
            }
        }
    }

    fn start_item(&mut self) {
        const BULLETS: [&str; 3] = ["•", "◦", "▪"];
        self.flush();
        let bullet = BULLETS[self.lists.len().saturating_sub(1) % BULLETS.len()];
        let mut mark = format!("{bullet} ");
        if let Some(list) = self.lists.last_mut() {
            if list.is_begun && !list.is_loose {
                self.gap = None;
            }
            list.is_begun = true;
            if let Some(number) = &mut list.number {
                mark = format!("{number}. ");
                *number = number.saturating_add(1);
            }
        }
        let blank = " ".repeat(mark.chars().count());
        self.prefixes.push(
            Some(Span::new(mark, Style::of(Colour::Cyan))),
            Span::new(blank, Style::PLAIN),
        );
    }

    fn end_code(&mut self) {
        let code = self.code.take().unwrap_or_default();
        // An entity may have stood for a control.
        let code = clean(code.strip_suffix('\n').unwrap_or(&code)).into_owned();
        let style = Style::of(Colour::Cyan);
        for line in cut(&code, self.room().saturating_sub(2).max(1), style) {
            let mut indented = vec![Span::new("  ", Style::PLAIN)];
            indented.extend(line);
            self.write(indented);
        }
        if self.marks {
            self.write(vec![Span::new("```", Style::PLAIN)]);
        }
        self.end_block();
    }

    /// Writes where a link goes, unless its text says so.
    fn end_link(&mut self, nameless: &str) {
        self.styles.pop();
        let Some(link) = self.links.pop() else {
            return;
        };
        // Line breaks have no place in an address.
        let url = clean(&link.url).replace(['\n', '\t'], " ");
        let bytes = self.inline_bytes - link.start;
        if bytes == 0 {
            self.push(nameless, self.style());
        } else if bytes == url.len() && self.ends_with(&url) {
            return;
        }
        if !url.is_empty() {
            let before = self.inline.last().map_or(" ", |span| &span.text);
            let space = if before.ends_with([' ', '\n']) {
                ""
            } else {
                " "
            };
            self.push(&format!("{space}({url})"), Style::DIM);
        }
    }

    fn ends_with(&self, url: &str) -> bool {
        let mut rest = url;
        for span in self.inline.iter().rev() {
            if rest.len() <= span.text.len() {
                return span.text.ends_with(rest);
            }
            match rest.strip_suffix(span.text.as_str()) {
                Some(before) => rest = before,
                None => return false,
            }
        }
        rest.is_empty()
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    /// Adds to the text under way. Entities may stand for controls, so each piece is cleaned.
    fn push(&mut self, text: &str, style: Style) {
        let text = clean(text);
        // What Markdown has parted from its character would still change how wide that is.
        let text = text.trim_start_matches(['\u{fe0e}', '\u{fe0f}']);
        self.inline_bytes += text.len();
        style::push(&mut self.inline, text, style);
    }

    fn take_inline(&mut self) -> Line {
        self.inline_bytes = 0;
        std::mem::take(&mut self.inline)
    }

    /// The columns that are left for text.
    fn room(&self) -> usize {
        self.width.saturating_sub(self.prefixes.columns()).max(1)
    }

    /// Writes the text under way.
    fn flush(&mut self) {
        if self.inline.is_empty() {
            return;
        }
        let mut text = self.take_inline();
        if let Some(last) = text.last_mut() {
            // The last line break of a block of HTML.
            last.text.truncate(last.text.trim_end_matches('\n').len());
        }
        let lines = wrap(&text, self.room());
        lines.into_iter().for_each(|line| self.write(line));
    }

    fn pop_prefix(&mut self) {
        self.prefixes.pop();
        self.gap = self.gap.map(|depth| depth.min(self.prefixes.depth()));
    }

    fn end_block(&mut self) {
        self.gap = Some(self.prefixes.depth());
    }

    fn write(&mut self, text: Line) {
        if let Some(depth) = self.gap.take()
            && !self.lines.is_empty()
        {
            let mut blank = self.prefixes.rest(depth);
            style::trim_end(&mut blank);
            self.lines.push(blank);
        }
        let mut line = self.prefixes.next();
        line.extend(text);
        style::trim_end(&mut line);
        self.lines.push(line);
    }
}

fn is_line_break(tag: &str) -> bool {
    let tag = tag.trim_start_matches('<').trim_end_matches('>');
    tag.trim_end_matches('/').trim().eq_ignore_ascii_case("br")
}
