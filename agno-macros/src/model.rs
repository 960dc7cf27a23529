//! What the macros know about a workflow, with the tokens that said so. Nothing is emitted here.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, FnArg, GenericArgument, ItemFn, Lifetime, Macro, Member, Path, PathArguments,
    Signature, Type, Visibility,
};

use crate::parse::methods::is_borrowed_flow;
use crate::parse::options::Set;

/// `#[workflow] struct ..`
pub(crate) struct Declaration {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) version: u32,
    pub(crate) rerun_on_drift: bool,
    pub(crate) krate: Option<Path>,
    /// Of a struct whose fields are steps.
    pub(crate) state: Option<Type>,
    pub(crate) steps: Vec<FieldStep>,
    /// Every field, steps too.
    pub(crate) fields: Vec<PlainField>,
}

/// A field, whatever it is.
pub(crate) struct PlainField {
    pub(crate) member: Member,
    pub(crate) name: String,
    pub(crate) conditions: Vec<Attribute>,
}

/// `#[step] writer: Agent`
pub(crate) struct FieldStep {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// `Self` replaced.
    pub(crate) ty: Type,
    /// The path of `#[step]`, as written.
    pub(crate) marker: Path,
    /// Its name in the journal.
    pub(crate) name: String,
    /// The token that gave the name.
    pub(crate) name_span: Span,
    pub(crate) options: StepOptions,
    pub(crate) template: Option<Template>,
}

/// `input = "{input}\n\n{previous}"`
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

pub(crate) enum Piece {
    Text(String),
    Input,
    Previous,
    /// By the step's name in the journal.
    Output(String),
}

/// `#[workflow] impl ..`
pub(crate) struct Workflow {
    /// The type as written in the impl's head.
    pub(crate) self_ty: Type,
    /// Its last segment.
    pub(crate) ident: Ident,
    pub(crate) state: Option<Type>,
    /// Whether an option of the block could not be read. It may have been meant to be the state.
    pub(crate) is_state_unclear: bool,
    pub(crate) krate: Option<Path>,
    pub(crate) steps: Vec<Step>,
    pub(crate) flows: Vec<Flow>,
    /// Methods that are neither: a flow that calls one has a forgotten `#[step]`.
    pub(crate) unmarked: Vec<Method>,
    /// Functions without a receiver that are neither: one that takes the flow has a forgotten `#[flow]`.
    pub(crate) functions: Vec<Method>,
    pub(crate) names: Names,
}

/// Where the methods stand. A flow's readers ask at every call, and to compare identifiers is slow: each comparison
/// writes both of them down.
pub(crate) struct Names {
    steps: HashMap<String, usize>,
    subflows: HashMap<String, usize>,
    unmarked: HashMap<String, usize>,
}

impl Names {
    pub(crate) fn new(steps: &[Step], flows: &[Flow], unmarked: &[Method]) -> Self {
        let subflows = flows.get(1..).unwrap_or_default();
        Self {
            steps: places(steps.iter().map(|step| &step.method)),
            subflows: places(subflows.iter().map(|flow| &flow.method)),
            unmarked: places(unmarked.iter()),
        }
    }
}

/// The first of each name.
fn places<'a>(methods: impl Iterator<Item = &'a Method>) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, method) in methods.enumerate() {
        places.entry(method.sig.ident.to_string()).or_insert(place);
    }
    places
}

impl Workflow {
    /// The entry flow; without one the steps run in their order.
    pub(crate) fn entry(&self) -> Option<&Flow> {
        self.flows.first()
    }

    /// The flow whose body this is.
    pub(crate) fn flow_of(&self, body: usize) -> Option<&Flow> {
        self.flows
            .iter()
            .find(|flow| flow.method.body == Some(body))
    }

    pub(crate) fn is_entry(&self, ident: &Ident) -> bool {
        self.entry()
            .is_some_and(|flow| flow.method.sig.ident == *ident)
    }

    pub(crate) fn subflows(&self) -> &[Flow] {
        self.flows.get(1..).unwrap_or_default()
    }

    pub(crate) fn step(&self, ident: &Ident) -> Option<&Step> {
        let place = self.names.steps.get(&ident.to_string())?;
        self.steps.get(*place)
    }

    pub(crate) fn has_step(&self, name: &str) -> bool {
        self.names.steps.contains_key(name)
    }

    pub(crate) fn unmarked(&self, ident: &Ident) -> bool {
        self.names.unmarked.contains_key(&ident.to_string())
    }

    /// The function of this name that takes the flow, and is none.
    pub(crate) fn helper(&self, ident: &Ident) -> Option<&Method> {
        let mut functions = self.functions.iter();
        functions.find(|function| function.sig.ident == *ident && function.takes_flow())
    }

    /// Whether it is such a method, and `async`.
    pub(crate) fn is_unmarked_async(&self, ident: &Ident) -> bool {
        let mut unmarked = self.unmarked.iter().map(|method| &method.sig);
        unmarked.any(|sig| sig.ident == *ident && sig.asyncness.is_some())
    }

    /// Whether the type of an input, an output or the state is called so, or has a part that is.
    pub(crate) fn names_type(&self, name: &str) -> bool {
        let steps = self.steps.iter().map(|step| &step.method);
        let mut methods = steps.chain(self.flows.iter().map(|flow| &flow.method));
        let in_state = self.state.as_ref().is_some_and(|ty| mentions(ty, name));
        in_state
            || methods.any(|method| {
                let inputs = method.inputs().any(|param| mentions(&param.ty, name));
                inputs
                    || method
                        .output
                        .whole
                        .as_ref()
                        .is_some_and(|ty| mentions(ty, name))
            })
    }

    pub(crate) fn subflow(&self, ident: &Ident) -> Option<&Flow> {
        let place = self.names.subflows.get(&ident.to_string())?;
        self.subflows().get(*place)
    }
}

/// What steps and flows have in common.
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    /// The first paragraph of its documentation.
    pub(crate) summary: String,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The path of `#[step]` or `#[flow]`, as written.
    pub(crate) marker: Option<Path>,
    /// Receiver and, for a flow, the flow itself left out.
    pub(crate) params: Vec<Param>,
    pub(crate) output: Output,
    /// Which of the impl's bodies is its own.
    pub(crate) body: Option<usize>,
}

impl Method {
    pub(crate) fn span(&self) -> Span {
        self.sig.ident.span()
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Param> {
        self.params
            .iter()
            .filter(|param| param.kind == ParamKind::Input)
    }

    pub(crate) fn input_names(&self) -> Vec<&str> {
        self.inputs().map(|param| param.name.as_str()).collect()
    }

    pub(crate) fn state(&self) -> Option<&Param> {
        self.params
            .iter()
            .find(|param| param.kind == ParamKind::State)
    }

    /// Whether it begins with `flow: &Flow<Self>`, as a flow does.
    pub(crate) fn takes_flow(&self) -> bool {
        matches!(self.sig.inputs.first(), Some(FnArg::Typed(first)) if is_borrowed_flow(&first.ty))
    }

    pub(crate) fn takes_context(&self) -> bool {
        self.params
            .iter()
            .any(|param| param.kind == ParamKind::Context)
    }
}

pub(crate) struct Step {
    pub(crate) method: Method,
    /// Its name in the journal.
    pub(crate) name: String,
    /// The token that gave the name.
    pub(crate) name_span: Span,
    pub(crate) options: StepOptions,
}

pub(crate) struct Flow {
    pub(crate) method: Method,
    /// The first parameter, `flow`.
    pub(crate) flow: Option<Ident>,
    /// What else its body calls that.
    pub(crate) aliases: Vec<Ident>,
    pub(crate) options: FlowOptions,
    /// Its body, parsed; nothing when it is half typed.
    pub(crate) source: Option<ItemFn>,
    /// Its body without `#[allow_in_flow]`, when there is one.
    pub(crate) stripped: Option<Stripped>,
}

/// A body whose statements carried `#[allow_in_flow]`.
pub(crate) struct Stripped {
    pub(crate) body: TokenStream,
    /// The path of the first, as written.
    pub(crate) marker: Option<Path>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ParamKind {
    /// Owned: journaled, with a schema.
    Input,
    /// `&mut S`
    State,
    /// `&StepContext`
    Context,
}

pub(crate) struct Param {
    /// Nothing for a pattern, which is an error.
    pub(crate) ident: Option<Ident>,
    /// The name in the journal: the identifier without `r#`.
    pub(crate) name: String,
    pub(crate) kind: ParamKind,
    /// The type behind the reference, `Self` replaced.
    pub(crate) ty: Type,
    /// As written.
    pub(crate) written: syn::PatType,
}

/// What a step or flow returns.
pub(crate) struct Output {
    /// The return type, `Self` replaced; nothing when there is none.
    pub(crate) whole: Option<Type>,
    /// The value of success.
    pub(crate) value: Type,
    pub(crate) fallible: bool,
}

#[derive(Default)]
pub(crate) struct StepOptions {
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Set<u64>>,
    pub(crate) cache: Option<Cache>,
    pub(crate) confirm: Option<Gate>,
    pub(crate) on_error: Option<Set<&'static str>>,
    pub(crate) at_most_once: Option<Span>,
    pub(crate) history: Option<Set<u32>>,
    pub(crate) version: Option<Set<u32>>,
}

impl StepOptions {
    pub(crate) fn on_error(&self) -> Option<&'static str> {
        self.on_error.as_ref().map(|set| set.value)
    }

    pub(crate) fn on_reject(&self) -> Option<&'static str> {
        let gate = self.confirm.as_ref()?;
        gate.on_reject.as_ref().map(|set| set.value)
    }

    /// What makes the run wait for a person, in words that follow the step's name.
    pub(crate) fn waits(&self) -> Option<&'static str> {
        if self.confirm.is_some() {
            Some("waits for a person")
        } else if self.on_error() == Some("pause") {
            Some("waits for a person when it fails")
        } else {
            None
        }
    }
}

/// `confirm(message = "..", ..)`: a person says yes before the step runs.
pub(crate) struct Gate {
    /// Nothing when it is missing, which is an error.
    pub(crate) message: Option<Set<String>>,
    pub(crate) timeout: Option<Set<u64>>,
    pub(crate) on_timeout: Option<Set<&'static str>>,
    pub(crate) on_reject: Option<Set<&'static str>>,
}

#[derive(Default)]
pub(crate) struct FlowOptions {
    pub(crate) timeout: Option<Set<u64>>,
    pub(crate) cache: Option<Cache>,
}

pub(crate) struct Retry {
    pub(crate) max: Option<Set<u32>>,
    pub(crate) backoff: Option<Set<u64>>,
    pub(crate) factor: Option<Set<f64>>,
    pub(crate) max_delay: Option<Set<u64>>,
    pub(crate) jitter: Option<bool>,
}

pub(crate) struct Cache {
    pub(crate) span: Span,
    pub(crate) ttl: Option<Set<u64>>,
    pub(crate) key: Option<Set<String>>,
    pub(crate) scope: Option<Set<&'static str>>,
    pub(crate) tags: Option<Set<String>>,
    pub(crate) stale_while_revalidate: Option<Set<u64>>,
    pub(crate) stale_if_error: Option<Set<u64>>,
    pub(crate) jitter: Option<Set<bool>>,
}

/// A text of a type, for comparisons.
pub(crate) fn type_key(ty: &Type, conditions: &[Attribute]) -> String {
    let mut key = String::new();
    if !write_plain(ty, &mut key) {
        key = ty.to_token_stream().to_string();
    }
    for condition in conditions {
        key.push_str(&condition.to_token_stream().to_string());
    }
    key
}

/// Writes a path of names and types, as most types are: to make tokens of it again and print them takes longer. Whether
/// it is one.
fn write_plain(ty: &Type, key: &mut String) -> bool {
    let Type::Path(ty) = ty else {
        return false;
    };
    for (index, segment) in ty.path.segments.iter().enumerate() {
        if index > 0 || ty.path.leading_colon.is_some() {
            key.push_str("::");
        }
        key.push_str(&segment.ident.to_string());
        match &segment.arguments {
            PathArguments::None => {}
            PathArguments::AngleBracketed(list) => {
                key.push('<');
                for argument in &list.args {
                    let is_plain =
                        matches!(argument, GenericArgument::Type(ty) if write_plain(ty, key));
                    if !is_plain {
                        return false;
                    }
                    key.push(',');
                }
                key.push('>');
            }
            PathArguments::Parenthesized(_) => return false,
        }
    }
    ty.qself.is_none()
}

/// Whether a type has this name in it.
pub(crate) fn mentions(ty: &Type, name: &str) -> bool {
    let mut mention = Mention { name, found: false };
    mention.visit_type(ty);
    mention.found
}

struct Mention<'a> {
    name: &'a str,
    found: bool,
}

impl Mention<'_> {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.found |= ident == self.name,
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Mention<'_> {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.found |= ident == self.name;
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        match ty {
            Type::Verbatim(tokens) => self.tokens(tokens.clone()),
            other => visit::visit_type(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Verbatim(tokens) => self.tokens(tokens.clone()),
            other => visit::visit_expr(self, other),
        }
    }
}

/// Whether the type could be stored, as far as its tokens tell.
pub(crate) fn is_storable(ty: &Type) -> bool {
    !matches!(ty, Type::ImplTrait(_)) && borrow(ty).is_none()
}

/// Where a type borrows.
pub(crate) fn borrow(ty: &Type) -> Option<Span> {
    let mut borrowed = Borrowed(None);
    borrowed.visit_type(ty);
    borrowed.0
}

/// The first borrow inside a type.
struct Borrowed(Option<Span>);

impl<'ast> Visit<'ast> for Borrowed {
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" && self.0.is_none() {
            self.0 = Some(lifetime.span());
        }
    }

    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        let lasting = reference
            .lifetime
            .as_ref()
            .is_some_and(|lifetime| lifetime.ident == "static");
        if !lasting && self.0.is_none() {
            self.0 = Some(reference.and_token.span());
        }
        visit::visit_type_reference(self, reference);
    }

    // The lifetimes of a function or trait object are not borrows of the value.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
}
