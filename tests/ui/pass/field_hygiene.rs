// Types and fields called like what the macros use, and no prelude.
#![no_implicit_prelude]
#![deny(warnings, missing_debug_implementations, unreachable_pub, unused_qualifications)]

use ::agno::{step, workflow};

mod own {
    pub(crate) struct Box;
    pub(crate) struct Option;
    pub(crate) struct String;
    pub(crate) struct Settings;
    pub(crate) struct Step;
    pub(crate) trait Execute {}
    impl Execute for Step {}
}
use own::{Box, Execute, Option, Settings, Step, String};

struct Shout;

impl ::agno::Settings for Shout {}

impl ::agno::Execute for Shout {
    type Input = ::std::string::String;
    type Output = ::std::string::String;

    async fn execute(
        &self,
        input: Self::Input,
        _: &::agno::StepContext,
        _: ::std::option::Option<&mut dyn ::agno::AnyState>,
    ) -> ::agno::Result<Self::Output> {
        ::std::result::Result::Ok(input)
    }
}

#[workflow]
struct Content {
    #[step]
    w: Shout,
    #[step(input = "{w} {input}", on_error = "skip")]
    r#type: Shout,
    #[step]
    __d: Shout,
    input: Box,
    visit: Option,
    string: String,
    step: Step,
    settings: Settings,
    object: ::std::sync::Arc<::std::sync::Mutex<dyn Execute + ::std::marker::Send + ::std::marker::Sync>>,
}

#[workflow]
struct Plain {
    __v: fn(&u8) -> &u8,
    state: [u8; 3],
}

#[workflow]
impl Plain {
    #[step]
    async fn add(&self, n: u8) -> u8 {
        n + *(self.__v)(&self.state[0])
    }
}

fn main() {
    fn is_workflow<W: ::agno::Workflow>() {}
    is_workflow::<Content>();
    is_workflow::<Plain>();
}
