//! One Markdown report over all summaries.

use std::collections::BTreeSet;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use super::escape::{escape, link_target};
use super::merge::{Entry, central, entries, index};
use super::source::Skipped;
use super::summary::{MAX_RANKED, Summary};

/// A longer list of links is no help.
const LINKS_PER_TERM: usize = 10;

/// How much a report shows.
#[agno::data]
#[derive(Copy, PartialEq, Eq)]
pub struct Detail {
    pub sentences_per_document: usize,
    pub central_sentences: usize,
    pub index_terms: usize,
}

impl Default for Detail {
    fn default() -> Self {
        Self {
            sentences_per_document: 5,
            central_sentences: 8,
            index_terms: 80,
        }
    }
}

impl Detail {
    /// The next smaller report, or `None` if this is the smallest.
    pub fn tighter(self) -> Option<Self> {
        let less = |count: usize, least: usize| if count > least { count - 1 } else { count };
        let next = Self {
            sentences_per_document: less(self.sentences_per_document, 1),
            central_sentences: less(self.central_sentences, 3),
            index_terms: self.index_terms / 2,
        };
        (next != self).then_some(next)
    }
}

/// What a report is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Material {
    /// As the user named it.
    pub folder: String,
    /// The way from the report's place to the folder; empty if the report stands in it.
    pub link_base: String,
    pub summaries: Vec<Summary>,
    pub skipped: Vec<Skipped>,
    /// Paths that an earlier run had seen.
    pub removed: Vec<String>,
}

/// A finished report.
#[agno::data]
#[derive(PartialEq, Eq)]
pub struct Report {
    pub markdown: String,
    pub words: usize,
    pub detail: Detail,
}

/// Writes the fullest report that has at most `max_words`, or the shortest that there is.
pub fn fit(material: &Material, max_words: usize) -> Report {
    let entries = entries(&material.summaries);
    let mut found = write(material, &entries, Detail::default());
    while found.words > max_words
        && let Some(detail) = found.detail.tighter()
    {
        found = write(material, &entries, detail);
    }
    found
}

fn write(material: &Material, entries: &[Entry<'_>], detail: Detail) -> Report {
    let mut writer = Writer {
        material,
        detail,
        out: String::new(),
    };
    writer.head(entries);
    writer.central(entries);
    writer.documents(entries);
    writer.index(entries);
    writer.left_out();
    let markdown = writer.out.trim_end().to_owned() + "\n";
    let words = markdown.unicode_words().count();
    Report {
        markdown,
        words,
        detail,
    }
}

struct Writer<'a> {
    material: &'a Material,
    detail: Detail,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}"); // a String takes everything
    }

    fn paragraph(&mut self, text: &str) {
        self.line(text);
        self.line("");
    }

    fn head(&mut self, entries: &[Entry<'_>]) {
        let total = self.material.summaries.len();
        let words: u64 = entries
            .iter()
            .map(|entry| u64::from(entry.summary.words))
            .sum();
        let mut facts = vec![format!(
            "{} with {}",
            counted(total as u64, "document"),
            counted(words, "word")
        )];
        if total > entries.len() {
            facts.push(format!(
                "{} repeat another",
                counted((total - entries.len()) as u64, "document")
            ));
        }
        if !self.material.removed.is_empty() {
            let gone = counted(self.material.removed.len() as u64, "document");
            facts.push(format!(
                "{gone} [gone](#gone-since-the-last-run) since the last run"
            ));
        }
        if !self.material.skipped.is_empty() {
            let left = counted(self.material.skipped.len() as u64, "file");
            facts.push(format!("{left} [left out](#left-out)"));
        }
        self.paragraph(&format!("# Digest of {}", escape(&self.material.folder)));
        self.paragraph(&format!("{}.", facts.join("; ")));
        self.paragraph(
            "Every sentence is quoted from its document; LexRank chose it for what it shares with the rest.",
        );
    }

    fn central(&mut self, entries: &[Entry<'_>]) {
        let found = central(entries, self.detail.central_sentences);
        if found.sentences.len() < 2 {
            return;
        }
        self.paragraph("## In short");
        if found.is_cut {
            self.paragraph(&format!("Out of the {MAX_RANKED} longest documents."));
        }
        for (entry, text) in found.sentences {
            self.line(&format!("- {} ({})", escape(text), self.link(entry)));
        }
        self.line("");
    }

    fn documents(&mut self, entries: &[Entry<'_>]) {
        if entries.is_empty() {
            self.paragraph("There is no document to digest.");
            return;
        }
        self.paragraph("## Documents");
        let (told, silent): (Vec<_>, Vec<_>) = entries
            .iter()
            .partition(|entry| !entry.sentences.is_empty());
        for entry in told {
            self.document(entry);
        }
        if !silent.is_empty() {
            self.paragraph("### Nothing to quote");
            self.paragraph("Too little prose, or only what stands in several other documents too.");
            for entry in silent {
                let link = self.link(entry);
                self.line(&format!("- {link}"));
            }
            self.line("");
        }
    }

    fn document(&mut self, entry: &Entry<'_>) {
        let summary = entry.summary;
        self.paragraph(&format!(
            "### [{}]({})",
            escape(&summary.title),
            self.target(&summary.path)
        ));
        let mut facts = vec![
            escape(&summary.path),
            counted(u64::from(summary.words), "word"),
        ];
        if !entry.terms.is_empty() {
            let terms: Vec<_> = entry
                .terms
                .iter()
                .map(|term| escape(&term.surface))
                .collect();
            facts.push(terms.join(", "));
        }
        self.paragraph(&facts.join(" · "));
        if !entry.also.is_empty() {
            let link = |path: &&str| format!("[{}]({})", escape(path), self.target(path));
            let also: Vec<_> = entry.also.iter().map(link).collect();
            self.paragraph(&format!("The same content: {}", also.join(", ")));
        }
        for note in notes(summary) {
            self.paragraph(&format!("Note: {note}"));
        }
        let kept = entry
            .sentences
            .iter()
            .take(self.detail.sentences_per_document);
        let ranks: BTreeSet<u32> = kept.map(|one| one.rank).collect();
        // In the order of the document, not of rank: it reads better.
        for one in summary
            .key_sentences
            .iter()
            .filter(|one| ranks.contains(&one.rank))
        {
            let section = one
                .section
                .as_ref()
                .map(|name| format!(" *({})*", escape(name)));
            self.line(&format!(
                "- {}{}",
                escape(&one.text),
                section.unwrap_or_default()
            ));
        }
        self.line("");
    }

    fn index(&mut self, entries: &[Entry<'_>]) {
        let found = index(entries, self.detail.index_terms);
        if found.is_empty() {
            return;
        }
        self.paragraph("## Index of key terms");
        for (term, entries) in found {
            let shown = entries
                .iter()
                .take(LINKS_PER_TERM)
                .map(|entry| self.link(entry));
            let mut links = shown.collect::<Vec<_>>().join("; ");
            if entries.len() > LINKS_PER_TERM {
                links += &format!("; and {} more", entries.len() - LINKS_PER_TERM);
            }
            self.line(&format!("- **{}**: {links}", escape(term)));
        }
        self.line("");
    }

    fn left_out(&mut self) {
        if !self.material.skipped.is_empty() {
            self.paragraph("## Left out");
            for skipped in &self.material.skipped {
                let reason = escape(&skipped.reason.to_string());
                self.line(&format!("- {}: {reason}", escape(&skipped.path)));
            }
            self.line("");
        }
        if !self.material.removed.is_empty() {
            self.paragraph("## Gone since the last run");
            for path in &self.material.removed {
                self.line(&format!("- {}", escape(path)));
            }
            self.line("");
        }
    }

    fn link(&self, entry: &Entry<'_>) -> String {
        format!(
            "[{}]({})",
            escape(&entry.label),
            self.target(&entry.summary.path)
        )
    }

    fn target(&self, path: &str) -> String {
        match self.material.link_base.trim_end_matches('/') {
            "" => link_target(path),
            base => format!("{}/{}", link_target(base), link_target(path)),
        }
    }
}

fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    if summary.lossy {
        notes
            .push("it is not valid UTF-8; what could not be read is shown as \u{fffd}.".to_owned());
    }
    if summary.is_cut {
        notes.push(format!(
            "only {} of its {} were compared, those that open a paragraph first.",
            grouped(u64::from(summary.ranked)),
            counted(u64::from(summary.sentences), "sentence"),
        ));
    }
    notes
}

/// `3 documents`, `1 document`.
pub fn counted(count: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        grouped(count),
        if count == 1 { "" } else { "s" }
    )
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::source::Reason;
    use super::super::summary::{KeySentence, Term};
    use super::*;
    use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

    fn report(material: &Material, detail: Detail) -> Report {
        write(material, &entries(&material.summaries), detail)
    }

    const NASTY: &str = "</p><script>x</script> [a](b) ](c) `d` *e* _f_\n# g | h ![i](http://j)";

    fn material() -> Material {
        let summary = |path: &str, text: &str, title: &str| Summary {
            path: path.into(),
            hash: path.into(),
            title: title.into(),
            words: 1200,
            key_sentences: (1..=6)
                .map(|rank| KeySentence {
                    text: format!("{text} number{rank} thing{rank}."),
                    section: Some(title.into()),
                    rank: 7 - rank,
                })
                .collect(),
            terms: vec![Term {
                key: "honey".into(),
                surface: title.into(),
                count: 3,
            }],
            ..Summary::default()
        };
        Material {
            folder: "docs".into(),
            link_base: "../docs".into(),
            summaries: vec![
                summary("b (1)/ü.md", NASTY, NASTY),
                summary("a.md", "Plain", "A title"),
            ],
            skipped: vec![Skipped {
                path: NASTY.into(),
                reason: Reason::Binary,
            }],
            removed: vec![NASTY.into()],
        }
    }

    #[test]
    fn untrusted_text_changes_nothing_of_the_structure() {
        let found = report(&material(), Detail::default());
        let mut headings = 0;
        for event in Parser::new_ext(
            &found.markdown,
            Options::ENABLE_GFM | Options::ENABLE_TABLES,
        ) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => panic!("html: {html}"),
                Event::Code(code) => panic!("code: {code}"),
                Event::Start(Tag::Image { .. } | Tag::CodeBlock(_) | Tag::Table(_)) => {
                    panic!("{event:?}")
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    let known = [
                        "../docs/a.md",
                        "../docs/b%20%281%29/%C3%BC.md",
                        "#left-out",
                        "#gone-since-the-last-run",
                    ];
                    assert!(known.contains(&dest_url.as_ref()), "{dest_url}");
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    assert!(level <= HeadingLevel::H3);
                    headings += 1;
                }
                _ => {}
            }
        }
        // The title, five parts, two documents.
        assert_eq!(headings, 8, "{}", found.markdown);
    }

    #[test]
    fn documents_stand_by_path_with_their_best_sentences_in_order() {
        let detail = Detail {
            sentences_per_document: 2,
            ..Detail::default()
        };
        let text = report(&material(), detail).markdown;
        let plain: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("- Plain") && line.ends_with(")*"))
            .collect();
        assert_eq!(
            plain,
            [
                "- Plain number5 thing5. *(A title)*",
                "- Plain number6 thing6. *(A title)*"
            ]
        );
        assert!(
            text.find("a.md · 1,200 words").unwrap_or(usize::MAX)
                < text.find("b (1)/ü.md ·").unwrap_or(0),
            "{text}"
        );
    }

    #[test]
    fn the_order_of_the_material_does_not_matter() {
        let mut other = material();
        other.summaries.reverse();
        assert_eq!(
            report(&other, Detail::default()),
            report(&material(), Detail::default())
        );
    }

    #[test]
    fn tightening_shortens_and_ends() {
        let material = material();
        let mut last = report(&material, Detail::default());
        let mut rounds = 0;
        while let Some(detail) = last.detail.tighter() {
            let next = report(&material, detail);
            assert!(next.words <= last.words);
            last = next;
            rounds += 1;
        }
        assert!(rounds <= 8 && last.words < report(&material, Detail::default()).words);
        assert_eq!(
            last.detail,
            Detail {
                sentences_per_document: 1,
                central_sentences: 3,
                index_terms: 0
            }
        );
    }

    #[test]
    fn a_report_is_as_full_as_its_limit_allows() {
        let material = material();
        let fullest = report(&material, Detail::default());
        assert_eq!(fit(&material, fullest.words), fullest);
        let tighter = fit(&material, fullest.words - 1);
        assert!(tighter.words < fullest.words);
        assert_eq!(fit(&material, 0).detail.tighter(), None);
    }

    #[test]
    fn an_empty_folder_gives_a_report_too() {
        let found = report(
            &Material {
                folder: "docs".into(),
                ..Material::default()
            },
            Detail::default(),
        );
        assert!(found.markdown.contains("There is no document to digest."));
        assert!(!found.markdown.contains("## "));
    }
}
