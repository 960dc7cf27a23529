// Fields that are not there in every build, and attributes of other macros.
#![deny(warnings)]
use agno::prelude::*;

struct Shout;

impl agno::Settings for Shout {}

impl agno::Execute for Shout {
    type Input = String;
    type Output = String;

    async fn execute(&self, input: String, _: &StepContext, _: Option<&mut dyn agno::AnyState>) -> Result<String> {
        Ok(input)
    }
}

#[derive(Debug)]
struct Plain;

#[derive(Serialize)]
#[workflow]
#[serde(crate = "agno::__private::serde")]
struct Content {
    #[serde(skip)]
    #[step]
    writer: Shout,
    #[cfg(any())]
    absent: Missing,
    #[cfg(not(any()))]
    present: u8,
    #[deprecated]
    old: u8,
    #[serde(skip)]
    plain: Plain,
}

#[workflow]
#[repr(C, packed)]
struct Packed {
    byte: u8,
    word: u32,
}

#[workflow]
impl Packed {
    #[step]
    async fn sum(&self, n: u32) -> u32 {
        let Self { byte, word } = *self;
        n + u32::from(byte) + word
    }
}

#[allow(deprecated)]
fn main() {
    let content = Content { writer: Shout, present: 1, old: 2, plain: Plain };
    assert_eq!(content.present + content.old, 3);
    let _ = agno::Runtime::builder().workflow(content);
    let _ = agno::Runtime::builder().workflow(Packed { byte: 1, word: 2 });
}
