//! What a workflow says that is probably not meant so. The macro tells the same at compile time, and what only it can
//! see in the source of a flow.

use std::collections::BTreeSet;

use super::{Cache, FlowRun, Registered, Retry};
use crate::graph::{Graph, calls};

impl Registered {
    /// Only what is certain.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut found = self.uncalled();
        found.extend(self.warnings.iter().cloned());
        for entry in self.steps() {
            let name = entry.step.name;
            let options = &entry.step.options;
            let retry = options.retry.as_ref().map(without_effect);
            let of_step = retry.into_iter().flatten().map(str::to_owned);
            let of_step = of_step.chain(options.cache.as_ref().and_then(key));
            found.extend(of_step.map(|text| format!("step `{name}`: {text}")));
        }
        for (index, flow) in self.flows().iter().enumerate() {
            let name = flow.spec.name;
            let options = &flow.spec.options;
            let entry = |option: &str, is_given: bool| {
                let text = format!("`{option}` has no effect on the flow that a run begins with");
                (is_given && index == 0).then_some(text)
            };
            let of_flow = [
                entry("timeout", options.timeout.is_some()),
                entry("cache", options.cache.is_some()),
                options.cache.as_ref().and_then(key),
            ];
            let of_flow = of_flow.into_iter().flatten();
            found.extend(of_flow.map(|text| format!("flow `{name}`: {text}")));
        }
        found
    }

    /// Steps and sub-flows that no flow calls.
    fn uncalled(&self) -> Vec<String> {
        let Some(called) = self.called() else {
            return Vec::new();
        };
        let is_called = |name: &str| called.contains(name);
        let steps = self.steps().iter().map(|entry| ("step", entry.step.name));
        let subflows = self.flows().iter().skip(1);
        let subflows = subflows.map(|flow| ("sub-flow", flow.spec.name));
        steps
            .chain(subflows)
            .filter(|(_, name)| !is_called(name) && !self.uncalled_allowed.contains(name))
            .map(|(kind, name)| {
                format!("no flow calls the {kind} `{name}`; call it where it belongs, or remove it")
            })
            .collect()
    }

    /// What the flows call; nothing when nobody can tell, since one of them has no graph or hands itself on.
    fn called(&self) -> Option<BTreeSet<&'static str>> {
        let mut called = calls(self.graph)?;
        for flow in self.flows() {
            match &flow.run {
                FlowRun::Chain(chain) => called.extend(chain.names()),
                FlowRun::Body(_) if has_graph(self.graph, flow.spec.name) => {}
                FlowRun::Body(_) => return None,
            }
        }
        Some(called)
    }
}

fn has_graph(graph: &Graph, flow: &str) -> bool {
    graph.flows.iter().any(|drawn| drawn.name == flow)
}

/// What says how the wait grows, where it does not.
fn without_effect(retry: &Retry) -> Vec<&'static str> {
    let default = Retry::new(retry.max);
    let once = retry.max == 1;
    let is = |a: f64, b: f64| (a - b).abs() < f64::EPSILON;
    let constant = once || is(retry.factor, 1.0);
    let is_reached = retry.backoff > retry.max_delay.min(default.max_delay);
    let mut found = Vec::new();
    if once && !is(retry.factor, default.factor) {
        found.push("`factor` has no effect: with one retry there is one wait");
    }
    if constant && !is_reached && retry.max_delay != default.max_delay {
        found.push(if once {
            "`max_delay` has no effect: with one retry there is one wait, which is `backoff`"
        } else {
            "`max_delay` has no effect: with a factor of 1 each wait is `backoff`"
        });
    }
    // A longest wait that was chosen is meant.
    if retry.backoff > default.max_delay && retry.max_delay == default.max_delay {
        found.push("no wait is longer than `max_delay`, which is 30s where it is not given");
    }
    found
}

/// A part of the input that is in the key already.
fn key(cache: &Cache) -> Option<String> {
    let key = cache.key.as_ref()?;
    let parts: Vec<Vec<&str>> = key
        .split(',')
        .map(|part| part.split('.').map(str::trim).collect())
        .collect();
    parts.iter().enumerate().find_map(|(index, part)| {
        let mut others = parts.iter().enumerate();
        let (_, holder) = others.find(|(other, holder)| {
            *other != index && part.starts_with(holder) && (part != *holder || *other < index)
        })?;
        let (part, holder) = (part.join("."), holder.join("."));
        Some(if part == holder {
            format!("the key of its cache holds `{part}` twice")
        } else {
            format!("`{part}` has no effect in the key of its cache: it is a part of `{holder}`, which the key holds")
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Definition, FlowSpec, Handle, Result, Step, Workflow, WorkflowInfo, codec, fallible,
        graph::{FlowGraph, Node},
        param, plain,
    };

    /// Steps `first` and `second`; what calls them is up to the test.
    struct ByHand<const CASE: u8>;

    const CHAIN: u8 = 0;
    const BODY: u8 = 1;
    const DRAWN: u8 = 2;

    static GRAPH: Graph = Graph {
        flows: &[FlowGraph {
            name: "run",
            nodes: &[Node::Step {
                name: "first",
                at: std::panic::Location::caller(),
            }],
        }],
    };

    impl<const CASE: u8> WorkflowInfo for ByHand<CASE> {
        const NAME: &'static str = "by hand";
    }

    impl<const CASE: u8> Workflow for ByHand<CASE> {
        type Steps = Handle;
        type Input = u32;
        type Output = u32;

        fn define(definition: &mut Definition<Self>) {
            for name in ["first", "second"] {
                definition.step(
                    Step::new(name),
                    (param("page", codec::<u32>()),),
                    plain(codec()),
                    |_, _, (page,)| Box::pin(async move { page }),
                );
            }
            let params = (param("page", codec::<u32>()),);
            if CASE == CHAIN {
                return definition.chain(params, ["first"]);
            }
            definition.flow(
                FlowSpec::new("run").timeout(Duration::from_secs(1)),
                params,
                fallible::<Result<u32>, _>(codec()),
                |_, (page,)| Box::pin(async move { Ok(page) }),
            );
            if CASE == DRAWN {
                definition.graph(&GRAPH);
            }
        }
    }

    fn warnings<const CASE: u8>() -> Vec<String> {
        let registered = Registered::new(ByHand::<CASE>);
        registered.expect("it fits together").warnings()
    }

    #[test]
    fn a_step_that_is_in_no_chain() {
        let uncalled = "no flow calls the step `second`; call it where it belongs, or remove it";
        assert_eq!(warnings::<CHAIN>(), [uncalled]);
        assert_eq!(warnings::<DRAWN>()[0], uncalled);
    }

    #[test]
    fn of_a_flow_without_a_graph_only_its_options_are_known() {
        let timeout = "flow `run`: `timeout` has no effect on the flow that a run begins with";
        assert_eq!(warnings::<BODY>(), [timeout]);
    }

    #[test]
    fn a_retry_whose_wait_cannot_grow() {
        let secs = Duration::from_secs;
        for (retry, found) in [
            (Retry::new(1).factor(3.0), "`factor`"),
            (Retry::new(1).max_delay(secs(9)), "`max_delay`"),
            (Retry::new(3).factor(1.0).max_delay(secs(9)), "`max_delay`"),
            (Retry::new(3).backoff(secs(60)), "no wait is longer"),
        ] {
            let warnings = without_effect(&retry);
            assert_eq!(warnings.len(), 1, "{retry:?}: {warnings:?}");
            assert!(warnings[0].starts_with(found), "{retry:?}: {warnings:?}");
        }
        for retry in [
            Retry::new(1),
            Retry::new(1).max_delay(Duration::from_millis(100)),
            Retry::new(1).backoff(secs(60)).max_delay(secs(120)),
            Retry::new(3).factor(3.0).max_delay(secs(9)),
        ] {
            assert_eq!(without_effect(&retry), Vec::<&str>::new(), "{retry:?}");
        }
    }

    #[test]
    fn a_key_that_holds_a_part_twice() {
        let of = |text: &str| key(&Cache::new().key(text));
        assert!(of("topic, page, topic").is_some_and(|text| text.contains("twice")));
        assert!(of("topic.title, topic").is_some_and(|text| text.starts_with("`topic.title`")));
        assert_eq!(of("topic.title, topic.titles, page"), None);
        assert_eq!(key(&Cache::new()), None);
    }
}
