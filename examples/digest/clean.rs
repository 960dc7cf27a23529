//! From a document to its prose: title, sections, paragraphs.

use super::source::Format;
use super::{html, markdown, plain};

/// A document's prose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: Option<String>,
    pub sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// `None` before the first heading.
    pub heading: Option<String>,
    /// 1 for the document's own heading, 0 before any.
    pub level: u8,
    /// Whitespace is collapsed; no paragraph is empty.
    pub paragraphs: Vec<String>,
}

/// Takes the prose out of a document.
pub fn clean(format: Format, text: &str) -> Page {
    let mut page = PageBuilder::default();
    match format {
        Format::Markdown => markdown::read(text, &mut page),
        Format::Html => html::read(text, &mut page),
        Format::Text => plain::read(text, &mut page),
    }
    page.finish()
}

/// Collects a page; every reader writes to it.
#[derive(Debug, Default)]
pub(crate) struct PageBuilder {
    /// A title from outside the text: `<title>`, front matter.
    title: Option<String>,
    sections: Vec<Section>,
}

impl PageBuilder {
    pub(crate) fn title(&mut self, text: &str) {
        let text = collapse(text);
        if self.title.is_none() && !text.is_empty() {
            self.title = Some(text);
        }
    }

    pub(crate) fn heading(&mut self, level: u8, text: &str) {
        let text = collapse(text);
        if !text.is_empty() {
            self.sections.push(Section {
                heading: Some(text),
                level,
                paragraphs: Vec::new(),
            });
        }
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        let text = collapse(text);
        if text.is_empty() {
            return;
        }
        match self.sections.last_mut() {
            Some(section) => section.paragraphs.push(text),
            None => self.sections.push(Section {
                paragraphs: vec![text],
                ..Section::default()
            }),
        }
    }

    /// What a reader tried first was wrong: start again, but keep the title.
    pub(crate) fn clear(&mut self) {
        self.sections.clear();
    }

    /// The highest heading near the top names a page better than `<title>`, which often ends in the site's name.
    fn finish(self) -> Page {
        let heading = self
            .sections
            .iter()
            .filter(|section| section.heading.is_some());
        let first = heading.min_by_key(|section| section.level);
        let is_top = first.is_some_and(|section| section.level == 1);
        let heading = first.and_then(|section| section.heading.clone());
        let title = match (heading, self.title) {
            (Some(heading), Some(title)) if !is_top && !title.starts_with(&heading) => Some(title),
            (None, title) => title,
            (heading, _) => heading,
        };
        Page {
            title,
            sections: self.sections,
        }
    }
}

/// One line, single spaces, and none of the characters that nobody can see.
fn collapse(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '¶'))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_heading_names_the_page() {
        let page = clean(
            Format::Html,
            "<title>A - Site</title><h2>Small</h2><h1>A</h1><p>x",
        );
        assert_eq!(page.title.as_deref(), Some("A"));
        let page = clean(Format::Html, "<title>A - Site</title><h2>Small</h2><p>x");
        assert_eq!(page.title.as_deref(), Some("A - Site"));
        let page = clean(
            Format::Html,
            "<title>Small - Site</title><h2>Small</h2><p>x",
        );
        assert_eq!(page.title.as_deref(), Some("Small"));
        let page = clean(Format::Markdown, "## Only\n\ntext");
        assert_eq!(page.title.as_deref(), Some("Only"));
    }

    #[test]
    fn text_in_any_language_survives() {
        let text = "Größe und Übermaß. Это тоже текст. これは文です。 نص عربي.";
        for format in [Format::Markdown, Format::Html, Format::Text] {
            assert_eq!(
                clean(format, text).sections[0].paragraphs,
                [text],
                "{format:?}"
            );
        }
    }
}
