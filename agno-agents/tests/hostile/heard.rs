//! A listener that remembers.

use std::sync::{Arc, Mutex};

use agno_agents::model::{Delta, Deltas};

/// What a listener heard, as text: thoughts in brackets, `|` where it begins anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<String>>);

impl Heard {
    pub(crate) fn deltas(&self) -> Deltas {
        let heard = Arc::clone(&self.0);
        Deltas::to(move |delta| {
            let mut heard = heard.lock().expect("no panic");
            match delta {
                Delta::Text(text) => heard.push_str(text),
                Delta::Reasoning(text) => heard.push_str(&format!("({text})")),
                Delta::Reset { .. } => heard.push('|'),
                other => panic!("an unknown piece: {other:?}"),
            }
        })
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("no panic").clone()
    }
}
