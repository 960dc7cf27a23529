//! The step cache: results of steps, kept for later calls with the same input.
//!
//! * `key` says under what a result is stored, `lookup` whether it is taken.
//! * `flight` sees to it that one computes and the others wait, here and across processes.
//! * `background` computes an expired result anew beside the runs, and `bound` removes the oldest.

mod background;
mod bound;
mod flight;
mod key;
mod lookup;

pub(crate) use background::Refresh;
pub(crate) use key::{key_of, of_flow, of_step};
pub(super) use lookup::{Call, Consulted, Fill, Miss};

use background::Background;
use bound::Bound;
use flight::Flights;

/// What all runs of a runtime share of it.
pub(crate) struct StepCache {
    flights: Flights,
    background: Background,
    bound: Bound,
}

impl StepCache {
    /// With as many bytes of results as the store is to keep.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            flights: Flights::default(),
            background: Background::default(),
            bound: Bound::new(limit),
        }
    }

    /// Gives up what is computed in the background.
    pub(crate) fn give_up(&self) {
        self.background.give_up();
    }

    /// Resolves when nothing is under way in the background.
    pub(crate) async fn idle(&self) {
        self.background.idle().await;
    }
}
