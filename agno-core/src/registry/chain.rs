//! Steps one after the other, without a flow: what each of them takes.

use std::collections::BTreeMap;

use agno_storage::Json;

use super::registered::Registered;
use crate::{
    error::{Error, code},
    value::{Unsaved, Value, wrapped},
};

/// A step in a chain, and where its input comes from.
///
/// By itself it takes what the step before it answers; the first takes what the run was started
/// with. The name of a step turns into such a link.
///
/// ```
/// use agno_core::{Link, Piece};
///
/// let writer = Link::new("writer").text::<String>(&[
///     Piece::Input,
///     Piece::Text("\n\n"),
///     Piece::Output("researcher"),
/// ]);
/// ```
#[derive(Clone, Debug)]
pub struct Link {
    pub(crate) step: &'static str,
    template: Option<Template>,
}

#[derive(Clone, Debug)]
struct Template {
    pieces: &'static [Piece],
    input: fn(String) -> serde_json::Result<Json>,
}

/// A piece of the text that a [`Link`] makes for its step. A value that is a text goes in as it
/// is, any other as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// These words.
    Text(&'static str),
    /// What the run was started with: the value when the workflow takes one, else an object keyed
    /// by parameter name.
    Input,
    /// What the step before answered.
    Previous,
    /// What an earlier step answered, by its name.
    Output(&'static str),
}

/// An input that can be made of a text: `#[step(input = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`input = \"..\"` makes a text, but this step takes `{Self}`",
    label = "takes `{Self}`",
    note = "remove `input`, or give the step an input that is made of a text: `String`, or a type with `From<String>`"
)]
pub trait FromText: Sized {
    /// The step takes a text, put together from what is known by then. As [`Link::text`]; how the
    /// macros call it.
    fn from_text(link: Link, pieces: &'static [Piece]) -> Link;
}

#[diagnostic::do_not_recommend]
impl<T: Value + From<String>> FromText for T {
    fn from_text(mut link: Link, pieces: &'static [Piece]) -> Link {
        link.template = Some(Template {
            pieces,
            input: |text| Json::encode(&T::from(text)),
        });
        link
    }
}

impl Link {
    /// A step that takes what the one before it answers.
    pub const fn new(step: &'static str) -> Self {
        Self {
            step,
            template: None,
        }
    }

    /// The step takes a text instead, put together from what is known by then. `I` is its input.
    ///
    /// The text is recorded as the step's input. A resumed run makes it again and stops with a
    /// drift if it has become another one.
    #[must_use]
    pub fn text<I: FromText>(self, pieces: &'static [Piece]) -> Self {
        I::from_text(self, pieces)
    }

    fn pieces(&self) -> &'static [Piece] {
        self.template.as_ref().map_or(&[], |made| made.pieces)
    }
}

impl From<&'static str> for Link {
    fn from(step: &'static str) -> Self {
        Self::new(step)
    }
}

impl From<&&'static str> for Link {
    fn from(step: &&'static str) -> Self {
        Self::new(step)
    }
}

/// Every link, in order.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    /// Some link asks for more than the step before it.
    looks_back: bool,
}

impl Chain {
    pub(crate) fn new(links: Vec<Link>) -> Self {
        let mut pieces = links.iter().flat_map(Link::pieces);
        Self {
            looks_back: pieces.any(|piece| matches!(piece, Piece::Output(_))),
            links,
        }
    }

    /// Its steps, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.links.iter().map(|link| link.step)
    }

    pub(crate) fn last(&self) -> Option<&'static str> {
        self.links.last().map(|link| link.step)
    }

    /// What does not fit together, for a chain that is declared by hand: the macro has checked
    /// its own.
    pub(crate) fn problem(&self, is_known: impl Fn(&str) -> bool) -> Option<String> {
        for (place, link) in self.links.iter().enumerate() {
            let step = link.step;
            if !is_known(step) {
                return Some(format!("chains an unknown step `{step}`"));
            }
            for piece in link.pieces() {
                let earlier = |name: &str| self.links[..place].iter().any(|l| l.step == name);
                match piece {
                    Piece::Previous if place == 0 => {
                        return Some(format!(
                            "gives `{step}` what the step before it answers, and it is the first"
                        ));
                    }
                    Piece::Output(name) if !earlier(name) => {
                        return Some(format!(
                            "gives `{step}` what `{name}` answers, which is no earlier step"
                        ));
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

/// What has been answered so far.
pub(crate) struct Answers<'a> {
    chain: &'a Chain,
    input: Json,
    /// Of every step, if some link looks back; else of the last one only.
    outputs: Vec<Json>,
}

impl<'a> Answers<'a> {
    /// Before the first step. `input` is an object keyed by parameter name.
    pub(crate) fn new(chain: &'a Chain, input: Json) -> Self {
        Self {
            chain,
            input,
            outputs: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, output: Json) {
        if !self.chain.looks_back {
            self.outputs.clear();
        }
        self.outputs.push(output);
    }

    /// What the step at `place` takes: an object keyed by parameter name.
    pub(crate) fn input_of(&self, place: usize, registered: &Registered) -> Result<Json, Error> {
        let link = &self.chain.links[place];
        if link.template.is_none() && place == 0 {
            return Ok(self.input.clone());
        }
        let params = registered.step(link.step).map(|(_, entry)| &*entry.params);
        let Some([param]) = params else {
            // Declared by hand, and fed although it takes nothing.
            return Ok(Json::encode(&serde_json::Map::new())?);
        };
        let value = match &link.template {
            None => self.previous(),
            Some(template) => {
                let text = self.render(template.pieces, registered)?;
                (template.input)(text).map_err(|error| unsaved(link.step, &error))?
            }
        };
        Ok(wrapped(param.name, &value)?)
    }

    fn previous(&self) -> Json {
        self.outputs.last().cloned().unwrap_or_else(Json::null)
    }

    fn render(&self, pieces: &[Piece], registered: &Registered) -> Result<String, Error> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Input => push(&mut text, &self.started_with(registered)?),
                Piece::Previous => push(&mut text, &self.previous()),
                Piece::Output(name) => {
                    let place = self.chain.links.iter().position(|link| link.step == *name);
                    let output = place.and_then(|place| self.outputs.get(place));
                    push(&mut text, output.unwrap_or(&Json::null()));
                }
            }
        }
        Ok(text)
    }

    fn started_with(&self, registered: &Registered) -> Result<Json, Error> {
        let [param] = registered.entry().params.as_slice() else {
            return Ok(self.input.clone());
        };
        // Its text as it was given: another build might write a tree in another order.
        let mut parts: BTreeMap<String, Json> = self.input.decode()?;
        Ok(parts.remove(param.name).unwrap_or_else(Json::null))
    }
}

/// A text as it is, anything else as JSON.
fn push(text: &mut String, value: &Json) {
    match value.decode::<String>() {
        Ok(words) => text.push_str(&words),
        Err(_) => text.push_str(value.as_str()),
    }
}

fn unsaved(step: &str, error: &serde_json::Error) -> Error {
    let problem = format!("the input of `{step}` cannot be saved: {}", Unsaved(error));
    Error::new(code::INVALID_INPUT, problem).permanent()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Link = Link::new("first");

    fn problem(links: Vec<Link>) -> Option<String> {
        Chain::new(links).problem(|name| name == "first" || name == "second")
    }

    #[test]
    fn a_chain_by_hand_is_checked() {
        let second = |pieces| Link::new("second").text::<String>(pieces);
        assert_eq!(
            problem(vec![FIRST, second(&[Piece::Output("first")])]),
            None
        );
        for (links, part) in [
            (vec![Link::new("third")], "unknown step `third`"),
            (
                vec![FIRST.text::<String>(&[Piece::Previous])],
                "it is the first",
            ),
            (
                vec![FIRST, second(&[Piece::Output("second")])],
                "`second` answers, which is no earlier step",
            ),
            (
                vec![second(&[Piece::Output("first")]), FIRST],
                "`first` answers, which is no earlier step",
            ),
        ] {
            let found = problem(links).unwrap_or_default();
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn a_text_goes_in_as_it_is_and_the_rest_as_json() {
        let mut text = String::new();
        for value in [r#""a \"b\" {c}""#, r#"{"b":1.50,"a":[null]}"#, "7"] {
            push(&mut text, &Json::parse(value).expect("is JSON"));
        }
        assert_eq!(text, r#"a "b" {c}{"b":1.50,"a":[null]}7"#);
    }
}
