//! What an agent is told before it is asked.

use std::{fmt, fmt::Write as _, sync::Arc};

use agno_core::StepContext;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Core;
use crate::schema::OutputSchema;

/// What an agent is told to do: nothing, a text, a list, or what a function says.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Instructions {
    /// Nothing.
    #[default]
    None,
    /// A text.
    Text(String),
    /// Several, shown as a list.
    List(Vec<String>),
    /// What a function says when the agent is asked. As with a step's body, a change of the
    /// function does not make cached results void: raise the step's `version`.
    Function(Arc<dyn Fn(&InstructionContext<'_>) -> String + Send + Sync>),
}

/// What a function that writes instructions may know.
#[derive(Clone, Copy, Debug)]
pub struct InstructionContext<'a> {
    /// The step that the agent works in, if it does.
    pub step: Option<&'a StepContext>,
    /// The fields of the session's state, if the run was given one.
    pub state: &'a Map<String, Value>,
    /// What the agent is asked.
    pub input: &'a str,
}

impl Instructions {
    pub(crate) fn settings(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(list) => Value::from(list.clone()),
            Self::Function(_) => Value::from("a function"),
        }
    }
}

impl fmt::Debug for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instructions({})", self.settings())
    }
}

impl From<&str> for Instructions {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Instructions {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<S: Into<String>> From<Vec<S>> for Instructions {
    fn from(list: Vec<S>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Instructions {
    fn from(list: [S; N]) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// What the model is asked, as text: a text as it is, anything else as JSON.
pub(crate) fn prompt<I: Serialize>(input: &I) -> String {
    match serde_json::to_value(input) {
        Ok(Value::String(text)) => text,
        Ok(other) => serde_json::to_string_pretty(&other).unwrap_or_default(),
        // What was journaled as JSON is JSON; alone, the model reads why not.
        Err(error) => format!("(the input cannot be written as JSON: {error})"),
    }
}

impl Core {
    /// The system message, in the order of Agno: description, role, instructions, what else there
    /// is to know, the expected output, the schema.
    pub(crate) fn system(
        &self,
        context: &InstructionContext<'_>,
        schema: Option<&OutputSchema>,
    ) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(description) = &self.description {
            parts.push(filled(description, context.state));
        }
        if let Some(role) = &self.role {
            parts.push(format!(
                "<your_role>\n{}\n</your_role>",
                filled(role, context.state)
            ));
        }
        let instructions = match &self.instructions {
            Instructions::None => String::new(),
            Instructions::Text(text) => filled(text, context.state),
            Instructions::List(list) => match list.as_slice() {
                [one] => filled(one, context.state),
                several => several.iter().fold(String::new(), |mut lines, line| {
                    let _ = writeln!(lines, "- {}", filled(line, context.state));
                    lines
                }),
            },
            Instructions::Function(function) => function(context),
        };
        if !instructions.trim().is_empty() {
            let instructions = instructions.trim();
            parts.push(format!("<instructions>\n{instructions}\n</instructions>"));
        }
        if let Some(members) = self.delegate.as_ref().map(|delegate| delegate.briefing()) {
            parts.push(members);
        }
        if self.markdown && schema.is_none() {
            let markdown = "Use markdown to format your answers.";
            parts.push(format!(
                "<additional_information>\n- {markdown}\n</additional_information>"
            ));
        }
        if let Some(expected) = &self.expected_output {
            let expected = filled(expected, context.state);
            parts.push(format!("<expected_output>\n{expected}\n</expected_output>"));
        }
        if let Some(schema) = schema {
            parts.push(schema.prompt());
        }
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }
}

/// A text with `{field}` replaced by what the state holds. Braces around anything else stay as
/// they are: instructions quote JSON.
fn filled(text: &str, state: &Map<String, Value>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let field = inside.find('}').map(|close| &inside[..close]);
        match field.and_then(|field| Some((field, state.get(field)?))) {
            Some((field, value)) => {
                match value {
                    Value::String(text) => filled.push_str(text),
                    other => filled.push_str(&other.to_string()),
                }
                rest = &inside[field.len() + 1..];
            }
            None => {
                filled.push('{');
                rest = inside;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::filled;

    #[test]
    fn fields_of_the_state_fill_in_and_other_braces_stay() {
        let state = json!({"name": "Ada", "n": 3, "trap": "{n}"});
        let state = state.as_object().expect("an object");
        let text = r#"{name} has {n}; {"json": {n}}; {unknown} {trap} {"#;
        assert_eq!(
            filled(text, state),
            r#"Ada has 3; {"json": 3}; {unknown} {n} {"#
        );
    }
}
