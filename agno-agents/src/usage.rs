//! What a model's work took, and what it cost.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::{Deserialize, Serialize};

/// What one or more turns took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Turns.
    pub requests: u32,
    /// Tokens read, those from the provider's cache included.
    pub input_tokens: u64,
    /// Tokens written, those thought included.
    pub output_tokens: u64,
    /// Of the tokens read, those found in the provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens put into the provider's cache.
    pub cache_write_tokens: u64,
    /// Of the tokens written, those that were thought.
    pub reasoning_tokens: u64,
    /// What it cost, in the unit of the price table, or as the provider says. `None` when a part
    /// of it is not known.
    pub cost: Option<f64>,
}

impl Usage {
    /// Tokens read and written.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl AddAssign<&Self> for Usage {
    fn add_assign(&mut self, other: &Self) {
        let first = self.requests == 0;
        self.cost = match (self.cost, other.cost) {
            (None, cost) if first => cost,
            (cost, None) if other.requests == 0 => cost,
            (Some(a), Some(b)) => Some(a + b),
            _ => None,
        };
        self.requests += other.requests;
        for (sum, part) in [
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.cache_write_tokens, other.cache_write_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
        ] {
            *sum = sum.saturating_add(part);
        }
    }
}

/// What tokens cost, by model. There are no prices in this library: they change.
///
/// ```
/// use agno_agents::{Price, Prices, Usage};
///
/// // Per million tokens, in a currency of one's choice.
/// let prices = Prices::new().model("small", Price::new(0.5, 1.5));
/// let usage = Usage { input_tokens: 2_000_000, ..Usage::default() };
/// assert_eq!(prices.cost("small", &usage), Some(1.0));
/// assert_eq!(prices.cost("other", &usage), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prices(BTreeMap<String, Price>);

/// What a million tokens cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
    /// Read from the provider's cache. Default: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Put into the provider's cache. Default: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

impl Price {
    /// Per million tokens read and written.
    pub const fn new(input: f64, output: f64) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_write: None,
        }
    }
}

impl Prices {
    /// An empty table.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a model, by the name that requests give it.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>, price: Price) -> Self {
        self.0.insert(name.into(), price);
        self
    }

    /// What a usage of a model cost, if its price is known.
    #[expect(clippy::cast_precision_loss, reason = "a bill of 2^53 tokens")]
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<f64> {
        let price = self.0.get(model)?;
        let cached = usage
            .cache_read_tokens
            .saturating_add(usage.cache_write_tokens);
        let fresh = usage.input_tokens.saturating_sub(cached);
        let parts = [
            (fresh, price.input),
            (
                usage.cache_read_tokens,
                price.cache_read.unwrap_or(price.input),
            ),
            (
                usage.cache_write_tokens,
                price.cache_write.unwrap_or(price.input),
            ),
            (usage.output_tokens, price.output),
        ];
        Some(
            parts
                .iter()
                .map(|(tokens, price)| *tokens as f64 * price / 1e6)
                .sum(),
        )
    }
}
