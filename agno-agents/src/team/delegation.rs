//! How a leader gives work away: one tool, made of the members.

use std::sync::Arc;

use agno_core::{BoxFuture, Error, StateType};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Member, TeamMode};
use crate::{
    agent::{Answered, Delegate, Delegated, MemberReply, Work, is_fatal},
    message::ToolCall,
    model::ToolSpec,
    usage::Usage,
};

const TO_ONE: &str = "delegate_task_to_member";
const TO_ALL: &str = "delegate_task_to_members";

/// How many members work at the same time when all are asked.
const AT_ONCE: usize = 8;

/// The members, as the leader's loop sees them.
pub(super) struct Delegation {
    mode: TeamMode,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct ToOne {
    member_id: String,
    task: String,
}

#[derive(Deserialize)]
struct ToAll {
    task: String,
}

impl Delegation {
    pub(super) fn new(mode: TeamMode, members: Vec<Member>) -> Arc<Self> {
        Arc::new(Self { mode, members })
    }

    fn member(&self, id: &str) -> Result<&Member, Error> {
        let by_id = |member: &&Member| member.id() == id;
        // Some models write the name they were told beside the id.
        let by_name = |member: &&Member| member.name() == id;
        let mut members = self.members.iter();
        let found = members
            .find(by_id)
            .or_else(|| self.members.iter().find(by_name));
        found.ok_or_else(|| {
            let ids: Vec<&str> = self.members.iter().map(Member::id).collect();
            let problem = format!(
                "there is no member `{id}`; the members are: {}",
                ids.join(", ")
            );
            Error::new("member_unknown", problem)
        })
    }

    async fn to_one(&self, asked: ToOne, work: Work<'_, '_>) -> Result<Delegated, Error> {
        let member = self.member(&asked.member_id)?;
        let (answered, result) = member.work(&asked.task, work).await;
        let mut done = Delegated::new(result.map(|()| answered.text.clone()));
        done.take(member, asked.task, answered, done.text.is_ok());
        done.direct = self.mode == TeamMode::Route;
        Ok(done)
    }

    /// Asks all of them. Those that fail are told of beside the answers, unless none answers.
    async fn to_all(&self, asked: ToAll, work: Work<'_, '_>) -> Delegated {
        type Working<'w> = BoxFuture<'w, (usize, (Answered, Result<(), Error>))>;
        let mut working: Vec<Working<'_>> = Vec::with_capacity(self.members.len());
        for (index, member) in self.members.iter().enumerate() {
            let task = asked.task.as_str();
            working.push(Box::pin(
                async move { (index, member.work(task, work).await) },
            ));
        }
        let mut answers: Vec<_> = stream::iter(working)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        answers.sort_by_key(|(index, _)| *index);
        let mut done = Delegated::new(Ok(String::new()));
        let (mut told, mut any, mut failed) = (String::new(), false, None);
        for (index, (answered, result)) in answers {
            let member = &self.members[index];
            let (id, text) = (member.id(), &answered.text);
            told.push_str(&match &result {
                Ok(()) => format!("<answer member=\"{id}\">\n{text}\n</answer>\n"),
                Err(error) => {
                    let problem = error.message();
                    format!("<error member=\"{id}\">\n{problem}\n</error>\n")
                }
            });
            any |= result.is_ok();
            done.take(member, asked.task.clone(), answered, result.is_ok());
            if let Err(error) = result {
                // The first counts, but one that is nothing to tell a model comes before all.
                let is_worse = |first| is_fatal(&error) && !is_fatal(first);
                if failed.as_ref().is_none_or(is_worse) {
                    failed = Some(error);
                }
            }
        }
        done.text = match failed {
            Some(error) if is_fatal(&error) || !any => Err(error),
            _ => Ok(told),
        };
        done
    }
}

impl Delegated {
    fn new(text: Result<String, Error>) -> Self {
        Self {
            text,
            usage: Usage::default(),
            members: Vec::new(),
            direct: false,
        }
    }

    fn take(&mut self, member: &Member, task: String, answered: Answered, is_answer: bool) {
        self.usage += &answered.usage;
        if is_answer {
            self.members.push(MemberReply {
                member: member.name().to_owned(),
                task,
                answer: answered.text,
                usage: answered.usage,
            });
        }
        self.members.extend(answered.members);
    }
}

impl Delegate for Delegation {
    fn specs(&self) -> Vec<ToolSpec> {
        let task = json!({
            "type": "string",
            "description": "What to do, with all that is needed to know: members do not see the conversation."
        });
        let spec = match self.mode {
            TeamMode::Broadcast => ToolSpec {
                name: TO_ALL.to_owned(),
                description:
                    "Gives a task to every member at the same time, and answers what each found."
                        .to_owned(),
                parameters: json!({
                    "type": "object",
                    "properties": { "task": task },
                    "required": ["task"],
                    "additionalProperties": false
                }),
                strict: true,
            },
            mode => {
                let ids: Vec<&str> = self.members.iter().map(Member::id).collect();
                let description = match mode {
                    TeamMode::Route => {
                        "Gives the question to the member who can best answer it. The answer goes to the user as it is."
                    }
                    _ => "Gives a task to a member, and answers what it found.",
                };
                ToolSpec {
                    name: TO_ONE.to_owned(),
                    description: description.to_owned(),
                    parameters: json!({
                        "type": "object",
                        "properties": {
                            "member_id": {
                                "type": "string",
                                "enum": ids,
                                "description": "The member."
                            },
                            "task": task
                        },
                        "required": ["member_id", "task"],
                        "additionalProperties": false
                    }),
                    strict: true,
                }
            }
        };
        vec![spec]
    }

    fn briefing(&self) -> String {
        let lines: Vec<String> = self.members.iter().map(Member::briefing).collect();
        let how = match self.mode {
            TeamMode::Coordinate => {
                "You lead a team. Give its members tasks, one at a time or several, judge what they \
                 find, and answer the user yourself. You may answer without them."
            }
            TeamMode::Route => {
                "You lead a team. Give the user's question to the one member who can best answer \
                 it; that answer goes to the user as it is."
            }
            TeamMode::Broadcast => {
                "You lead a team. Give its members the task, which all of them work on at the same \
                 time, and answer the user with what they found, saying where they differ."
            }
        };
        format!("<team>\n{how}\nThe members:\n{}\n</team>", lines.join("\n"))
    }

    fn settings(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(Member::settings).collect();
        json!({ "mode": self.mode, "members": members })
    }

    fn states(&self) -> Vec<StateType> {
        let states = self.members.iter().map(|member| member.core().state());
        states.flatten().collect()
    }

    fn delegate<'a, 's: 'a>(
        &'a self,
        call: &'a ToolCall,
        work: Work<'a, 's>,
    ) -> BoxFuture<'a, Result<Delegated, Error>> {
        Box::pin(async move {
            let misread = |error: serde_json::Error| {
                Error::new(
                    "tool_arguments",
                    format!("the arguments do not fit: {error}"),
                )
            };
            match self.mode {
                TeamMode::Broadcast => {
                    let asked = serde_json::from_str(&call.arguments).map_err(misread)?;
                    Ok(self.to_all(asked, work).await)
                }
                TeamMode::Coordinate | TeamMode::Route => {
                    let asked = serde_json::from_str(&call.arguments).map_err(misread)?;
                    self.to_one(asked, work).await
                }
            }
        })
    }
}
