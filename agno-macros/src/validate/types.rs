//! Types that look right and are not: what cannot cross threads, what a copy of is useless, what belongs elsewhere.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{
    FnArg, GenericArgument, PathArguments, PathSegment, Type, TypeParamBound, TypeReference,
};

use crate::diag::Diagnostics;
use crate::parse::options::plain_text;

/// The last segment of a path, without its reference.
fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Reference(reference) => last(&reference.elem),
        _ => None,
    }
}

/// `Flow<Self>`, also behind a reference
pub(super) fn is_flow(ty: &Type) -> bool {
    last(ty).is_some_and(|last| last.ident == "Flow")
}

/// `&Flow`, which does not say whose.
pub(crate) fn flow_of_nobody(first: &FnArg) -> Option<&Ident> {
    let FnArg::Typed(first) = first else {
        return None;
    };
    let flow = last(&first.ty).filter(|_| is_flow(&first.ty))?;
    flow.arguments.is_none().then_some(&flow.ident)
}

/// `StepContext`, also behind a reference
pub(super) fn is_context(ty: &Type) -> bool {
    last(ty).is_some_and(|last| last.ident == "StepContext")
}

pub(crate) fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    let arguments = arguments.into_iter().flatten();
    arguments.filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The `W` of a flow's first parameter `&Flow<W>`, where it has another name than its own.
pub(crate) fn foreign<'m>(first: &'m FnArg, own: &Ident) -> Option<&'m Type> {
    let FnArg::Typed(first) = first else {
        return None;
    };
    let workflow = arguments(last(&first.ty)?).next()?;
    let is_own = last(workflow).is_some_and(|last| last.ident == "Self" || last.ident == *own);
    (!is_own && is_flow(&first.ty)).then_some(workflow)
}

/// The `T` of a `Result<T, ..>`.
pub(super) fn value_of_result(output: &Type) -> Option<&Type> {
    let result = last(output).filter(|result| result.ident == "Result")?;
    arguments(result).next()
}

/// A `&'static` in what is saved: it can be written, and not read back.
pub(super) fn lasting(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => {
            let lifetime = reference.lifetime.as_ref();
            lifetime
                .is_some_and(|lifetime| lifetime.ident == "static")
                .then_some(reference)
        }
        Type::Tuple(tuple) => tuple.elems.iter().find_map(lasting),
        Type::Array(array) => lasting(&array.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            // The error of a `Result` may well be a text.
            let most = if last.ident == "Result" {
                1
            } else {
                usize::MAX
            };
            let is_plain = HOLDERS.iter().any(|holder| last.ident == holder);
            is_plain.then(|| arguments(last).take(most).find_map(lasting))?
        }
        _ => None,
    }
}

/// What is saved by its parts.
const HOLDERS: [&str; 9] = [
    "Result", "Option", "Box", "Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet",
];

/// The `Box<dyn Error>` of a result that has to be `Box<dyn Error + Send + Sync>`.
pub(crate) fn unsendable_error(output: &Type) -> Option<&Type> {
    let result = last(output).filter(|result| result.ident == "Result")?;
    let error = arguments(result).nth(1)?;
    let boxed = last(error).filter(|boxed| boxed.ident == "Box")?;
    let Some(Type::TraitObject(object)) = arguments(boxed).next() else {
        return None;
    };
    let holds = |name: &str| {
        object.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == name),
            _ => false,
        })
    };
    (holds("Error") && !(holds("Send") && holds("Sync"))).then_some(error)
}

/// The error of `anyhow::Result<..>`, or the text in `Result<.., String>`: what no error of ours turns into.
pub(crate) fn foreign_error(output: &Type) -> Option<String> {
    let result = last(output).filter(|result| result.ident == "Result")?;
    let Some(error) = arguments(result).nth(1) else {
        return is_of_anyhow(output, "Result").then(|| "anyhow::Error".to_owned());
    };
    let is_text = last(error).is_some_and(|last| last.ident == "String" || last.ident == "str");
    (is_text || is_of_anyhow(error, "Error")).then(|| plain_text(error))
}

fn is_of_anyhow(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let mut segments = path.path.segments.iter().map(|segment| &segment.ident);
    segments.next().is_some_and(|first| first == "anyhow")
        && segments.next().is_some_and(|last| last == name)
        && segments.next().is_none()
}

pub(super) fn check_error(output: &Type, diag: &Diagnostics) {
    if let Some(error) = unsendable_error(output) {
        let value = last(output).and_then(|result| arguments(result).next());
        let value = value.map_or_else(|| "()".to_owned(), plain_text);
        diag.over(
            error,
            format!(
                "an error crosses threads; write `agno::Result<{value}>`, which takes any error by `?`, or `Box<dyn std::error::Error + Send + Sync>`"
            ),
        );
    }
}

/// What is changed through a shared reference: a copy of it is another one.
const SHARED: [&str; 3] = ["Mutex", "RwLock", "RefCell"];

/// `Arc<Mutex<..>>`, `RefCell<..>`, `Option<Rc<RefCell<..>>>`: the type of what is shared, with its pointer.
pub(super) fn shared(ty: &Type) -> Option<&Type> {
    let mut found = Shared(None);
    found.visit_type(ty);
    found.0
}

struct Shared<'ast>(Option<&'ast Type>);

impl<'ast> Visit<'ast> for Shared<'ast> {
    fn visit_type(&mut self, ty: &'ast Type) {
        let is_lock = |ty: &Type| {
            last(ty).is_some_and(|last| {
                SHARED.iter().any(|shared| last.ident == shared) && arguments(last).next().is_some()
            })
        };
        let points_to_lock = last(ty).is_some_and(|pointer| {
            (pointer.ident == "Arc" || pointer.ident == "Rc")
                && arguments(pointer).next().is_some_and(is_lock)
        });
        if self.0.is_none() && (is_lock(ty) || points_to_lock) {
            self.0 = Some(ty);
        }
        visit::visit_type(self, ty);
    }
}
