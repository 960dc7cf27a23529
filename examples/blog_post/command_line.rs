//! The command line of `blog_post`: asks for a topic if there is none, and gives each topic a
//! session of its own.

use std::{
    hash::{BuildHasher, RandomState},
    io::{self, BufRead, IsTerminal, Write},
};

use agno::prelude::*;

/// Topics that the shelf knows something about.
const TOPICS: [&str; 8] = [
    "Why cats secretly run the internet",
    "Heat pumps in old houses",
    "Sourdough, the pet that lives in a jar",
    "Remote work and its meetings",
    "How a program survives a crash",
    "Why payments need idempotency keys",
    "Choosing a tech stack for a start-up",
    "Language models as parts of a program",
];

/// What the user typed, and the session of the topic.
pub(crate) fn arguments() -> Result<Vec<String>> {
    let mut given: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if given.is_empty() && io::stdin().is_terminal() {
        let any = RandomState::new().hash_one(()) as usize % TOPICS.len();
        let topic = ask(&mut io::stdin().lock(), &mut io::stderr(), TOPICS[any])?;
        given = vec!["run".to_owned(), format!("--topic={topic}")];
    }
    let has_session = given
        .iter()
        .any(|argument| argument.starts_with("--session"));
    if let Some(topic) = topic(&given)
        && !has_session
    {
        given.push(format!("--session={}", session(&topic)));
    }
    Ok(given)
}

/// The topic among the arguments, as a flag or in the JSON of an input.
fn topic(arguments: &[String]) -> Option<String> {
    let value = |name: &str| {
        let joined = format!("{name}=");
        arguments.iter().enumerate().find_map(|(at, argument)| {
            let next = arguments.get(at + 1).filter(|_| argument == name);
            argument.strip_prefix(&joined).or(next.map(String::as_str))
        })
    };
    let input = value("--input").or(value("-i"));
    let fields = input.and_then(|input| serde_json::from_str::<serde_json::Value>(input).ok());
    let of_input = fields.and_then(|fields| Some(fields.get("topic")?.as_str()?.to_owned()));
    value("--topic").map(str::to_owned).or(of_input)
}

/// Asks for a topic; an empty line takes the one that is offered.
pub(crate) fn ask(
    lines: &mut impl BufRead,
    shown: &mut impl Write,
    offered: &str,
) -> Result<String> {
    write!(
        shown,
        "Enter a blog post topic (or press Enter for a random example)\n[{offered}]: "
    )?;
    shown.flush()?;
    let mut line = String::new();
    lines.read_line(&mut line)?;
    let topic = line.trim();
    Ok(if topic.is_empty() { offered } else { topic }.to_owned())
}

/// The session of a topic, fit for an address: `generate-blog-post-on-heat-pumps-in-old-houses`.
pub(crate) fn session(topic: &str) -> String {
    let lower = topic.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("generate-blog-post-on-{}", words.join("-"))
}
