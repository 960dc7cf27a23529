//! The stable names of events, as they stand in JSON.

use crate::{AgentEvent, EventKind};

impl EventKind {
    /// The names of all kinds; those of agents with what it is: `agent.turn`.
    pub const NAMES: &'static [&'static str] = &[
        "run_started",
        "run_resumed",
        "run_ended",
        "step_started",
        "step_retrying",
        "step_completed",
        "step_cached",
        "step_replayed",
        "step_skipped",
        "step_failed",
        "step_progress",
        "timer_started",
        "container_started",
        "container_ended",
        "subflow_started",
        "subflow_ended",
        "workflow_called",
        "workflow_returned",
        "inner",
        "request_opened",
        "request_answered",
        "branch_taken",
        "loop_round",
        "run_forked",
        "custom",
        "said",
        "agent.started",
        "agent.content",
        "agent.reset",
        "agent.turn",
        "agent.repair",
        "agent.tool_started",
        "agent.tool_completed",
        "agent.tool_failed",
        "agent.completed",
        "agent.failed",
    ];

    /// The kind's name, one of [`NAMES`](Self::NAMES).
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::RunResumed { .. } => "run_resumed",
            Self::RunEnded { .. } => "run_ended",
            Self::StepStarted { .. } => "step_started",
            Self::StepRetrying { .. } => "step_retrying",
            Self::StepCompleted { .. } => "step_completed",
            Self::StepCached { .. } => "step_cached",
            Self::StepReplayed { .. } => "step_replayed",
            Self::StepSkipped { .. } => "step_skipped",
            Self::StepFailed { .. } => "step_failed",
            Self::StepProgress { .. } => "step_progress",
            Self::TimerStarted { .. } => "timer_started",
            Self::ContainerStarted { .. } => "container_started",
            Self::ContainerEnded { .. } => "container_ended",
            Self::SubflowStarted { .. } => "subflow_started",
            Self::SubflowEnded { .. } => "subflow_ended",
            Self::WorkflowCalled { .. } => "workflow_called",
            Self::WorkflowReturned { .. } => "workflow_returned",
            Self::Inner { .. } => "inner",
            Self::RequestOpened { .. } => "request_opened",
            Self::RequestAnswered { .. } => "request_answered",
            Self::BranchTaken { .. } => "branch_taken",
            Self::LoopRound { .. } => "loop_round",
            Self::RunForked { .. } => "run_forked",
            Self::Custom { .. } => "custom",
            Self::Said { .. } => "said",
            Self::Agent { what, .. } => match what {
                AgentEvent::Started { .. } => "agent.started",
                AgentEvent::Content { .. } => "agent.content",
                AgentEvent::Reset { .. } => "agent.reset",
                AgentEvent::Turn { .. } => "agent.turn",
                AgentEvent::Repair { .. } => "agent.repair",
                AgentEvent::ToolStarted { .. } => "agent.tool_started",
                AgentEvent::ToolCompleted { .. } => "agent.tool_completed",
                AgentEvent::ToolFailed { .. } => "agent.tool_failed",
                AgentEvent::Completed { .. } => "agent.completed",
                AgentEvent::Failed { .. } => "agent.failed",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_stands_in_json() {
        let agent = |what| EventKind::Agent {
            path: "a#0".into(),
            agent: "A".into(),
            team: None,
            what,
        };
        let samples = [
            EventKind::RunStarted {
                workflow: "w".into(),
            },
            EventKind::StepReplayed { path: "a#0".into() },
            EventKind::Said {
                message: String::new(),
            },
            EventKind::SubflowStarted { path: "a#0".into() },
            agent(AgentEvent::Started { model: "m".into() }),
            agent(AgentEvent::Reset {
                reason: String::new(),
            }),
        ];
        for sample in samples {
            let json = serde_json::to_value(&sample).expect("is JSON");
            let name = match json["what"]["type"].as_str() {
                Some(what) => format!("agent.{what}"),
                None => json["type"].as_str().expect("has a tag").to_owned(),
            };
            assert_eq!(sample.name(), name);
            assert!(EventKind::NAMES.contains(&sample.name()));
        }
    }
}
