//! From tokens to the model. Nothing here stops at the first mistake.

pub(crate) mod attributes;
pub(crate) mod duration;
pub(crate) mod fields;
pub(crate) mod half_typed;
pub(crate) mod head;
pub(crate) mod methods;
pub(crate) mod nesting;
pub(crate) mod options;
pub(crate) mod step;
pub(crate) mod strip;
mod synonyms;
pub(crate) mod table;
pub(crate) mod template;
