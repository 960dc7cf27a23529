// Raw identifiers, names that are not ASCII, and a step named like a local of the generated code.
use agno::prelude::*;

#[workflow]
struct Überblick;

#[workflow]
impl Überblick {
    #[step]
    async fn r#match(&self, r#type: String, größe: u32) -> Result<String> {
        Ok(r#type.repeat(größe as usize))
    }

    #[step]
    async fn w(&self, w: String, c: String, f: String) -> String {
        w + &c + &f
    }

    #[step]
    fn codec0(&self, codec1: String) -> String {
        codec1
    }

    #[flow]
    async fn r#loop(ablauf: &Flow<Self>, größe: u32) -> Result<String> {
        let text = ablauf.r#match("ä".to_owned(), größe).await?;
        let text = ablauf.w(text.clone(), text.clone(), text).await?;
        Ok(ablauf.codec0(ablauf.r#final(text).await?).await?)
    }

    #[flow]
    async fn r#final(f: &Flow<Self>, text: String) -> Result<String> {
        Ok(f.codec0(text).await?)
    }
}

fn main() {}
