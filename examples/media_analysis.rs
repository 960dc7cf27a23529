//! Pictures in, a report out: files are kept once in the store, and steps hand references on. No
//! byte of them is in the journal.
//!
//! ```sh
//! cargo run --example media_analysis -- run --images ./cat.png --images ./dog.png
//! cargo run --example media_analysis -- show RUN
//! ```
//!
//! An agent is shown a picture with `agent.run("What is this?").media([..])`; this example measures
//! it instead, and needs no model.

use std::collections::BTreeMap;

use agno::{Content, File, Image, prelude::*};

/// What the session has seen.
#[data]
#[derive(Default, State)]
struct Seen {
    /// By the name of the picture.
    #[merge(union)]
    analyses: BTreeMap<String, String>,
}

/// What is to be looked at.
#[data]
struct Upload {
    /// The pictures, as PNG.
    #[serde(default)]
    images: Vec<Image>,
}

/// What was found.
#[data]
struct Analysis {
    content: String,
    report: File,
    /// What was looked at.
    media: Vec<Image>,
}

/// Measures pictures.
#[workflow]
struct MediaAnalysis;

#[workflow(state = Seen)]
impl MediaAnalysis {
    /// Looks at one picture.
    #[step]
    async fn analyse(
        &self,
        seen: &mut Seen,
        image: Image,
        context: &StepContext,
    ) -> Result<String> {
        let bytes = image.read(context).await?;
        // A PNG begins with its width and height.
        let size = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (Some(width), Some(height)) = (size(16), size(20)) else {
            bail!("`{image}` is no whole picture");
        };
        let name = image.name().unwrap_or("a picture").to_owned();
        let found = format!("{name}: {width} by {height} pixels");
        seen.analyses.insert(name, found.clone());
        Ok(found)
    }

    /// Writes down what was found.
    #[step]
    async fn report(&self, found: Vec<String>, context: &StepContext) -> Result<File> {
        let text = format!("# Pictures\n\n{}\n", found.join("\n"));
        File::store(context, Content::new(text).named("report.md")).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, upload: Upload) -> Result<Analysis> {
        let media = upload.images;
        let found = flow
            .map(media.clone(), |image| flow.analyse(image))
            .limit(4)
            .await?;
        let content = format!("Image analysis complete: {}.", found.len());
        let report = flow.report(found).await?;
        Ok(Analysis {
            content,
            report,
            media,
        })
    }
}

fn main() -> ExitCode {
    agno::app().workflow(MediaAnalysis).main()
}
