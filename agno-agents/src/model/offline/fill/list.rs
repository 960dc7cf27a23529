//! Lists: how many items, and what each is about.

use serde_json::{Map, Value};

use super::{DEEP, Fill, Purpose, QUESTIONS, Scope, schema::kind, text::fitted};
use crate::model::offline::{
    answer,
    calls::is_url_name,
    sources::{Source, is_named},
    words::{count_of, stems, words},
};

/// Most items of a list, unless the schema wants more.
const ITEMS: usize = 5;
/// Most items of a list in any case.
const MOST_ITEMS: u64 = 100;
const TAGS: &[&str] = &["tag", "tags", "keyword", "keywords", "labels", "categories"];

impl Fill<'_> {
    pub(super) fn array(
        &mut self,
        name: &str,
        schema: &Map<String, Value>,
        scope: Scope,
        depth: u32,
    ) -> Vec<Value> {
        let bound = |key: &str| {
            let bound = schema.get(key).and_then(Value::as_u64);
            bound.and_then(|bound| usize::try_from(bound.min(MOST_ITEMS)).ok())
        };
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or(usize::MAX);
        if let Some(Value::Array(places)) = schema.get("prefixItems") {
            let each = places
                .iter()
                .map(|place| self.value(name, place, scope, depth + 1));
            return each.collect();
        }
        let anything = Value::Bool(true);
        let item = schema.get("items").unwrap_or(&anything);
        if least == 0 && (depth >= DEEP || self.is_circle(item)) {
            return Vec::new();
        }
        let target = self.target(item);
        let chosen = target.is_some_and(|item| item.contains_key("enum"));
        let mut items = match target.map_or("string", kind) {
            "string" if !chosen => self.strings(name, item, scope),
            "integer" | "number" if self.purpose == Purpose::Arguments => {
                let numbers = self.conversation.numbers();
                self.counted += numbers.len();
                numbers.into_iter().map(Value::Number).collect()
            }
            _ => {
                let scopes = self.scopes(item, scope);
                let scopes = scopes.into_iter().take(most);
                scopes
                    .map(|scope| self.value(name, item, scope, depth + 1))
                    .collect()
            }
        };
        while items.len() < least {
            items.push(self.value(name, item, scope, depth + 1));
        }
        items.truncate(most);
        items
    }

    /// What each item of a list is about.
    fn scopes(&self, item: &Value, scope: Scope) -> Vec<Scope> {
        if self.purpose == Purpose::Arguments {
            return vec![Scope::All];
        }
        let sources = &self.conversation.sources.0;
        let whole = |source: &Source| source.url.is_some() || source.title.is_some();
        let wanted = count_of(self.conversation.request, answer::COUNTED).unwrap_or(ITEMS);
        let properties = self.target(item).and_then(|item| item.get("properties"));
        let properties = properties.and_then(Value::as_object);
        let is_page = properties.is_some_and(|all| all.keys().any(|name| is_url_name(name)));
        let several = sources.iter().filter(|source| whole(source)).count() > 1;
        let one_page = is_page && sources.iter().any(|source| source.url.is_some());
        match scope {
            Scope::All if several || one_page => {
                let each = sources
                    .iter()
                    .enumerate()
                    .filter(|(_, source)| whole(source));
                each.map(|(index, _)| Scope::Source(index))
                    .take(wanted)
                    .collect()
            }
            Scope::All => (0..self.key.len().min(wanted))
                .map(Scope::Sentence)
                .collect(),
            Scope::Source(_) | Scope::Sentence(_) => vec![scope],
        }
    }

    fn strings(&mut self, name: &str, item: &Value, scope: Scope) -> Vec<Value> {
        let limits = self.target(item).cloned().unwrap_or_default();
        let texts: Vec<String> = if is_url_name(name) {
            match self.source(scope).and_then(|source| source.url.clone()) {
                Some(url) => vec![url],
                None => self.conversation.urls().into_iter().take(ITEMS).collect(),
            }
        } else if self.purpose == Purpose::Arguments || is_named(name, QUESTIONS) {
            vec![self.conversation.topic.clone()]
        } else if is_named(name, TAGS) {
            self.keywords()
        } else if let Some(source) = self.source(scope) {
            if is_named(name, &["authors", "author"]) {
                Vec::new()
            } else {
                source.sentences.iter().take(3).cloned().collect()
            }
        } else {
            let wanted = count_of(self.conversation.request, answer::COUNTED).unwrap_or(ITEMS);
            let sentences = self.key.iter().map(|sentence| sentence.text.clone());
            let facts = self.conversation.sources.facts().map(str::to_owned);
            let either: Vec<_> = if self.key.is_empty() {
                facts.collect()
            } else {
                sentences.collect()
            };
            either.into_iter().take(wanted).collect()
        };
        texts
            .into_iter()
            .map(|text| fitted(text, &limits).into())
            .collect()
    }

    /// The most frequent words of the key sentences.
    fn keywords(&self) -> Vec<String> {
        let texts = self.key.iter().map(|sentence| sentence.text.as_str());
        let text = texts.collect::<Vec<_>>().join(" ");
        let text = if text.is_empty() {
            &self.conversation.topic
        } else {
            &text
        };
        let mut seen: Vec<(String, String, usize)> = Vec::new();
        for word in words(text) {
            let Some(stem) = stems(&word).pop().filter(|_| word.chars().count() > 3) else {
                continue;
            };
            match seen.iter_mut().find(|(known, ..)| *known == stem) {
                Some((_, _, count)) => *count += 1,
                None => seen.push((stem, word, 1)),
            }
        }
        seen.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        seen.into_iter()
            .take(ITEMS)
            .map(|(_, word, _)| word)
            .collect()
    }

    /// The schema behind a name.
    fn target<'s>(&'s self, schema: &'s Value) -> Option<&'s Map<String, Value>> {
        let mut schema = schema;
        for _ in 0..DEEP {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            match name.strip_prefix('#').and_then(|at| self.root.pointer(at)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema.as_object()
    }
}
