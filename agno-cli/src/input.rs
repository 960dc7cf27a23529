//! What a run is started with, as the command line gives it.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::Path,
};

use agno_core::{
    Runtime,
    schema::{Flag, InputErrors, InputSchema, has_artifacts},
    storage::MAX_VALUE_BYTES,
};
use schemars::Schema;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    args::RunWish,
    failure::Failure,
    files::{Files, as_example},
    flags,
    program::Program,
    text,
};

/// What a record holds beside the input.
const ROOM: usize = 64 * 1024;

/// The fields of a workflow's input that can be given one by one.
pub(crate) struct Fields {
    schema: InputSchema,
    /// The only parameter, when its value is no object: it is a field by itself.
    parameter: Option<String>,
}

impl Fields {
    /// Those of a workflow; `None` when its input can only be given whole.
    pub(crate) fn of(runtime: &Runtime, workflow: &str) -> Option<Self> {
        let schema = runtime.input_schema(workflow).ok()?;
        if is_given_whole(runtime, workflow) {
            return None;
        }
        let is_artifact = schema.document()["format"] == "artifact";
        if !is_artifact && (schema.document()["type"] == "object" || !schema.flags().is_empty()) {
            let schema = Schema::try_from(schema.document().clone()).ok()?;
            return Some(Self {
                schema: InputSchema::new(&schema),
                parameter: None,
            });
        }
        let workflows = runtime.workflows();
        let summary = workflows.iter().find(|summary| summary.name == workflow)?;
        let [parameter] = summary.parameters.as_slice() else {
            return None;
        };
        let schema = InputSchema::new(&Schema::try_from(object_of(summary, parameter)).ok()?);
        Some(Self {
            schema,
            parameter: Some(parameter.clone()),
        })
    }

    pub(crate) fn flags(&self) -> Vec<Flag> {
        self.schema.flags()
    }

    /// Why no input can be put together from flags: what the required fields say.
    fn obstacles(&self) -> Vec<String> {
        let flags = self.flags();
        let required = flags.iter().filter(|flag| flag.required);
        required.filter_map(flags::obstacle).collect()
    }

    fn read(&self, given: &[(String, String)]) -> Result<String, InputErrors> {
        let value = self.schema.from_flags(given)?;
        let value = match &self.parameter {
            Some(parameter) => value.get(parameter).cloned().unwrap_or(Value::Null),
            None => value,
        };
        Ok(value.to_string())
    }
}

/// An object with one field: the only parameter of a flow.
fn object_of(summary: &agno_core::WorkflowSummary, parameter: &str) -> Value {
    let mut schema = summary.input.clone();
    let definitions = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("$defs"));
    let takes_null = match &schema["type"] {
        Value::Array(names) => names.iter().any(|name| name == "null"),
        name => name == "null",
    };
    let required = if takes_null { vec![] } else { vec![parameter] };
    let mut object = json!({
        "title": summary.name,
        "type": "object",
        "properties": Map::from_iter([(parameter.to_owned(), schema)]),
        "required": required,
    });
    if let Some(definitions) = definitions {
        object["$defs"] = definitions;
    }
    object
}

/// The input of a run as JSON text, checked, and the files that are to be kept before the run
/// starts. Whatever is wrong with it, nothing has been written.
pub(crate) fn read(
    runtime: &Runtime,
    workflow: &str,
    wish: &RunWish,
    program: &Program,
) -> Result<(String, Files), Failure> {
    let help = Help {
        runtime,
        workflow,
        program,
    };
    let schema = runtime
        .input_schema(workflow)
        .map_err(|error| Failure::of(&error, program, "run"))?;
    let mut files = Files::default();
    let (given, origin) = match &wish.input {
        Some(_) if !wish.fields.is_empty() => {
            let field = flags::long(&wish.fields[0].0);
            let problem = format!("`-i` and `--{field}` are both given: use one of them");
            return Err(help.on(Failure::input(problem)));
        }
        Some(input) => {
            let is_text = is_given_whole(runtime, workflow);
            let read = from_option(input).map_err(|problem| {
                let failure = help.on(Failure::input(problem));
                match input
                    .to_str()
                    .filter(|text| is_text && text.starts_with('@'))
                {
                    Some(text) => {
                        let text = text::quoted(&Value::from(text).to_string());
                        failure.note(format!("if that is the text itself, write -i {text}"))
                    }
                    None => failure,
                }
            })?;
            match is_text {
                true => (as_text(read.0, &read.1), read.1),
                false if has_artifacts(schema.document()) => {
                    let (given, origin) = read;
                    let referred = with_files(given, &mut files);
                    let wrong = |problem| help.on(Failure::input(problem));
                    (referred.map_err(wrong)?, origin)
                }
                false => read,
            }
        }
        None => {
            let flags =
                Fields::of(runtime, workflow).map_or_else(Vec::new, |fields| fields.flags());
            let fields = files.in_fields(&flags, &wish.fields);
            let fields = fields.map_err(|problem| help.on(Failure::input(problem)))?;
            let text = without_option(runtime, workflow, schema, &fields);
            (
                text.map_err(|errors| help.refuse_flags(&errors, fields.is_empty()))?,
                String::new(),
            )
        }
    };
    if given.len() > MAX_VALUE_BYTES - ROOM {
        let problem = format!(
            "the input is {} MB, the limit is {} MB: give large data as files to fields that take an artifact",
            given.len() / 1_000_000,
            (MAX_VALUE_BYTES - ROOM) / 1_000_000
        );
        return Err(help.on(Failure::input(problem)));
    }
    match schema.check(&given) {
        Ok(_) => Ok((given, files)),
        Err(errors) if origin.is_empty() => Err(help.refuse_flags(&errors, wish.fields.is_empty())),
        Err(errors) => {
            let failure = help.refuse(&errors.with_origin(&origin), false);
            let named = wish.input.as_deref().filter(|_| origin == "-i");
            Err(match named.map(Path::new).filter(|path| path.is_file()) {
                Some(path) => {
                    let path = text::quoted(&path.to_string_lossy());
                    failure.note(format!("to read the file, write -i @{path}"))
                }
                None => failure,
            })
        }
    }
}

/// The only parameter is a text called `input`, as that of a chain of agents: `--input` is its flag
/// already.
pub(crate) fn is_given_whole(runtime: &Runtime, workflow: &str) -> bool {
    let workflows = runtime.workflows();
    let summary = workflows.iter().find(|summary| summary.name == workflow);
    summary.is_some_and(|summary| summary.parameters == ["input"])
        && runtime
            .input_schema(workflow)
            .is_ok_and(|schema| schema.document()["type"] == "string")
}

/// Such a text as JSON. It may be given as it is, as with any flag, without the quotes of JSON; the
/// line break at the end of a file or pipe is not part of it then.
fn as_text(given: String, origin: &str) -> String {
    if serde_json::from_str::<&RawValue>(&given).is_ok_and(|json| json.get().starts_with('"')) {
        return given;
    }
    let text = match origin {
        "-i" => &*given,
        _ => given.strip_suffix('\n').unwrap_or(&given),
    };
    Value::from(text).to_string()
}

/// A text with references in the place of files. What is no JSON stays as it is, to be refused.
fn with_files(given: String, files: &mut Files) -> Result<String, String> {
    let Ok(mut value) = serde_json::from_str(&given) else {
        return Ok(given);
    };
    Ok(match files.in_value(&mut value)? {
        true => value.to_string(),
        false => given,
    })
}

/// Fields given one by one, or nothing at all.
fn without_option(
    runtime: &Runtime,
    workflow: &str,
    schema: &InputSchema,
    given: &[(String, String)],
) -> Result<String, InputErrors> {
    if given.is_empty() {
        // What needs no input is not to ask for one.
        let empty = ["{}", "null"]
            .into_iter()
            .find(|text| schema.check(text).is_ok());
        if let Some(empty) = empty {
            return Ok(empty.to_owned());
        }
    }
    match Fields::of(runtime, workflow) {
        Some(fields) if !fields.flags().is_empty() || !given.is_empty() => fields.read(given),
        _ => Ok("{}".to_owned()),
    }
}

/// What the user needs to see to write a better input.
struct Help<'a> {
    runtime: &'a Runtime,
    workflow: &'a str,
    program: &'a Program,
}

impl Help<'_> {
    /// Input that was given as flags, or not at all.
    fn refuse_flags(&self, errors: &InputErrors, nothing_given: bool) -> Failure {
        let fields = Fields::of(self.runtime, self.workflow);
        let obstacles = fields.map_or_else(Vec::new, |fields| fields.obstacles());
        if obstacles.is_empty() {
            return self.refuse(errors, nothing_given);
        }
        // No flag can mend it: what else is wrong with them does not matter.
        let name = text::line(self.workflow, 80);
        let mut message = match nothing_given {
            true => format!("`{name}` needs an input"),
            false => format!("the input of `{name}` does not fit into flags"),
        };
        for obstacle in obstacles {
            message.push_str(&format!("\n  = {obstacle}"));
        }
        self.on(Failure::input(message).with_problems(errors.problems()))
    }

    fn refuse(&self, errors: &InputErrors, nothing_given: bool) -> Failure {
        let told = errors.to_string();
        let message = match nothing_given {
            true => {
                // There is no text to point at: the notes say what is missing.
                let notes = told
                    .lines()
                    .skip(1)
                    .filter(|line| line.trim_start().starts_with("= "));
                let notes: String = notes
                    .map(|line| format!("\n  {}", line.trim_start()))
                    .collect();
                format!("`{}` needs an input{notes}", text::line(self.workflow, 80))
            }
            false => told,
        };
        self.on(Failure::input(message).with_problems(errors.problems()))
    }

    fn on(&self, failure: Failure) -> Failure {
        let name = text::quoted(self.workflow);
        let schema = self.program.command(&format!("schema {name}"));
        let failure = failure.note(format!("schema: {schema}"));
        let Ok(schema) = self.runtime.input_schema(self.workflow) else {
            return failure;
        };
        let example = match schema.example() {
            Value::String(text) if is_given_whole(self.runtime, self.workflow) => text.clone(),
            mut example => {
                as_example(&mut example);
                example.to_string()
            }
        };
        let example = text::quoted(&example);
        let example = self.program.command(&format!("run {name} -i {example}"));
        failure.note(format!("example: {example}"))
    }
}

/// A value of the command line, like that of `-i`: text, and where it came from.
pub(crate) fn from_option(option: &OsStr) -> Result<(String, String), String> {
    let (bytes, origin) = match option.as_encoded_bytes() {
        b"-" => {
            let read = read_some(io::stdin().lock());
            let bytes = read.map_err(|error| format!("cannot read standard input: {error}"))?;
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Err("standard input is empty: `-` reads the value from there".to_owned());
            }
            (bytes, "standard input".to_owned())
        }
        [b'@', ..] => {
            let shown = option.to_string_lossy()[1..].to_owned();
            let path = after_at(option);
            let read = File::open(&path).and_then(read_some);
            let bytes =
                read.map_err(|error| format!("cannot read {}: {error}", text::quoted(&shown)))?;
            (bytes, shown)
        }
        bytes => (bytes.to_vec(), "-i".to_owned()),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, origin)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let origin = text::line(&origin, 120);
            Err(format!(
                "{origin} is not UTF-8 text: byte {at} does not belong to any character"
            ))
        }
    }
}

/// A file's name, from the value `@FILE`.
fn after_at(option: &OsStr) -> std::path::PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        OsStr::from_bytes(&option.as_bytes()[1..]).into()
    }
    #[cfg(not(unix))]
    {
        option.to_string_lossy()[1..].into()
    }
}

/// Reads no more than is needed to know that it is too much.
fn read_some(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(64 * 1024 * 1024).read_to_end(&mut bytes)?;
    Ok(bytes)
}
