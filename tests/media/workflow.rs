//! A workflow that takes, makes and returns images.

use std::sync::Arc;

use agno::{Artifact, Content, Image, Json, Result, StepContext, prelude::*};
use tokio::sync::Notify;

use super::kit::Ran;

/// The beginning of a PNG, and so many bytes more.
pub(crate) fn png(more: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01".to_vec();
    bytes.extend((0..=u8::MAX).cycle().take(more));
    bytes
}

#[data]
#[derive(PartialEq)]
pub(crate) struct Job {
    pub(crate) how: String,
    #[serde(default)]
    pub(crate) photos: Vec<Image>,
    pub(crate) cover: Option<Image>,
}

impl Job {
    pub(crate) fn new(how: &str, photos: Vec<Image>) -> Self {
        Self {
            how: how.to_owned(),
            photos,
            cover: None,
        }
    }
}

/// What a step may do with images.
#[workflow]
#[derive(Debug, Default)]
pub(crate) struct Album {
    /// Tells that a copy is stored, and that its step then hangs.
    pub(crate) hangs: Option<Arc<Notify>>,
}

#[workflow]
impl Album {
    /// Copies each photo, or does as it is told.
    #[step]
    async fn copy(&self, context: &StepContext, job: Job) -> Result<Vec<Image>> {
        let mut copies = Vec::new();
        for photo in &job.photos {
            let mut bytes = photo.read(context).await?;
            bytes.extend(b"copied");
            let copy = Content::new(bytes).named("copy.png");
            copies.push(Image::store(context, copy).await?);
        }
        if let Some(hangs) = &self.hangs {
            hangs.notify_one();
            std::future::pending::<()>().await;
        }
        match &*job.how {
            "makes one up" => {
                let known = serde_json::to_string(&copies[0])?;
                let made_up = known.replace(copies[0].hash(), &"0".repeat(64));
                copies.push(serde_json::from_str(&made_up)?);
            }
            "lies about the size" => {
                let mut known = serde_json::to_value(&copies[0])?;
                known["bytes"] = 1.into();
                copies.push(serde_json::from_value(known)?);
            }
            "passes a document off" => {
                Image::store(context, Content::new("%PDF-1.7")).await?;
            }
            "calls it names" => {
                Image::store(context, Content::new(png(0)).named("../x.png")).await?;
            }
            _ => {}
        }
        Ok(copies)
    }

    /// A value that is too large for the journal.
    #[step]
    async fn inline(&self, _copies: Vec<Image>) -> String {
        "x".repeat(agno::storage::MAX_VALUE_BYTES + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, job: Job) -> Result<Vec<Image>> {
        let inline = job.how == "inline";
        let copies = flow.copy(job).await?;
        if inline {
            flow.inline(copies.clone()).await?;
        }
        Ok(copies)
    }
}

/// A reference with other parts.
pub(crate) fn changed(
    artifact: &Artifact,
    part: &str,
    value: impl Into<serde_json::Value>,
) -> Json {
    let mut json = serde_json::to_value(artifact).expect("json");
    json[part] = value.into();
    Json::encode(&json).expect("json")
}

/// Makes an image, and keeps it for later runs.
#[workflow]
#[derive(Debug)]
pub(crate) struct Draws {
    pub(crate) ran: Ran,
}

#[workflow]
impl Draws {
    #[step(cache(ttl = "1h"))]
    async fn draw(&self, context: &StepContext, more: u32) -> Result<Image> {
        self.ran.hit("draw");
        Image::store(context, png(more as usize)).await
    }
}
