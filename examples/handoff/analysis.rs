//! What is to be known of a message before a person takes over.

use std::fmt;

use agno::prelude::*;

/// Why a customer wants a person.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// There is no reason: the customer is content, or asks something simple.
    Nothing,
    /// The customer asks for a person, a manager, a human.
    AsksForAPerson,
    /// The customer complains, and has asked before without an answer.
    Complaint,
    /// Fraud, theft: somebody else has the customer's money or card.
    Fraud,
}

/// How soon somebody has to look at it.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Urgency {
    /// Within days.
    Normal,
    /// Today: asked several times, unacceptable, a manager.
    High,
    /// Now: money is being stolen, somebody else is paying.
    Critical,
}

/// How the customer feels.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Emotion {
    /// Content, and says thanks.
    Content,
    /// Neither the one nor the other.
    Neutral,
    /// Worried, afraid, help.
    Worried,
    /// Angry, unacceptable, complains.
    Angry,
}

/// What an analyst says of a message.
#[data]
pub(crate) struct Analysis {
    /// Why the customer wants a person.
    pub(crate) reason: Reason,
    /// How soon somebody has to look at it.
    pub(crate) urgency: Urgency,
    /// How the customer feels.
    pub(crate) emotion: Emotion,
}

impl Analysis {
    /// When somebody looks at it.
    pub(crate) fn when(&self) -> &'static str {
        match self.urgency {
            Urgency::Normal => "this week",
            Urgency::High => "today",
            Urgency::Critical => "now",
        }
    }

    /// The model judges, the program decides.
    pub(crate) fn should_escalate(&self) -> bool {
        self.reason != Reason::Nothing || self.urgency == Urgency::Critical
    }
}

/// What a message says of its writer.
#[data]
pub(crate) struct Customer {
    /// The customer's name, if the message has it.
    pub(crate) name: Option<String>,
    /// The language that the customer writes in.
    pub(crate) language: Option<String>,
}

/// What has to be solved.
#[data]
pub(crate) struct Issue {
    /// The problem in a few words.
    pub(crate) title: String,
    /// What has happened so far.
    pub(crate) description: String,
}

impl fmt::Display for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            Reason::Nothing => "no reason",
            Reason::AsksForAPerson => "asks for a person",
            Reason::Complaint => "complaint",
            Reason::Fraud => "fraud",
        };
        let (urgency, emotion) = (self.urgency, self.emotion);
        let text = format!("{reason}, urgency {urgency:?}, customer {emotion:?}");
        f.write_str(&text.to_lowercase())
    }
}

impl fmt::Display for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
        let (name, language) = (known(&self.name), known(&self.language));
        write!(f, "Customer: {name}\nLanguage: {language}")
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}", self.title, self.description)
    }
}
