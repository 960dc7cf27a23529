//! A fixed number of calls at the same time.

use super::call::{Decode, DurableCall, decode_all};
use crate::{
    error::Error,
    op::{Op, Reply},
};

/// Calls that run at the same time: a tuple of up to twelve, or a `Vec` of one type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of durable calls",
    label = "write `flow.parallel((flow.a(x), flow.b(y)))`",
    note = "every branch is a call on the flow: a step, a sub-flow, a map or a timer"
)]
pub trait Branches {
    /// The outputs, in order.
    type Output: Send + 'static;

    #[doc(hidden)]
    fn gather(self) -> Gathered<Self::Output>;
}

/// The operations of several calls, and how their replies become outputs.
#[doc(hidden)]
pub struct Gathered<O> {
    pub(super) ops: Result<Vec<Op>, Error>,
    pub(super) decode: Decode<O>,
}

impl<O> std::fmt::Debug for Gathered<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Gathered").field(&self.ops).finish()
    }
}

impl<C: DurableCall> Branches for Vec<C> {
    type Output = Vec<C::Output>;

    fn gather(self) -> Gathered<Self::Output> {
        let (ops, decoders): (Vec<_>, Vec<_>) = self
            .into_iter()
            .map(|call| call.into_pending().split())
            .unzip();
        Gathered {
            ops: ops.into_iter().collect(),
            decode: decode_all(decoders),
        }
    }
}

macro_rules! branches {
    ($($C:ident $index:tt),+) => {
        impl<$($C: DurableCall),+> Branches for ($($C,)+) {
            type Output = ($($C::Output,)+);

            fn gather(self) -> Gathered<Self::Output> {
                let parts = ($(self.$index.into_pending().split(),)+);
                let ops = [$(parts.$index.0),+].into_iter().collect();
                let decoders = ($(parts.$index.1,)+);
                let decode = move |reply| {
                    let Reply::Many(replies) = reply else {
                        return Err("a step answered for a container".to_owned());
                    };
                    let mut replies = replies.into_iter();
                    Ok(($({
                        let reply = replies.next().ok_or("the container answered too few results")?;
                        (decoders.$index)(reply)?
                    },)+))
                };
                Gathered { ops, decode: Box::new(decode) }
            }
        }
    };
}

branches!(A 0);
branches!(A 0, B 1);
branches!(A 0, B 1, C 2);
branches!(A 0, B 1, C 2, D 3);
branches!(A 0, B 1, C 2, D 3, E 4);
branches!(A 0, B 1, C 2, D 3, E 4, F 5);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
branches!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
