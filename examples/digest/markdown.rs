//! Prose out of Markdown.

use pulldown_cmark::{
    BrokenLink, CowStr, Event, LinkType, MetadataBlockKind, Options, Parser, Tag, TagEnd,
};

use super::clean::PageBuilder;
use super::html;

pub(crate) fn read(text: &str, page: &mut PageBuilder) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reader = Reader {
        page,
        text: String::new(),
        html: String::new(),
        heading: None,
        hidden: 0,
        metadata: false,
    };
    let mut keep_text = |link: BrokenLink<'_>| {
        // `[text][Type]` and [`Type`] are links to code, which only a documentation tool can resolve.
        let is_code = link.link_type != LinkType::Shortcut || link.reference.starts_with('`');
        is_code.then_some((CowStr::Borrowed(""), CowStr::Borrowed("")))
    };
    for event in Parser::new_with_broken_link_callback(text, options, Some(&mut keep_text)) {
        reader.event(event);
    }
    reader.flush();
}

struct Reader<'a> {
    page: &'a mut PageBuilder,
    text: String,
    html: String,
    heading: Option<u8>,
    /// Depth in code blocks and pictures, whose text is not prose.
    hidden: usize,
    metadata: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.push(&text),
            // A block of HTML holds prose of its own: many READMEs begin with a centred `<h1>`.
            Event::Html(html) => self.html.push_str(&html),
            Event::SoftBreak | Event::HardBreak => self.push(" "),
            Event::InlineHtml(html) if html.starts_with("<br") => self.push(" "),
            Event::Rule => self.flush(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(*level as u8);
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.hidden += 1;
            }
            Tag::Image { .. } => self.hidden += 1,
            Tag::MetadataBlock(MetadataBlockKind::YamlStyle) => {
                self.flush();
                self.metadata = true;
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } => {}
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let text = std::mem::take(&mut self.text);
                if let Some(level) = self.heading.take() {
                    self.page.heading(level, &text);
                }
            }
            TagEnd::CodeBlock | TagEnd::Image => self.hidden = self.hidden.saturating_sub(1),
            TagEnd::HtmlBlock => html::read_fragment(&std::mem::take(&mut self.html), self.page),
            TagEnd::MetadataBlock(_) => {
                self.metadata = false;
                let block = std::mem::take(&mut self.text);
                if let Some(title) = block.lines().find_map(|line| line.strip_prefix("title:")) {
                    self.page.title(title.trim().trim_matches(['"', '\'']));
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link => {}
            _ => self.flush(),
        }
    }

    fn push(&mut self, text: &str) {
        if self.hidden == 0 || self.metadata {
            self.text.push_str(text);
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.page.paragraph(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::clean::{Page, clean};
    use super::super::source::Format;

    fn page(text: &str) -> Page {
        clean(Format::Markdown, text)
    }

    #[test]
    fn keeps_prose_and_drops_code_and_pictures() {
        let page = page(
            "# The *title*\n\n[![badge](b.svg)](ci)\n\nSee [the guide](g.md) and `Vec<T>` &amp; more.\nNext line.\n\n```rust\nfn main() {}\n```\n\n## Part\n\n- one **item**\n- two\n\n| a | b |\n|---|---|\n| cell one | cell two |\n",
        );
        assert_eq!(page.title.as_deref(), Some("The title"));
        assert_eq!(
            page.sections[0].paragraphs,
            ["See the guide and Vec<T> & more. Next line."]
        );
        assert_eq!(page.sections[1].heading.as_deref(), Some("Part"));
        assert_eq!(
            page.sections[1].paragraphs,
            ["one item", "two", "a", "b", "cell one", "cell two"]
        );
    }

    #[test]
    fn links_to_code_keep_their_text() {
        let page = page("Use [the flag][crate::flag], [`Vec`] and #[derive] or [x].");
        assert_eq!(
            page.sections[0].paragraphs,
            ["Use the flag, Vec and #[derive] or [x]."]
        );
    }

    #[test]
    fn html_inside_and_front_matter_are_read() {
        let found = page("---\ntitle: \"From the front\"\ntags: x\n---\n\nHello &#8212; you.\n");
        assert_eq!(found.title.as_deref(), Some("From the front"));
        assert_eq!(found.sections[0].paragraphs, ["Hello — you."]);
        let found = page("<div align=center>\n<h1>Big</h1>\n</div>\n\nText.\n");
        assert_eq!(found.title.as_deref(), Some("Big"));
        assert_eq!(found.sections[0].paragraphs, ["Text."]);
    }
}
