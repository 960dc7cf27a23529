//! What the agents hand to each other.

use agno::prelude::*;

/// What is looked for, and where. Both count when an earlier result is looked up.
#[data]
pub(crate) struct Query {
    /// The topic of the post.
    pub(crate) topic: String,
    /// What is searched, and the model that reads it.
    pub(crate) library: String,
}

/// What is read, and where.
#[data]
pub(crate) struct Page {
    /// Its address.
    pub(crate) url: String,
    /// What was searched, and the model that reads it.
    pub(crate) library: String,
}

/// An article that a search has found.
#[data]
pub(crate) struct NewsArticle {
    /// Title of the article.
    pub(crate) title: String,
    /// Address of the article.
    pub(crate) url: String,
    /// What it says, in a sentence or two, if the search tells.
    pub(crate) summary: Option<String>,
}

/// What a search has found.
#[data]
pub(crate) struct SearchResults {
    /// The articles, best first.
    pub(crate) articles: Vec<NewsArticle>,
}

/// An article that was read.
#[data]
pub(crate) struct ScrapedArticle {
    /// Title of the article.
    pub(crate) title: String,
    /// Address of the article.
    pub(crate) url: String,
    /// What it says, in a sentence or two.
    pub(crate) summary: Option<String>,
    /// The whole article as Markdown; none if it cannot be read.
    pub(crate) content: Option<String>,
}

/// What a post is made of.
#[data]
pub(crate) struct Material {
    /// The topic of the post.
    pub(crate) topic: String,
    /// The articles to write from.
    pub(crate) articles: Vec<ScrapedArticle>,
}

/// The form of a post.
pub(crate) const FORM: &str = "\
# A headline that people open

## Introduction
What it is about and why it matters, in a paragraph.

## A first section
## A second section
## A third section
Each with facts, examples or a quotation from the articles.

## Key takeaways
- Three things to remember

## Sources
- [Title](address) of each article that was used";
