//! The rules of a struct whose fields are steps.

use super::options::{Named, check_options};
use crate::diag::Diagnostics;
use crate::model::FieldStep;
use crate::parse::attributes::conditions;

/// What a field takes is recorded under this name.
const INPUT: &str = "input";

pub(crate) fn fields(steps: &[FieldStep], diag: &Diagnostics) {
    for (index, step) in steps.iter().enumerate() {
        for condition in conditions(&step.attrs) {
            diag.over(
                condition,
                "fields that are steps run in their order, which must not depend on a `#[cfg(..)]`; \
                 write methods and a `#[flow]`",
            );
        }
        check_options(
            &Named {
                name: &step.name,
                name_span: step.name_span,
                written: &step.ident,
                inputs: &[INPUT],
                changes_state: false,
                reads_history: true,
                is_field: true,
            },
            &step.options,
            diag,
        );
        if steps[..index].iter().any(|other| other.name == step.name) {
            super::second(&step.name, step.name_span, diag);
        }
    }
}
