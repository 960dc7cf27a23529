//! What the stores promise, tested the hard way: processes that are killed, power that is cut, calls
//! that fail, bits that flip.
//!
//! A child process (the program of this crate) uses a store and says, line by line, what was
//! acknowledged ([`told`]). Its parent, a test, ends it or damages what it left, opens the store again,
//! and holds it against what was said ([`ledger`]).

pub mod backend;
pub mod child;
pub mod commits;
#[cfg(any(feature = "sled", feature = "sqlite"))]
pub mod controls;
pub mod disk;
pub mod effects;
pub mod errand;
pub mod figures;
pub mod ledger;
pub mod shim;
pub mod told;
pub mod work;
