//! Steps as the macros declare them.
//!
//! The same as [`Definition::step`], with less for rustc to prove: one function for each number of inputs has no tuples to
//! look into, and what is built of names and codecs is built here, not in each program.

use std::future::Future;

use super::{Definition, Step, Workflow};
use crate::{
    context::Call,
    value::{Codec, Returns, param},
};

/// Pinned by the registry, so that no program has to.
type Boxed<'a, R> = Box<dyn Future<Output = R> + Send + 'a>;

macro_rules! steps {
    ($($method:ident ($($name:ident: $codec:ident of $input:ident),*);)*) => {
        #[doc(hidden)]
        #[allow(clippy::too_many_arguments)]
        impl<W: Workflow> Definition<W> {
            $(
                pub fn $method<$($input: Send + 'static,)* R: Send + 'static, T: Send + 'static>(
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
    step0();
    step1(a: codec_a of A);
    step2(a: codec_a of A, b: codec_b of B);
    step3(a: codec_a of A, b: codec_b of B, c: codec_c of C);
    step4(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D);
    step5(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E);
    step6(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F);
    step7(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F, g: codec_g of G);
    step8(a: codec_a of A, b: codec_b of B, c: codec_c of C, d: codec_d of D, e: codec_e of E, f: codec_f of F, g: codec_g of G, h: codec_h of H);
}
