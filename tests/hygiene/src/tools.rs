//! Tools by raw names, in functions, out of macros, and under conditions.

use durable::{data, tool, Tool};

/// Has reserved names.
#[tool(crate = durable)]
#[must_use]
pub fn r#type(
    /// What.
    r#match: Option<String>,
    /// How.
    r#fn: bool,
) -> String {
    format!("{:?} {}", r#match, u8::from(r#fn))
}

/// A macro whose tools have a type of this crate.
macro_rules! tools {
    ($($name:ident: $ty:ty = $text:literal),*) => {$(
        #[doc = $text]
        #[tool(crate = durable)]
        pub async fn $name(
            /// What.
            value: $ty,
            /// How often.
            times: $crate::tools::Times,
        ) -> Result<$ty, std::convert::Infallible> {
            let _ = times;
            Ok(value)
        }
    )*};
}

/// How often.
#[data(crate = durable)]
#[derive(Copy)]
pub struct Times(pub u8);

tools!(text: String = "Repeats a text.", number: u32 = "Repeats a number.");

/// Is there.
#[tool(crate = durable)]
#[cfg(not(target_os = "none"))]
#[must_use]
pub fn here() -> bool {
    true
}

/// Is not there, so the next can be.
#[cfg(any())]
#[tool(crate = durable)]
pub fn gone() -> Missing {
    true
}

/// Is there instead.
#[tool(crate = durable)]
#[cfg_attr(all(), cfg(not(any())))]
#[must_use]
pub fn gone() -> bool {
    false
}

/// A tool that stands in a function, with a type of the function's.
#[must_use]
pub fn local() -> Tool {
    #[data(crate = durable)]
    struct Local {
        word: String,
    }

    /// Repeats.
    #[tool(crate = durable)]
    fn repeat(
        /// What.
        local: Local,
    ) -> Vec<Local> {
        vec![local]
    }

    repeat::tool()
}

#[cfg(test)]
mod tests {
    use super::{gone, here, local, number, r#type, text};

    #[test]
    fn each_is_called_as_its_function_is() {
        let tools = [
            local(),
            r#type::tool(),
            text::tool(),
            number::tool(),
            here::tool(),
            gone::tool(),
        ];
        let names = tools.each_ref().map(durable::Tool::name);
        assert_eq!(names, ["repeat", "type", "text", "number", "here", "gone"]);
        assert_eq!(
            (r#type(None, true), here(), gone()),
            ("None 1".to_owned(), true, false)
        );
    }
}
