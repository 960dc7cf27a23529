//! What the agents of a step took: turns, tokens, cost.

use std::{collections::HashMap, sync::Arc};

use agno_core::{AgentEvent, EventKind, NumberedEvent};
use serde::Serialize;

use crate::text;

/// What the agents of a step took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spent {
    pub(crate) turns: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    /// If prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<f64>,
}

impl Spent {
    /// Adds what an event tells of. Tokens are counted turn by turn, so that those of an agent
    /// that failed are not forgotten. A team's cost has that of its members in it.
    pub(crate) fn add(&mut self, what: &AgentEvent, is_member: bool) {
        match what {
            AgentEvent::Turn {
                input_tokens,
                output_tokens,
                ..
            } => {
                self.turns += 1;
                self.input_tokens = self.input_tokens.saturating_add(*input_tokens);
                self.output_tokens = self.output_tokens.saturating_add(*output_tokens);
            }
            AgentEvent::Completed {
                cost: Some(cost), ..
            } if !is_member => self.cost = Some(self.cost.unwrap_or_default() + cost),
            _ => {}
        }
    }

    pub(crate) fn plus(&mut self, other: &Self) {
        self.turns += other.turns;
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cost = match (self.cost, other.cost) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }

    /// `1514 tokens`, if there were any.
    pub(crate) fn in_brief(&self) -> Option<String> {
        let tokens = self.input_tokens.saturating_add(self.output_tokens);
        (tokens > 0).then(|| format!("{tokens} tokens"))
    }

    /// `2 turns · 1204 tokens in, 310 out · cost 0.0012`, or nothing.
    pub(crate) fn words(&self) -> String {
        if self.turns == 0 {
            return String::new();
        }
        let turns = text::count(usize::try_from(self.turns).unwrap_or(usize::MAX), "turn");
        let (input, output) = (self.input_tokens, self.output_tokens);
        let mut words = vec![turns, format!("{input} tokens in, {output} out")];
        words.extend(self.cost.map(|cost| format!("cost {cost:.4}")));
        words.join(" · ")
    }
}

/// What was spent, by the paths of steps.
pub(crate) fn by_step(events: &[NumberedEvent]) -> HashMap<Arc<str>, Spent> {
    let mut spent: HashMap<Arc<str>, Spent> = HashMap::new();
    for event in events {
        if let EventKind::Agent {
            path, team, what, ..
        } = &event.event.kind
        {
            let spent = spent.entry(path.clone()).or_default();
            spent.add(what, team.is_some());
        }
    }
    spent.retain(|_, spent| spent.turns > 0);
    spent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_counted_once() {
        let turn = AgentEvent::Turn {
            turn: 1,
            model: Arc::from("m"),
            input_tokens: 10,
            output_tokens: 5,
            cost: None,
            micros: 1,
        };
        let completed = |cost| AgentEvent::Completed {
            turns: 1,
            input_tokens: 10,
            output_tokens: 5,
            cost,
            micros: 1,
        };
        let mut spent = Spent::default();
        assert_eq!(spent.words(), "");
        for (what, is_member) in [
            (&turn, false),
            (&turn, true),
            (&completed(Some(0.25)), true),
            (&completed(Some(0.5)), false),
        ] {
            spent.add(what, is_member);
        }
        assert_eq!(
            spent.words(),
            "2 turns · 20 tokens in, 10 out · cost 0.5000"
        );
        spent.plus(&spent.clone());
        assert_eq!(
            spent.words(),
            "4 turns · 40 tokens in, 20 out · cost 1.0000"
        );
    }
}
