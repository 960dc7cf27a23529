//! Finds the article of a page, by the method of Mozilla's Readability.

use std::time::{Duration, Instant};

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability, ReadabilityError, TextMode};
use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};

use super::{Article, ArticleError};
use crate::tools::text::{line, within};

/// Most tags of a page.
const MOST_TAGS: usize = 100_000;

/// Most elements in one another: below it, nothing that walks a page runs out of stack.
const DEEPEST: usize = 256;

/// Most that the depths of all elements come to: the method goes up from each of them.
const MOST_STEPS: usize = 1_500_000;

/// Longest title, in bytes: the method takes it apart again and again.
const LONGEST_TITLE: usize = 10_000;

/// How much of a page is read at once, in bytes. Elements in one another cost time in the square of
/// their number, so it is looked at in between.
const PIECE: usize = 16 * 1024;

/// Longest time of reading a page into a tree.
const LONGEST: Duration = Duration::from_secs(10);

pub(super) fn article(html: &str, url: &str) -> Result<Article, ArticleError> {
    let too_complex = |problem: String| ArticleError::TooComplex {
        url: url.to_owned(),
        problem,
    };
    let document = tree(html).map_err(too_complex)?;
    let config = Config {
        text_mode: TextMode::Formatted,
        ..Config::default()
    };
    let no_text = |_: ReadabilityError| ArticleError::NoText {
        url: url.to_owned(),
    };
    let mut reader =
        Readability::with_document(document, Some(url), Some(config)).map_err(no_text)?;
    let found = reader.parse().map_err(no_text)?;
    let told = |text: Option<String>| text.map(|text| line(&text)).filter(|text| !text.is_empty());
    Ok(Article {
        url: url.to_owned(),
        title: line(&found.title),
        authors: authors(&found.byline.unwrap_or_default()),
        text: found.text_content.to_string(),
        published: told(found.published_time),
        excerpt: told(found.excerpt),
        site: told(found.site_name),
        length: 0,
        shortened: false,
    })
}

/// The tree of a page, or what there is too much of.
fn tree(html: &str) -> Result<Document, String> {
    if tags(html) > MOST_TAGS {
        return Err(format!("more than {MOST_TAGS} tags"));
    }
    let start = Instant::now();
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            // What is meant for readers without scripts is meant for us.
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let mut parser = parse_document(Document::default(), options);
    let mut rest = html;
    while !rest.is_empty() {
        let piece = within(rest, PIECE);
        parser.process(piece.into());
        rest = &rest[piece.len()..];
        if is_deep(&parser.tokenizer.sink.sink) {
            return Err(format!(
                "more than {DEEPEST} elements in one another, or many deep ones"
            ));
        }
        if start.elapsed() > LONGEST {
            return Err(format!("it takes longer than {LONGEST:?}"));
        }
    }
    let document = parser.finish();
    if document.select("title").text().len() > LONGEST_TITLE {
        return Err(format!("a title of more than {LONGEST_TITLE} bytes"));
    }
    Ok(document)
}

/// How many tags open in a page, counted without reading it.
fn tags(html: &str) -> usize {
    let pairs = html.as_bytes().windows(2);
    pairs
        .filter(|pair| pair[0] == b'<' && pair[1].is_ascii_alphabetic())
        .count()
}

fn is_deep(document: &Document) -> bool {
    let mut node: NodeRef<'_> = document.root();
    let mut depth = 0;
    let mut steps = 0;
    loop {
        steps += depth;
        if let Some(child) = node.first_child() {
            depth += 1;
            if depth > DEEPEST || steps > MOST_STEPS {
                return true;
            }
            node = child;
            continue;
        }
        loop {
            if depth == 0 {
                return false;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else {
                return false;
            };
            node = parent;
            depth -= 1;
        }
    }
}

/// The names in a line such as `By Ada Lovelace, Alan Turing and Grace Hopper`.
fn authors(byline: &str) -> Vec<String> {
    let byline = line(byline);
    let names = byline
        .strip_prefix("By ")
        .or_else(|| byline.strip_prefix("by "))
        .unwrap_or(&byline);
    let names = names.replace(" and ", ",").replace(['&', ';', '|'], ",");
    let names = names.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byline_is_a_list_of_names() {
        assert_eq!(
            authors("By Ada Lovelace, Alan Turing\n and Grace Hopper"),
            ["Ada Lovelace", "Alan Turing", "Grace Hopper"]
        );
        assert_eq!(authors("Ferdinand Band"), ["Ferdinand Band"]);
        assert!(authors(" ").is_empty());
    }

    #[test]
    fn a_hostile_page_is_refused_before_it_costs_anything() {
        for html in [
            "<div>".repeat(100_000),
            "<b>x".repeat(200_000),
            format!("<table>{}", "<div>".repeat(90_000)),
            format!("{}x{}", "<div>".repeat(200), "</div>".repeat(200)).repeat(400),
            format!(
                "<title>{}</title><p>Text.</p>",
                "a | b - c » ".repeat(300_000)
            ),
        ] {
            let error = article(&html, "https://example.com/").expect_err("too complex");
            assert!(matches!(error, ArticleError::TooComplex { .. }), "{error}");
        }
    }
}
