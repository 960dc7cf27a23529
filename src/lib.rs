//! agno.
