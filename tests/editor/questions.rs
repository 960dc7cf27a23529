//! What a person asks an editor about a file, and what has to come of it.

use serde_json::{Value, json};

use crate::{document::Document, server::Server};

/// The questions about one file.
pub(crate) struct Questions<'a> {
    server: &'a mut Server,
    document: Document,
    /// What did not come out as wanted.
    pub(crate) faults: Vec<String>,
}

impl<'a> Questions<'a> {
    pub(crate) fn new(server: &'a mut Server, document: Document) -> Self {
        Self {
            server,
            document,
            faults: Vec::new(),
        }
    }

    /// At this cursor are offered, among others, the names with these types.
    pub(crate) fn offers(&mut self, cursor: usize, wanted: &[(&str, &str)]) {
        let offered = self.offered(cursor);
        for (name, ty) in wanted {
            let found: Vec<&Value> = offered.iter().filter(|item| is_named(item, name)).collect();
            let details: Vec<String> = found.iter().map(|item| detail(item)).collect();
            if details.len() != 1 || !details[0].contains(ty) {
                let names: Vec<&str> = offered.iter().map(label).take(12).collect();
                let what = format!("`{name}: {ty}` once, but {details:?}, among {names:?}");
                self.fault(cursor, &what);
            }
        }
    }

    /// At this cursor the name is offered with this documentation.
    pub(crate) fn documents(&mut self, cursor: usize, name: &str, wanted: &str) {
        let offered = self.offered(cursor);
        let Some(item) = offered.iter().find(|item| is_named(item, name)) else {
            return self.fault(
                cursor,
                &format!("`{name}`, documented, but it is not offered"),
            );
        };
        let item = self.server.ask("completionItem/resolve", item);
        let found = text(&item["documentation"]);
        if !found.contains(wanted) {
            self.fault(
                cursor,
                &format!("`{name}` with {wanted:?}, but it says {found:?}"),
            );
        }
    }

    /// At this cursor only names are offered that pass.
    pub(crate) fn offers_only(&mut self, cursor: usize, passes: impl Fn(&str) -> bool) {
        let offered = self.offered(cursor);
        let wrong: Vec<&str> = offered.iter().map(label).filter(|it| !passes(it)).collect();
        if !wrong.is_empty() {
            self.fault(cursor, &format!("nothing of ours, but there is {wrong:?}"));
        }
    }

    /// What is said of the word at this cursor has all of these in it.
    pub(crate) fn explains(&mut self, cursor: usize, wanted: &[&str]) {
        let hover = self.ask_at("textDocument/hover", cursor);
        let found = text(&hover["contents"]);
        for wanted in wanted.iter().filter(|wanted| !found.contains(**wanted)) {
            self.fault(
                cursor,
                &format!("a hover with {wanted:?}, but it is {found:?}"),
            );
        }
    }

    /// The definition of the word at this cursor is the word at these others, and nothing else.
    pub(crate) fn leads_to(&mut self, cursor: usize, targets: &[usize]) {
        let found = self.ask_at("textDocument/definition", cursor);
        let links = found.as_array().cloned().unwrap_or_default();
        let mut found: Vec<Place> = links
            .iter()
            .map(|link| self.place(&link["targetUri"], &link["targetSelectionRange"]))
            .collect();
        found.sort();
        // A step stands there as the method and as the call of it.
        found.dedup();
        let wanted = self.words(targets);
        if found != wanted {
            let (wanted, found) = (self.show(&wanted), self.show(&found));
            self.fault(cursor, &format!("the definition {wanted}, but {found}"));
        }
    }

    /// The word at this cursor stands at all of these, and nowhere else.
    pub(crate) fn is_used_at(&mut self, cursor: usize, wanted: &[usize]) {
        let mut params = self.at(cursor);
        params["context"] = json!({ "includeDeclaration": true });
        let found = self.server.ask("textDocument/references", &params);
        let found = found.as_array().cloned().unwrap_or_default();
        let mut found: Vec<Place> = found
            .iter()
            .map(|place| self.place(&place["uri"], &place["range"]))
            .collect();
        found.sort();
        let wanted = self.words(wanted);
        if found != wanted {
            let what = format!("the uses {}, but {}", self.show(&wanted), self.show(&found));
            self.fault(cursor, &what);
        }
    }

    /// Renaming the word at this cursor changes it at all of these, and changes nothing else.
    pub(crate) fn renames(&mut self, cursor: usize, name: &str, wanted: &[usize]) {
        let range = self.ask_at("textDocument/prepareRename", cursor);
        let prepared = self.place(&json!(self.document.uri), &range);
        if prepared != Ok(self.document.word(cursor)) {
            return self.fault(cursor, &format!("a name that can be changed, but {range}"));
        }
        let mut params = self.at(cursor);
        params["newName"] = json!(name);
        let edit = self.server.ask("textDocument/rename", &params);
        let changes = edit["documentChanges"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut edits: Vec<(Place, String)> = Vec::new();
        for change in &changes {
            for edit in change["edits"].as_array().into_iter().flatten() {
                let place = self.place(&change["textDocument"]["uri"], &edit["range"]);
                edits.push((place, text(&edit["newText"])));
            }
        }
        let words = self.words(wanted).into_iter();
        let wanted: Vec<(Place, String)> = words.map(|it| (it, name.to_owned())).collect();
        edits.sort();
        if edits != wanted || edit.get("changes").is_some() {
            self.fault(cursor, &format!("the changes {wanted:?}, but {edit}"));
        }
    }

    /// rust-analyzer itself finds nothing wrong in the file.
    pub(crate) fn is_without_faults(&mut self) {
        let uri = json!({ "textDocument": { "uri": self.document.uri } });
        let report = self.server.ask("textDocument/diagnostic", &uri);
        match report["items"].as_array() {
            None => self.faults.push(format!("a report, but {report}")),
            Some(items) => {
                for item in items {
                    let start = self.document.offset(&item["range"]["start"]);
                    let place = self.document.show(start);
                    let (code, message) = (&item["code"], &item["message"]);
                    self.faults
                        .push(format!("no fault, but {place}: {code} {message}"));
                }
            }
        }
    }

    /// Beside the word at each of these cursors the editor writes this type.
    pub(crate) fn infers(&mut self, wanted: &[(usize, &str)]) {
        let whole = json!({
            "textDocument": { "uri": self.document.uri },
            "range": {
                "start": self.document.position(0),
                "end": self.document.position(self.document.text.len()),
            },
        });
        let hints = self.server.ask("textDocument/inlayHint", &whole);
        let hints = hints.as_array().cloned().unwrap_or_default();
        for (cursor, ty) in wanted {
            let (_, end) = self.document.word(*cursor);
            let place = self.document.position(end);
            let hint = hints.iter().find(|hint| hint["position"] == place);
            let found = hint.map(|hint| text(&hint["label"])).unwrap_or_default();
            if found != format!(": {ty}") {
                self.fault(*cursor, &format!("the type `{ty}`, but `{found}`"));
            }
        }
    }

    fn offered(&mut self, cursor: usize) -> Vec<Value> {
        let mut answer = self.ask_at("textDocument/completion", cursor);
        match answer["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        }
    }

    fn ask_at(&mut self, method: &str, cursor: usize) -> Value {
        let params = self.at(cursor);
        self.server.ask(method, &params)
    }

    fn at(&self, cursor: usize) -> Value {
        let position = self.document.position(self.document.cursor(cursor));
        json!({ "textDocument": { "uri": self.document.uri }, "position": position })
    }

    /// The words at these cursors, in the order of the file.
    fn words(&self, cursors: &[usize]) -> Vec<Place> {
        let words = cursors.iter().map(|cursor| Ok(self.document.word(*cursor)));
        let mut words: Vec<Place> = words.collect();
        words.sort();
        words
    }

    fn place(&self, uri: &Value, range: &Value) -> Place {
        if *uri != *self.document.uri {
            return Err(format!("{uri} {range}"));
        }
        let end = |name: &str| self.document.offset(&range[name]);
        Ok((end("start"), end("end")))
    }

    fn show(&self, places: &[Place]) -> String {
        let one = |place: &Place| match place {
            Ok((start, end)) => {
                let word = &self.document.text[*start..*end];
                format!("`{word}` in {}", self.document.show(*start))
            }
            Err(elsewhere) => elsewhere.clone(),
        };
        let all: Vec<String> = places.iter().map(one).collect();
        format!("[{}]", all.join("; "))
    }

    fn fault(&mut self, cursor: usize, what: &str) {
        let place = self.document.show(self.document.cursor(cursor));
        self.faults
            .push(format!("${cursor} (at {place}): wanted {what}"));
    }
}

/// A range of the file, or a place in another one.
type Place = Result<(usize, usize), String>;

/// Markdown, a text, or the parts of a label.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text).collect(),
        Value::Object(parts) => text(parts.get("value").unwrap_or(&Value::Null)),
        _ => String::new(),
    }
}

fn label(item: &Value) -> &str {
    item["label"].as_str().unwrap_or_default()
}

/// A label is a name, and for a method its parentheses.
fn is_named(item: &Value, name: &str) -> bool {
    label(item).split('(').next() == Some(name)
}

fn detail(item: &Value) -> String {
    let shown = &item["labelDetails"];
    let parts = [&item["detail"], &shown["detail"], &shown["description"]];
    // The allocator of a `Vec` is written there, and nowhere else.
    parts.map(text).join(" ").replace(", Global>", ">")
}
