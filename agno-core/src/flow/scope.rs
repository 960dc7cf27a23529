//! Where a call stands: scope path, name, ordinal of that name, and position.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The scopes that a flow is in. The bottom one is the flow's own; `map` puts one on top for each
/// item while it asks its closure.
#[derive(Debug)]
pub(crate) struct Scopes(Mutex<Stack>);

#[derive(Debug)]
struct Stack {
    scopes: Vec<Scope>,
    /// Where paths are put together, kept so that a path costs one allocation.
    text: String,
}

#[derive(Debug)]
struct Scope {
    prefix: Arc<str>,
    position: u32,
    ordinals: Vec<(&'static str, u32)>,
}

/// A path with the scope it stands in.
pub(crate) struct Claimed {
    pub(crate) path: Arc<str>,
    pub(crate) scope: Arc<str>,
    pub(crate) position: u32,
}

impl Scope {
    fn new(prefix: Arc<str>) -> Self {
        Self {
            prefix,
            position: 0,
            ordinals: Vec::new(),
        }
    }
}

impl Scopes {
    pub(crate) fn new(prefix: Arc<str>) -> Self {
        Self(Mutex::new(Stack {
            scopes: vec![Scope::new(prefix)],
            text: String::new(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Stack> {
        // A panic between the two lines that change a scope cannot leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next path of this name.
    pub(crate) fn claim(&self, name: &'static str) -> Claimed {
        let Stack { scopes, text } = &mut *self.lock();
        let scope = scopes
            .last_mut()
            .expect("a flow is always in its own scope");
        let position = scope.position;
        scope.position += 1;
        let ordinal = match scope.ordinals.iter_mut().find(|(known, _)| *known == name) {
            Some((_, next)) => {
                *next += 1;
                *next - 1
            }
            None => {
                scope.ordinals.push((name, 1));
                0
            }
        };
        Claimed {
            path: join(text, &scope.prefix, name, ordinal),
            scope: scope.prefix.clone(),
            position,
        }
    }

    /// The scope that a call would stand in.
    pub(crate) fn current(&self) -> Arc<str> {
        let stack = self.lock();
        let scope = stack.scopes.last();
        scope.map_or_else(|| Arc::from(""), |scope| scope.prefix.clone())
    }

    /// Puts a scope on top until the answer is dropped.
    pub(crate) fn enter(&self, prefix: Arc<str>) -> Entered<'_> {
        self.lock().scopes.push(Scope::new(prefix));
        Entered(self)
    }
}

fn join(text: &mut String, prefix: &str, name: &str, ordinal: u32) -> Arc<str> {
    use std::fmt::Write;
    text.clear();
    // Writing to a `String` does not fail.
    let _ = write!(text, "{prefix}{name}#{ordinal}");
    Arc::from(text.as_str())
}

/// The scope on top, for as long as this lives.
pub(crate) struct Entered<'a>(&'a Scopes);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.lock().scopes.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_count_by_name_and_positions_by_call() {
        let scopes = Scopes::new(Arc::from(""));
        let calls: Vec<_> = ["a", "b", "a"].map(|name| scopes.claim(name)).into();
        let paths: Vec<_> = calls
            .iter()
            .map(|call| (&*call.path, call.position))
            .collect();
        assert_eq!(paths, [("a#0", 0), ("b#0", 1), ("a#1", 2)]);
    }

    #[test]
    fn an_item_of_a_map_has_a_scope_of_its_own() {
        let scopes = Scopes::new(Arc::from(""));
        let map = scopes.claim("map");
        let inner = {
            let _scope = scopes.enter(Arc::from(format!("{}[3]/", map.path)));
            scopes.claim("read")
        };
        assert_eq!(&*inner.path, "map#0[3]/read#0");
        assert_eq!(&*scopes.claim("read").path, "read#0");
    }
}
