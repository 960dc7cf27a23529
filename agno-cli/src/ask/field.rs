//! One field of a form.

use agno_core::schema::{Flag, FlagKind, InputErrors, InputSchema};
use schemars::Schema;
use serde_json::{Value, json};

use super::{
    form::tell,
    terminal::{Stop, Terminal},
};
use crate::{
    progress::screen::{Colour, paint, say},
    text::line,
};

/// As many references are followed: a schema may refer to itself.
const DEEPEST: usize = 16;

/// A field that is asked for by itself.
pub(super) struct Field {
    flag: Flag,
    /// An object with this field only.
    schema: InputSchema,
    choices: Vec<Choice>,
}

/// A value among several.
struct Choice {
    name: String,
    about: String,
}

impl Field {
    /// The field of this name, with its part of the schema.
    pub(super) fn new(document: &Value, part: Value, name: &str, required: bool) -> Option<Self> {
        let mut choices = Vec::new();
        collect(document, &part, 0, &mut choices);
        let schema = InputSchema::new(&object_of(document, name, part, required));
        Some(Self {
            flag: schema.flags().into_iter().next()?,
            schema,
            choices,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.flag.name
    }

    /// Asks until it fits. `None` if it is left out.
    pub(super) async fn ask(
        &self,
        terminal: &mut Terminal,
        is_named: bool,
    ) -> Result<Option<Value>, Stop> {
        let is_list = matches!(self.flag.kind, FlagKind::List(_));
        let choices = self.choices();
        self.introduce(is_named);
        loop {
            let prompt = self.prompt(is_named);
            let mut given = Vec::new();
            loop {
                let typed = terminal.line(&prompt).await?;
                match (typed.is_empty(), is_list, choices.is_empty()) {
                    (true, _, _) => break,
                    // Several of a few stand on one line, others on one each.
                    (false, true, false) => {
                        given.extend(typed.split(',').map(|one| self.chosen(one)));
                        break;
                    }
                    (false, true, true) => given.push(typed),
                    (false, false, _) => {
                        given.push(self.chosen(&typed));
                        break;
                    }
                }
            }
            if given.is_empty() && !self.flag.required {
                return Ok(None);
            }
            match self.read(given) {
                Ok(value) => return Ok(Some(value)),
                Err(errors) => tell(&errors),
            }
        }
    }

    /// The value that was typed.
    fn read(&self, given: Vec<String>) -> Result<Value, InputErrors> {
        let name = self.name();
        let object = match (&self.flag.kind, given.as_slice()) {
            (FlagKind::Nested(_), [json]) => {
                let key = Value::from(name);
                self.schema.check(&format!("{{{key}: {json}}}"))?
            }
            (FlagKind::List(_), []) => self.schema.check(&json!({name: []}).to_string())?,
            (FlagKind::String, [typed]) if serde_json::from_str::<String>(typed).is_ok() => {
                let key = Value::from(name);
                self.schema.check(&format!("{{{key}: {typed}}}"))?
            }
            _ => {
                let given: Vec<_> = given
                    .into_iter()
                    .map(|text| (name.to_owned(), truth(&self.flag.kind, text)))
                    .collect();
                self.schema.from_flags(&given)?
            }
        };
        Ok(object.get(name).cloned().unwrap_or(Value::Null))
    }

    fn choices(&self) -> &[Choice] {
        match &self.flag.kind {
            FlagKind::Choice(_) => &self.choices,
            FlagKind::List(items) if matches!(**items, FlagKind::Choice(_)) => &self.choices,
            _ => &[],
        }
    }

    /// The value that a number of the list, or a name, means.
    fn chosen(&self, typed: &str) -> String {
        let typed = typed.trim();
        let choices = self.choices();
        if choices.iter().any(|choice| choice.name == typed) {
            return typed.to_owned();
        }
        let number = typed.parse::<usize>().ok();
        let chosen = number.and_then(|number| choices.get(number.checked_sub(1)?));
        chosen.map_or_else(|| typed.to_owned(), |choice| choice.name.clone())
    }

    fn introduce(&self, is_named: bool) {
        if is_named && !self.flag.description.is_empty() {
            let about = line(&self.flag.description, 200);
            say(&paint(Colour::Dim, &format!("  {about}")));
        }
        for (number, choice) in (1..).zip(self.choices()) {
            let name = line(&choice.name, 80);
            let about = line(&choice.about, 200);
            say((format!("  {number}) {name:12}  {}", paint(Colour::Dim, &about))).trim_end());
        }
        if let FlagKind::Nested(_) = &self.flag.kind {
            let example = &self.schema.example()[self.name()];
            let example = line(&example.to_string(), 200);
            say(&paint(Colour::Dim, &format!("  as JSON, like {example}")));
        }
    }

    fn prompt(&self, is_named: bool) -> String {
        let wanted = match &self.flag.kind {
            FlagKind::String => "a text",
            FlagKind::Integer => "a whole number",
            FlagKind::Number => "a number",
            FlagKind::Boolean => "yes or no",
            FlagKind::Choice(_) => "a number of the list, or a name",
            FlagKind::List(items) if matches!(**items, FlagKind::Choice(_)) => {
                "numbers of the list, or names, with commas"
            }
            FlagKind::List(_) => "one on each line, an empty line ends the list",
            _ => "JSON",
        };
        let optional = match self.flag.required {
            true => "",
            false => ", may be left out",
        };
        let name = match is_named {
            true => format!("{} ", line(self.name(), 60)),
            false => String::new(),
        };
        format!("  {name}({wanted}{optional}):")
    }
}

fn truth(kind: &FlagKind, text: String) -> String {
    match (kind, text.to_lowercase().as_str()) {
        (FlagKind::Boolean, "y" | "yes") => "true".to_owned(),
        (FlagKind::Boolean, "n" | "no") => "false".to_owned(),
        _ => text,
    }
}

/// An object with one field.
pub(super) fn object_of(document: &Value, name: &str, mut part: Value, required: bool) -> Schema {
    let definitions = document.get("$defs").cloned();
    if let Some(part) = part.as_object_mut() {
        part.remove("$defs");
        part.remove("$schema");
    }
    let mut object = json!({
        "type": "object",
        "properties": {name: part},
        "required": if required { vec![name] } else { vec![] },
    });
    if let Some(definitions) = definitions {
        object["$defs"] = definitions;
    }
    Schema::try_from(object).unwrap_or_default()
}

/// The values that a schema is limited to, with what is said about each.
fn collect(document: &Value, schema: &Value, depth: usize, found: &mut Vec<Choice>) {
    if depth > DEEPEST {
        return;
    }
    let mut put = |value: &Value| {
        if let Some(name) = value.as_str() {
            found.push(Choice {
                name: name.to_owned(),
                about: schema["description"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            });
        }
    };
    if let Some(value) = schema.get("const") {
        return put(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        // What is said is said about all of them.
        return match values.as_slice() {
            [only] => put(only),
            values => found.extend(values.iter().filter_map(Value::as_str).map(|name| Choice {
                name: name.to_owned(),
                about: String::new(),
            })),
        };
    }
    let reference = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    let referred = reference.and_then(|pointer| document.pointer(pointer));
    let listed = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| schema[*key].as_array())
        .flatten();
    for part in referred
        .into_iter()
        .chain(listed)
        .chain(schema.get("items"))
    {
        collect(document, part, depth + 1, found);
    }
}
