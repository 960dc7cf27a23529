//! Calls of which the first that is over wins.

use std::panic::Location;

use super::{
    Flow,
    call::{CallFuture, Decode, DurableCall, Pending, Settled, durable},
};
use crate::{
    error::Error,
    op::{Container, Op, Reply},
    registry::Workflow,
};

/// Nothing: a branch that a race does not have. No `match` needs an arm for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {}

/// Which of the calls of a race won, and what it answered.
///
/// ```
/// # use agno_core::Winner;
/// # let winner: Winner<bool, ()> = Winner::Second(());
/// // let winner = flow.race((flow.confirm("Go on?"), flow.sleep(HOUR))).await?;
/// let go_on = match winner {
///     Winner::First(answer) => answer,
///     Winner::Second(()) => false,
/// };
/// # assert!(!go_on);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Winner<A, B, C = Never, D = Never, E = Never, F = Never> {
    /// The first call.
    First(A),
    /// The second call.
    Second(B),
    /// The third call.
    Third(C),
    /// The fourth call.
    Fourth(D),
    /// The fifth call.
    Fifth(E),
    /// The sixth call.
    Sixth(F),
}

/// Calls that race: a tuple of two to six, or a `Vec` of one type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of durable calls",
    label = "write `flow.race((flow.a(x), flow.b(y)))`, with two to six calls, or a `Vec` of calls of one type",
    note = "every branch is a call on the flow: a step, a sub-flow, a question or a timer"
)]
pub trait Contenders {
    /// The winner and its output: a [`Winner`], or of a `Vec` its index and output.
    type Winner: Send + 'static;

    #[doc(hidden)]
    fn contend(self) -> Contest<Self::Winner>;
}

/// The operations of several calls, and how the winner's reply becomes its output.
#[doc(hidden)]
pub struct Contest<O> {
    ops: Result<Vec<Op>, Error>,
    decode: Decode<O>,
}

impl<O> std::fmt::Debug for Contest<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Contest").field(&self.ops).finish()
    }
}

impl<C: DurableCall> Contenders for Vec<C> {
    type Winner = (usize, C::Output);

    fn contend(self) -> Contest<Self::Winner> {
        let (ops, decoders): (Vec<_>, Vec<_>) = self
            .into_iter()
            .map(|call| call.into_pending().split())
            .unzip();
        let decode = move |reply| {
            let Reply::Won(index, reply) = reply else {
                return Err("a race answered no winner".to_owned());
            };
            let decode = decoders.into_iter().nth(index);
            let decode = decode.ok_or("the winner of the race is not among its calls")?;
            Ok((index, decode(*reply)?))
        };
        Contest {
            ops: ops.into_iter().collect(),
            decode: Box::new(decode),
        }
    }
}

macro_rules! contenders {
    ($($C:ident $index:tt $Place:ident),+) => {
        impl<$($C: DurableCall),+> Contenders for ($($C,)+) {
            type Winner = Winner<$($C::Output),+>;

            fn contend(self) -> Contest<Self::Winner> {
                let parts = ($(self.$index.into_pending().split(),)+);
                let ops = [$(parts.$index.0),+].into_iter().collect();
                let decoders = ($(parts.$index.1,)+);
                let decode = move |reply| match reply {
                    $(Reply::Won($index, reply) => (decoders.$index)(*reply).map(Winner::$Place),)+
                    _ => Err("a race answered no winner".to_owned()),
                };
                Contest { ops, decode: Box::new(decode) }
            }
        }
    };
}

contenders!(A 0 First, B 1 Second);
contenders!(A 0 First, B 1 Second, C 2 Third);
contenders!(A 0 First, B 1 Second, C 2 Third, D 3 Fourth);
contenders!(A 0 First, B 1 Second, C 2 Third, D 3 Fourth, E 4 Fifth);
contenders!(A 0 First, B 1 Second, C 2 Third, D 3 Fourth, E 4 Fifth, F 5 Sixth);

/// The durable call `flow.race((..))`.
#[must_use = "it happens when it is awaited: write `.await?`"]
pub struct RaceCall<O> {
    pending: Pending<O>,
}

impl<O: Send + 'static> RaceCall<O> {
    /// A failure does not win: the first call that succeeds does. When all fail, the race fails
    /// as the first of its calls did.
    pub fn first_ok(mut self) -> Self {
        self.pending.change(|op| {
            if let Op::First { ok_only, .. } = op {
                *ok_only = true;
            }
        });
        self
    }
}

durable!(RaceCall<O> => O);

impl<W: Workflow> Flow<W> {
    /// Runs calls at the same time and answers the first that is over, be it an output or an
    /// error; the others are dropped, and nothing of them counts any more. The winner is recorded
    /// with its own result: a crash does not change it.
    ///
    /// ```ignore
    /// match flow.race((flow.confirm("Ship it?"), flow.sleep(HOUR))).await? {
    ///     Winner::First(yes) => yes,
    ///     Winner::Second(()) => false,
    /// }
    /// ```
    #[track_caller]
    pub fn race<C: Contenders>(&self, calls: C) -> RaceCall<C::Winner> {
        let contest = calls.contend();
        let id = self
            .handle
            .identify(Container::Race.as_str(), Location::caller());
        let op = contest.ops.map(|ops| Op::First {
            id,
            ops,
            ok_only: false,
        });
        RaceCall {
            pending: Pending::new(self.handle.clone(), op, contest.decode),
        }
    }
}
