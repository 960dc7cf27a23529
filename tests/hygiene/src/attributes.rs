//! Attributes of others on workflows, impl blocks, steps, flows, parameters and tools.

use durable::{data, flow, step, tool, workflow, Flow, Result};

/// A value whose derives are its own.
#[data(crate = durable)]
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[must_use]
#[non_exhaustive]
#[doc(alias = "page")]
pub struct Page {
    /// Which.
    #[doc(hidden)]
    pub number: u32,
    /// Is old.
    #[deprecated]
    pub old: u8,
}

/// Carries everything.
#[derive(Clone, Debug)]
#[workflow(crate = durable)]
#[must_use = "register it"]
#[doc(alias = "attributes")]
#[non_exhaustive]
pub struct Decorated {
    /// Is read.
    pub depth: u8,
}

#[workflow(crate = durable)]
impl Decorated {
    /// Makes one.
    pub fn new(depth: u8) -> Self {
        Self { depth }
    }

    #[doc(hidden)]
    #[inline]
    #[step]
    pub async fn hidden(&self, page: Page) -> Page {
        page
    }

    /// Reads a page.
    #[step(retry(max = 2))]
    #[tracing::instrument(skip(self), fields(depth = self.depth))]
    pub async fn traced(&self, page: Page) -> Result<Page> {
        durable::ensure!(page.number < 9, "too many");
        Ok(page)
    }

    /// Reads a page again.
    #[tracing::instrument(skip_all)]
    #[step]
    #[must_use]
    #[inline(always)]
    #[cold]
    fn again(
        &self,
        #[expect(unused_variables, reason = "to see it")] page: Page,
        mut number: u32,
    ) -> u32 {
        number = number.saturating_add(1);
        number
    }

    #[cfg_attr(all(), doc = "Is documented under a condition.")]
    #[cfg_attr(any(), deprecated)]
    #[cfg_attr(all(), inline, must_use)]
    #[step]
    pub fn conditional(&self, number: u32) -> u32 {
        number
    }

    #[doc = include_str!("attributes.md")]
    #[step]
    pub async fn included(&self) {}

    /// The entry.
    #[flow]
    #[tracing::instrument(skip_all)]
    pub async fn run(flow: &Flow<Self>, number: u32) -> Result<u32> {
        #[expect(deprecated, reason = "to see it")]
        let page = Page { number, old: 0 };
        let page = flow.hidden(page).await?;
        let page = flow.traced(page).await?;
        flow.included().await?;
        let number = flow.again(page, number).await?;
        flow.conditional(number).await
    }
}

/// Is a tool.
#[tool(crate = durable)]
#[tracing::instrument]
#[inline]
#[doc(alias = "tool")]
#[must_use]
pub fn decorated(
    /// Which.
    #[schemars(range(min = 1))]
    number: u32,
) -> u32 {
    number
}

#[cfg(test)]
mod tests {
    use super::{decorated, Decorated};
    use crate::runs::{run, steps};

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        assert_eq!(run(Decorated::new(1), 3).await?, 4);
        let [known, drawn] = steps(Decorated::new(1)).await?;
        assert_eq!(
            known,
            ["hidden", "traced", "again", "conditional", "included"]
        );
        assert_eq!(
            drawn,
            ["hidden", "traced", "included", "again", "conditional"]
        );
        assert_eq!((decorated(2), decorated::tool().name()), (2, "decorated"));
        Ok(())
    }
}
