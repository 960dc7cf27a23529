//! Where the agents of the examples look things up: on the web, or on a shelf of short texts
//! beside the examples, so that they run without a network and without a key.
//!
//! The environment decides, in this one place:
//!
//! 1. `SHELF=folder`: the texts in that folder;
//! 2. a real model (`OPENAI_API_KEY`, `OPENAI_BASE_URL`, `ANTHROPIC_API_KEY`) and the feature
//!    `web`: DuckDuckGo, and the pages it finds;
//! 3. else the texts beside this file.

use std::path::Path;

use agno::{
    model,
    prelude::*,
    tools::search::{Documents, web_search},
};

/// The texts beside this file.
const SHELF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shelf");

/// Tools for finding and for reading.
pub(crate) struct Library {
    /// `web_search(query, limit)`.
    pub(crate) search: Tool,
    /// `read_article(url)`.
    #[allow(dead_code, reason = "not every example reads whole texts")]
    pub(crate) reader: Tool,
    /// What is searched and which model reads it, in words.
    pub(crate) name: String,
}

impl Library {
    pub(crate) fn from_env() -> Result<Self> {
        let model = model::from_env()?;
        let mut library = match (std::env::var_os("SHELF"), Self::web()) {
            (Some(folder), _) => Self::shelf(folder.as_ref())?,
            (None, Some(web)) if model.name() != "offline" => web,
            _ => Self::shelf(Path::new(SHELF))?,
        };
        library.name = format!("{}, with the model {}", library.name, model.name());
        Ok(library)
    }

    fn shelf(folder: &Path) -> Result<Self> {
        let documents = Documents::in_folder(folder)?;
        Ok(Self {
            search: web_search(documents.clone()),
            reader: documents.reader(),
            name: format!("the shelf {}", folder.display()),
        })
    }

    #[cfg(feature = "web")]
    fn web() -> Option<Self> {
        use agno::tools::{article::ArticleReader, search::DuckDuckGo};
        Some(Self {
            search: web_search(DuckDuckGo::new()),
            reader: ArticleReader::new().tool(),
            name: "the web".to_owned(),
        })
    }

    #[cfg(not(feature = "web"))]
    fn web() -> Option<Self> {
        None
    }
}
