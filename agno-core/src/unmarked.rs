//! What stands in where one of a workflow's `#[workflow]` is missing, so that the program has one error and not one at
//! each use of the workflow.
//!
//! The macro of the struct cannot see whether there is an impl block; rustc can, once all macros have run. The impl's
//! macro leaves a mark, [`its_steps_stand_in_one_impl_block`], and the struct's asks for it with [`marked`]. Without it
//! the struct is a [`Workflow`] all the same, of types that hang on a constant that rustc has refused already: of those
//! it says nothing more.
//!
//! [`Workflow`]: crate::Workflow

use std::marker::PhantomData;

use crate::{flow::Handle, registry::Steps};

/// Left by the macro of an impl block. Two blocks leave it twice, and then rustc quotes this name.
#[allow(non_camel_case_types)]
pub trait its_steps_stand_in_one_impl_block {}

/// Whether a struct has the mark, which is `(&MarkOf::<Article>::NEW).agno_mark()`: the method of [`IsMarked`] is found
/// before that of [`IsUnmarked`], which takes one reference more.
#[derive(Debug)]
pub struct MarkOf<W>(PhantomData<fn(W)>);

impl<W> MarkOf<W> {
    /// To ask.
    pub const NEW: Self = Self(PhantomData);
}

/// Yes or no, as a type.
pub trait Mark {
    /// The same as a value.
    const IS: bool;
}

/// There is an impl block.
#[derive(Debug)]
pub struct Marked;

/// There is none.
#[derive(Debug)]
pub struct Unmarked;

impl Mark for Marked {
    const IS: bool = true;
}

impl Mark for Unmarked {
    const IS: bool = false;
}

/// A struct with the mark.
pub trait IsMarked {
    /// Its answer.
    fn agno_mark(&self) -> Marked {
        Marked
    }
}

impl<W: its_steps_stand_in_one_impl_block> IsMarked for MarkOf<W> {}

/// Any other struct.
pub trait IsUnmarked {
    /// Its answer.
    fn agno_mark(&self) -> Unmarked {
        Unmarked
    }
}

impl<W> IsUnmarked for &MarkOf<W> {}

/// The answer, without asking: only its type is of interest.
pub const fn marked<M: Mark>(_: fn() -> M) -> bool {
    M::IS
}

/// A marked struct; `MARKED` is what [`marked`] says of it.
#[diagnostic::on_unimplemented(
    message = "workflow `{Self}` has no steps",
    label = "the struct is marked, its `impl` block is not",
    note = "put `#[workflow]` on the `impl {Self}` block that holds the `#[step]` methods, or `#[step]` on the fields that are its steps"
)]
pub trait HasSteps<const MARKED: bool> {
    /// It has.
    const CHECKED: bool = true;
}

#[diagnostic::do_not_recommend]
impl<W> HasSteps<true> for W {}

/// The steps, input and output of a struct without steps.
#[derive(Debug)]
pub struct Undeclared<const CHECKED: bool>;

impl<const CHECKED: bool> Steps for Undeclared<CHECKED> {
    fn new(_: Handle) -> Self {
        Self
    }
}

/// Of the workflow around a `#[step]` that no macro of an impl block has seen: nothing but what is [`Undeclared`], whose
/// error is reported at the struct.
#[diagnostic::on_unimplemented(
    message = "this method is outside of the `impl` block marked `#[workflow]`",
    label = "so it would be no part of the workflow",
    note = "move it into that block"
)]
pub trait Outside {
    /// Nowhere.
    const PLACE: () = ();
}
