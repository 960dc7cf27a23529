//! What a test counted, in a line that `cargo xtask torture` reads.

use std::fmt;

/// The counts of one test of one back end.
#[derive(Debug, Default)]
pub struct Figures {
    /// How often it was killed, cut, made to fail, or damaged.
    pub tried: u64,
    /// Commits, artifacts and the like that were acknowledged and looked for afterwards.
    pub acknowledged: u64,
    /// Of these, those that were not there, or not as they were.
    pub lost: u64,
    /// Steps that were recorded and whose body ran again.
    pub again: u64,
    /// Stores that did not open.
    pub unopened: u64,
}

impl Figures {
    /// Prints the line: `durability: backend=sled test=kills tried=20 ..`.
    pub fn print(&self, backend: &str, test: &str) {
        println!("durability: backend={backend} test={test} {self}");
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tried={} acknowledged={} lost={} again={} unopened={}",
            self.tried, self.acknowledged, self.lost, self.again, self.unopened
        )
    }
}

/// How often: `sample`, or what the environment variable asks for.
///
/// # Panics
///
/// If the variable is no number.
pub fn times(variable: &str, sample: u64) -> u64 {
    std::env::var(variable).map_or(sample, |number| {
        number
            .parse()
            .unwrap_or_else(|_| panic!("{variable}={number} is no number"))
    })
}
