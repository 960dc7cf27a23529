// A tool stands among types called like anything that generated code could need.
#![allow(dead_code)]

mod own {
    use agno::{Tool, ToolContext, data, prelude::State, tool};

    pub type Result<T> = std::result::Result<T, agno::Error>;

    #[data]
    pub struct Option;
    #[data]
    pub struct Box;
    #[data]
    pub struct Vec;
    #[data]
    pub struct String;
    #[data]
    pub struct Some;
    #[data]
    pub struct Arguments;
    #[data]
    pub struct Schema;
    pub trait Send {}
    pub trait Clone {}
    pub trait Default {}
    pub trait Deserialize {}
    pub trait JsonSchema {}

    #[data]
    #[derive(::std::default::Default, State)]
    pub struct Notes {
        graph: u8,
    }

    /// Has every type.
    #[tool]
    pub async fn every(
        /// One.
        a: Option,
        /// Two.
        b: Box,
        notes: &mut Notes,
        /// Three.
        c: Vec,
        context: &ToolContext,
        /// Four.
        arguments: Arguments,
        /// Five.
        state: Schema,
    ) -> Result<String> {
        let _ = (a, b, c, context, arguments, state, notes.graph);
        Ok(String)
    }

    /// Has them without waiting.
    #[tool]
    pub fn some(
        /// One.
        some: Option,
        /// Two.
        every: String,
    ) -> Some {
        let _ = (some, every);
        Some
    }

    pub fn tools() -> [Tool; 2] {
        [every::tool(), some::tool()]
    }
}

mod bare {
    #![no_implicit_prelude]

    use ::agno::tool;

    /// Doubles.
    #[tool(timeout = "10s", cache(ttl = "1m"))]
    pub fn double(
        /// What.
        #[schemars(range(min = 1))]
        number: u8,
    ) -> u16 {
        ::core::convert::From::from(number)
    }

    /// Waits.
    #[::agno::tool(idempotent = false, confirm = "Wait?")]
    pub async fn wait(context: &::agno::ToolContext) {
        let _ = context;
    }
}

mod raw {
    /// Has reserved names.
    #[agno::tool]
    pub fn r#type(
        /// What.
        r#match: Option<String>,
        /// How.
        r#fn: bool,
    ) -> String {
        format!("{match:?} {fn}", match = r#match, fn = r#fn)
    }
}

macro_rules! tools {
    ($($name:ident: $ty:ty = $text:literal),*) => {
        $(
            #[doc = $text]
            #[agno::tool]
            pub async fn $name(
                /// What.
                value: $ty,
                /// How often.
                times: $crate::Times,
            ) -> Result<$ty, std::convert::Infallible> {
                let _ = times;
                Ok(value)
            }
        )*
    };
}

#[agno::data]
pub struct Times(u8);

mod made {
    tools!(text: String = "Repeats a text.", number: u32 = "Repeats a number.");
}

mod conditional {
    /// Is there.
    #[agno::tool]
    #[cfg(all())]
    pub fn here() -> bool {
        true
    }

    /// Is not there, so the next can be.
    #[cfg(any())]
    #[agno::tool]
    pub fn gone() -> Missing {
        true
    }

    /// Is there instead.
    #[agno::tool]
    #[cfg(not(any()))]
    pub fn gone() -> bool {
        false
    }
}

fn main() {
    // Inside of a function, with a type of the function's.
    #[agno::data]
    struct Local {
        word: String,
    }

    /// Repeats.
    #[agno::tool]
    fn repeat(
        /// What.
        local: Local,
    ) -> Vec<Local> {
        vec![local]
    }

    use raw::r#type;
    let tools = [
        repeat::tool(),
        r#type::tool(),
        bare::double::tool(),
        bare::wait::tool(),
        made::text::tool(),
        made::number::tool(),
        conditional::here::tool(),
        conditional::gone::tool(),
    ];
    let names = tools.iter().map(agno::Tool::name);
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["repeat", "type", "double", "wait", "text", "number", "here", "gone"]);
    assert_eq!(own::tools().map(|tool| tool.spec().parameters["properties"].as_object().map_or(0, |it| it.len())), [5, 2]);
    assert_eq!(r#type(None, true), "None true");
    assert!(!conditional::gone());
}
