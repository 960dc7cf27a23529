//! `#[cfg]` and `#[cfg_attr]`: what is not compiled is neither registered nor drawn.

use durable::{flow, step, workflow, Flow, Result};

/// Has steps that are not there.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Partial;

#[workflow(crate = durable)]
impl Partial {
    #[step]
    async fn always(&self, number: u32) -> u32 {
        number
    }

    #[cfg(any())]
    #[step]
    async fn never(&self, missing: Missing) -> Missing {
        missing
    }

    #[step]
    #[cfg(not(any()))]
    #[cfg(not(target_os = "none"))]
    async fn twice_conditional(&self, number: u32) -> u32 {
        number
    }

    /// Has a condition under a condition.
    #[cfg_attr(all(), cfg(any()))]
    #[step]
    async fn never_either(&self, missing: Missing) -> Missing {
        missing
    }

    #[cfg_attr(any(), cfg(any()))]
    #[cfg_attr(all(), cfg(all()), doc = "Is there.")]
    #[step]
    fn there(&self, number: u32) -> u32 {
        number
    }

    #[cfg(target_os = "none")]
    #[step]
    fn of_a_feature(&self, missing: Missing) -> Missing {
        missing
    }

    #[flow]
    async fn run(flow: &Flow<Self>, number: u32) -> Result<u32> {
        let number = flow.always(number).await?;
        #[cfg(any())]
        let number = flow.never(number).await?;
        #[cfg_attr(all(), cfg(any()))]
        let number = flow.never_either(number).await?;
        let number = if cfg!(any()) {
            flow.always(0).await?
        } else {
            flow.twice_conditional(number).await?
        };
        match number {
            #[cfg(any())]
            0 => flow.never(number).await,
            #[cfg_attr(all(), cfg(any()))]
            1 => flow.never(number).await,
            _ => flow.rest(number).await,
        }
    }

    #[cfg_attr(all(), cfg(all()))]
    #[flow]
    async fn rest(flow: &Flow<Self>, number: u32) -> Result<u32> {
        flow.there(number).await
    }

    #[cfg_attr(all(), cfg(any()))]
    #[flow]
    async fn no_rest(flow: &Flow<Self>, missing: Missing) -> Result<Missing> {
        flow.never(missing).await
    }
}

/// Is not there as a whole.
#[cfg(any())]
#[workflow(crate = durable)]
pub struct Absent(Missing);

#[cfg(any())]
#[workflow(crate = durable)]
impl Absent {
    #[step]
    async fn never(&self, missing: Missing) -> Missing {}
}

/// Is one or the other.
#[cfg(any())]
#[workflow(crate = durable)]
pub struct Either;

/// Is one or the other.
#[cfg(not(any()))]
#[workflow(crate = durable)]
#[derive(Debug)]
pub struct Either {
    /// Is not there.
    #[cfg_attr(all(), cfg(any()))]
    absent: Missing,
    /// Is there.
    pub present: u8,
}

#[cfg_attr(all(), workflow(crate = durable))]
impl Either {
    #[step]
    async fn one(&self) -> u8 {
        self.present
    }
}

#[cfg(test)]
mod tests {
    use super::{Either, Partial};
    use crate::runs::{run, steps};

    #[tokio::test]
    async fn what_is_not_compiled_is_not_registered_or_drawn() -> durable::Result<()> {
        assert_eq!(run(Partial, 3).await?, 3);
        let [known, drawn] = steps(Partial).await?;
        assert_eq!(known, ["always", "twice_conditional", "there"]);
        assert_eq!(
            drawn,
            ["always", "always", "twice_conditional", "rest", "there"]
        );
        assert_eq!(run(Either { present: 2 }, ()).await?, 2);
        Ok(())
    }
}
