//! Steps as the macros declare them.
//!
//! The same as [`Definition::step`], with less for rustc to prove: one function for each number of inputs has no tuples to
//! look into, and what is built of names and codecs is built here, not in each program. Most steps have no options and take
//! inputs only: such a one is its name, its description and a body of inputs. Any other is given as a [`Step`], with a body
//! that gets the [`Call`] as well.

use std::future::Future;

use super::{Definition, Step, Workflow};
use crate::{
    context::Call,
    value::{Codec, Returns, param},
};

/// Pinned by the registry, so that no program has to.
type Boxed<'a, R> = Box<dyn Future<Output = R> + Send + 'a>;

macro_rules! steps {
    ($($method:ident, $with:ident ($($name:ident: $codec:ident of $input:ident),*);)*) => {
        #[doc(hidden)]
        #[allow(clippy::too_many_arguments)]
        impl<W: Workflow> Definition<W> {
            $(
                pub fn $method<$($input: Send + 'static,)* R: Send + 'static, T: Send + 'static>(
                    &mut self,
                    name: &'static str,
                    description: &'static str,
                    $($name: &'static str, $codec: fn() -> Codec<$input>,)*
                    returns: Returns<R, T>,
                    body: for<'a> fn(&'a W, $($input),*) -> Boxed<'a, R>,
                ) {
                    let step = Step::new(name).describe(description);
                    let params = ($(param($name, $codec()),)*);
                    self.add_step(step, params, returns, move |workflow: &W, _: &mut Call, ($($name,)*)| {
                        Box::into_pin(body(workflow, $($name),*))
                    });
                }

                pub fn $with<$($input: Send + 'static,)* R: Send + 'static, T: Send + 'static>(
                    &mut self,
                    step: Step,
                    $($name: &'static str, $codec: fn() -> Codec<$input>,)*
                    returns: Returns<R, T>,
                    body: for<'a> fn(&'a W, &'a mut Call, $($input),*) -> Boxed<'a, R>,
                ) {
                    let params = ($(param($name, $codec()),)*);
                    self.add_step(step, params, returns, move |workflow: &W, call: &mut Call, ($($name,)*)| {
                        Box::into_pin(body(workflow, call, $($name),*))
                    });
                }
            )*
        }
    };
}

steps! {
    step0, step0_with();
    step1, step1_with(a: codec_a of A);
    step2, step2_with(a: codec_a of A, b: codec_b of B);
    step3, step3_with(a: codec_a of A, b: codec_b of B, c: codec_c of C);
    step4, step4_with(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D);
    step5, step5_with(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E);
    step6, step6_with(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F);
    step7, step7_with(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F, g: codec_g of G);
    step8, step8_with(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F, g: codec_g of G, h: codec_h of H);
}
