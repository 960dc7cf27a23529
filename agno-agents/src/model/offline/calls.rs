//! Which tools the offline model calls, and with what.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    conversation::Conversation,
    fill::{Fill, Purpose},
    sources::{is_named, urls},
    words::{asked, common, subject, words},
};
use crate::{
    message::ToolCall,
    model::{ToolChoice, ToolSpec},
};

/// Most calls for one message of the user.
const MOST_CALLS: usize = 8;
/// Most pages that are read for one message of the user.
const MOST_PAGES: usize = 2;
/// Least points of a tool that is called unasked.
const FITS: usize = 3;

/// Words of tools that look for something.
pub(super) const FINDING: &[&str] = &[
    "search",
    "find",
    "lookup",
    "query",
    "news",
    "web",
    "retrieve",
    "browse",
    "knowledge",
];
/// Words of tools that change something: they are called only when they are named.
const CHANGING: &[&str] = &[
    "send", "delete", "remove", "write", "save", "post", "create", "update", "notify", "pay",
    "run", "shell", "exec", "execute", "move", "publish", "book", "order",
];

/// The calls to make now. None: it is time to answer.
pub(super) fn plan(
    conversation: &Conversation<'_>,
    tools: &[ToolSpec],
    choice: &ToolChoice,
) -> Vec<ToolCall> {
    let made = conversation.calls.len();
    let mut planned: Vec<(&ToolSpec, Map<String, Value>)> = Vec::new();
    match choice {
        _ if made >= MOST_CALLS => {}
        ToolChoice::None => {}
        ToolChoice::Tool(name) => {
            let tool = tools.iter().find(|tool| tool.name == *name);
            let tool = tool.filter(|_| made == 0);
            planned.extend(tool.map(|tool| (tool, given(conversation, tool))));
        }
        ToolChoice::Auto if conversation.recalls => {}
        ToolChoice::Required | ToolChoice::Auto if made == 0 => {
            planned = first(conversation, tools, *choice == ToolChoice::Required);
        }
        ToolChoice::Required | ToolChoice::Auto => planned = more(conversation, tools),
    }
    let call = |(index, (tool, given)): (usize, (&ToolSpec, Map<String, Value>))| ToolCall {
        id: format!("call_{}", conversation.earlier_calls + index + 1),
        name: tool.name.clone(),
        arguments: Fill::new(conversation, &tool.parameters, Purpose::Arguments)
            .given(given)
            .root()
            .to_string(),
    };
    planned.into_iter().enumerate().map(call).collect()
}

/// The calls after the user has spoken: the tool that fits best, and all that are named.
fn first<'t>(
    conversation: &Conversation<'_>,
    tools: &'t [ToolSpec],
    must: bool,
) -> Vec<(&'t ToolSpec, Map<String, Value>)> {
    let mut rated: Vec<_> = tools
        .iter()
        .filter(|tool| !wants_url(tool) || !conversation.urls().is_empty())
        .map(|tool| (points(conversation, tool), tool))
        .collect();
    // Stable: of equals, the one that was given first.
    rated.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let asked = subject(conversation.request);
    let mut planned = Vec::new();
    for (index, (points, tool)) in rated.into_iter().enumerate() {
        let best = index == 0 && (points >= FITS || must);
        let named = index < 3 && is_told(&asked, tool);
        if best || named {
            planned.push((tool, given(conversation, tool)));
        }
    }
    if planned.is_empty() && must {
        planned.extend(tools.first().map(|tool| (tool, given(conversation, tool))));
    }
    planned
}

/// The calls after an answer: pages whose addresses are known now, members that have not been
/// asked, tools that were named.
fn more<'t>(
    conversation: &Conversation<'_>,
    tools: &'t [ToolSpec],
) -> Vec<(&'t ToolSpec, Map<String, Value>)> {
    let made = |tool: &ToolSpec| {
        let calls = conversation.calls.iter();
        calls.filter(|call| call.name == tool.name).count()
    };
    let used: Vec<String> = conversation
        .calls
        .iter()
        .flat_map(|call| urls(&call.arguments))
        .collect();
    for tool in tools {
        if is_delegation(tool) && member(conversation, tool).is_some() {
            return vec![(tool, given(conversation, tool))];
        }
        let name = property(tool, is_url_name);
        if wants_url(tool)
            && let Some(name) = name
        {
            let new = conversation
                .urls()
                .into_iter()
                .filter(|url| !used.contains(url));
            let pages: Vec<_> = new
                .take(MOST_PAGES.saturating_sub(made(tool)))
                .map(|url| (tool, Map::from_iter([(name.clone(), Value::from(url))])))
                .collect();
            if !pages.is_empty() {
                return pages;
            }
        } else if made(tool) == 0 && !is_delegation(tool) {
            let told = subject(&format!("{} {}", conversation.request, conversation.system));
            if is_told(&told, tool) {
                return vec![(tool, given(conversation, tool))];
            }
        }
    }
    Vec::new()
}

/// How well a tool fits.
fn points(conversation: &Conversation<'_>, tool: &ToolSpec) -> usize {
    if is_delegation(tool) {
        return 10 * FITS;
    }
    let request = subject(conversation.request);
    let system = subject(&conversation.system);
    let name = subject(&tool.name);
    if is_named(&tool.name, CHANGING) && !is_told(&request, tool) && !is_told(&system, tool) {
        return 0;
    }
    let properties = properties(tool).cloned().collect::<Vec<_>>().join(" ");
    let finds = is_named(&tool.name, FINDING) || is_named(&tool.description, FINDING);
    let url = wants_url(tool) && !urls(conversation.request).is_empty();
    3 * common(&request, &name)
        + 2 * common(&conversation.asked, &subject(&tool.description))
        + common(&conversation.asked, &subject(&properties))
        + 2 * common(&system, &name)
        + if finds || url { FITS } else { 0 }
}

/// Whether every word of the tool's name is in a text.
fn is_told(text: &BTreeSet<String>, tool: &ToolSpec) -> bool {
    let name = subject(&tool.name);
    !name.is_empty() && common(text, &name) == name.len()
}

fn properties(tool: &ToolSpec) -> impl Iterator<Item = &String> {
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys)
}

fn property(tool: &ToolSpec, is: impl Fn(&str) -> bool) -> Option<String> {
    properties(tool).find(|name| is(name)).cloned()
}

pub(super) fn is_url_name(name: &str) -> bool {
    is_named(
        name,
        &["url", "urls", "link", "links", "href", "uri", "website"],
    )
}

fn wants_url(tool: &ToolSpec) -> bool {
    property(tool, is_url_name).is_some()
}

/// A team's tool, by the names that Agno gives them.
fn is_delegation(tool: &ToolSpec) -> bool {
    tool.name.starts_with("delegate_task_to_member")
}

/// What is known of the arguments before the schema is looked at.
fn given(conversation: &Conversation<'_>, tool: &ToolSpec) -> Map<String, Value> {
    let mut given = Map::new();
    if is_delegation(tool) {
        if let Some(member) =
            member(conversation, tool).or_else(|| members(tool).into_iter().next())
        {
            given.insert("member_id".to_owned(), member.into());
        }
        let mut task = conversation.request.to_owned();
        // Members do not see the conversation: the next one is given what was found so far.
        for answer in conversation
            .answers
            .iter()
            .filter(|answer| !answer.is_error)
        {
            task.push_str("\n\n");
            task.push_str(answer.text);
        }
        given.insert("task".to_owned(), task.into());
    }
    given
}

/// The member to ask next. A question goes to those whose description fits it; an order, and what
/// fits nobody, goes to all, one after the other: a post is searched for and then written. A router
/// asks the one that fits best.
fn member(conversation: &Conversation<'_>, tool: &ToolSpec) -> Option<String> {
    let members = members(tool);
    let asked_for = asked(conversation.request);
    let fits = |member: &String| {
        let about = conversation
            .system
            .lines()
            .filter(|line| line.contains(member.as_str()));
        let about = about.collect::<Vec<_>>().join(" ");
        common(&asked_for, &asked(&format!("{member} {about}")))
    };
    let rated: Vec<_> = members
        .iter()
        .map(|member| (fits(member), member))
        .collect();
    let routes = is_named(&tool.description, &["best", "route"]);
    let some = rated.iter().any(|(points, _)| *points > 0);
    let all = !some || conversation.orders && !routes;
    let was_asked = |member: &str| {
        conversation.calls.iter().any(|call| {
            let arguments = serde_json::from_str::<Value>(&call.arguments).unwrap_or_default();
            arguments.get("member_id").is_some_and(|id| id == member)
        })
    };
    let mut open: Vec<_> = rated
        .into_iter()
        .filter(|(points, member)| (all || *points > 0) && !was_asked(member))
        .collect();
    if !all {
        open.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    }
    open.first().map(|(_, member)| (*member).clone())
}

/// The members' ids: the schema's `enum`, or what its description quotes.
fn members(tool: &ToolSpec) -> Vec<String> {
    let Some(schema) = tool.parameters.pointer("/properties/member_id") else {
        return Vec::new();
    };
    if let Some(Value::Array(ids)) = schema.get("enum") {
        return ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
    }
    let text = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let quoted = text.split(['`', '"', '\'']).skip(1).step_by(2);
    let quoted = quoted.filter(|id| !words(id).is_empty());
    let ids: Vec<String> = quoted.map(str::to_owned).collect();
    if ids.is_empty() {
        let (_, list) = text.split_once(':').unwrap_or_default();
        let ids = list.split(',').map(|id| id.trim().trim_end_matches('.'));
        return ids.filter(|id| !id.is_empty()).map(str::to_owned).collect();
    }
    ids
}
