//! Steps that are fields: what they do is the field's own business.

use std::any::Any;

use super::{Definition, Step, StepEntry, Workflow};
use crate::{
    error::{Error, Result, code},
    execute::{AnyState, Execute, Settings, StateType, WrongState},
    value::{Returns, codec, param},
};

/// The executable of a step, found in its workflow.
pub(crate) type Executable =
    Box<dyn for<'w> Fn(&'w (dyn Any + Send + Sync)) -> Option<&'w dyn Settings> + Send + Sync>;

/// The name under which a step that is a field takes its input.
const INPUT: &str = "input";

impl<W: Workflow> Definition<W> {
    pub(super) fn add_executable<T: Execute>(
        &mut self,
        step: Step,
        field: fn(&W) -> &T,
        returns: Returns<Result<T::Output>, T::Output>,
    ) {
        let is_cached = step.options.cache.is_some();
        let state = self.state_access.clone();
        self.add_step(
            step,
            (param(INPUT, codec::<T::Input>()),),
            returns,
            move |workflow, call, (input,)| {
                let state = state.clone();
                Box::pin(async move {
                    let executable = field(workflow);
                    match state.get().filter(|_| !is_cached) {
                        Some(access) => {
                            let mut state = access(&mut call.state);
                            let state: &mut dyn AnyState = &mut *state;
                            executable.execute(input, &call.context, Some(state)).await
                        }
                        None => executable.execute(input, &call.context, None).await,
                    }
                })
            },
        );
        if let Some(entry) = self.steps.last_mut() {
            entry.executable = Some(Box::new(move |workflow| {
                let workflow = workflow.downcast_ref::<W>()?;
                Some(field(workflow))
            }));
        }
    }
}

/// Whether everything in the workflow that changes a state changes the declared one, and no step
/// that does is cached.
pub(crate) fn check_states<W: Workflow>(
    workflow: &W,
    steps: &[StepEntry],
    declared: Option<StateType>,
) -> Result<()> {
    let mut found = Ok(());
    let mut check = |field: &'static str, settings: &dyn Settings| {
        let wrong = |wants: &StateType| Some(*wants) != declared;
        if let (Ok(()), Some(wants)) = (&found, settings.states().into_iter().find(wrong)) {
            found = Err(WrongState {
                workflow: W::NAME,
                field,
                wants,
                declared,
            });
        }
    };
    workflow.visit_settings(&mut check);
    let executables = || {
        steps.iter().filter_map(|entry| {
            let find = entry.executable.as_ref()?;
            Some((&entry.step, find(workflow)?))
        })
    };
    // A workflow that is declared by hand need not show its fields; then the step has the name.
    for (step, settings) in executables() {
        check(step.name, settings);
    }
    found.map_err(|wrong| Error::wrap(code::MISUSE, wrong).permanent())?;
    for (step, settings) in executables() {
        if step.options.cache.is_some()
            && let Some(changes) = settings.states().first()
        {
            return Err(super::misuse(format!(
                "the step `{}` of `{}` is cached and changes the state `{}`, which a cached result \
                 would skip: remove `cache`, or the tools that take the state",
                step.name,
                W::NAME,
                changes.name
            )));
        }
    }
    Ok(())
}
