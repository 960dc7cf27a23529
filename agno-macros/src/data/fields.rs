//! The types of the fields of a `#[data]` type, as far as they have to be asked for.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Fields, GenericArgument, Meta, PathArguments, Type};

/// A type that the derives cannot be sure of.
pub(super) struct Need {
    pub(super) ty: Type,
    /// The token of the user's that says it best.
    pub(super) span: Span,
    /// The trait whose words fit, see `agno-core/src/data.rs`.
    pub(super) asked: &'static str,
}

impl Need {
    /// Whether it is saved as well, and not only copied and printed.
    pub(super) fn is_saved(&self) -> bool {
        self.asked != "Kept"
    }
}

/// What is everywhere what it is in the standard library. Who has an own type of such a name is told what the derives
/// say.
const KNOWN: [&str; 21] = [
    "bool",
    "char",
    "f32",
    "f64",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "str",
    "String",
    "PathBuf",
    "Duration",
    "SystemTime",
];

/// What can be saved if its arguments can.
const CONTAINERS: [&str; 11] = [
    "Vec",
    "VecDeque",
    "LinkedList",
    "Option",
    "Box",
    "Rc",
    "Arc",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
];

/// Each type once, in the order of the source.
pub(super) fn needs(item: &DeriveInput) -> Vec<Need> {
    let mut reader = Reader {
        item,
        saved: true,
        needs: Vec::new(),
    };
    match &item.data {
        Data::Struct(data) => reader.fields(&data.fields, true),
        Data::Enum(data) => {
            for variant in &data.variants {
                reader.fields(&variant.fields, !is_special(&variant.attrs));
            }
        }
        Data::Union(_) => {}
    }
    reader.needs
}

struct Reader<'a> {
    item: &'a DeriveInput,
    saved: bool,
    needs: Vec<Need>,
}

impl Reader<'_> {
    fn fields(&mut self, fields: &Fields, saved: bool) {
        for field in fields {
            self.saved = saved && !is_special(&field.attrs);
            self.read(&field.ty, None);
        }
    }

    /// `key` names the trait of a map's key.
    fn read(&mut self, ty: &Type, key: Option<&'static str>) {
        match ty {
            Type::Group(group) => self.read(&group.elem, key),
            Type::Paren(paren) => self.read(&paren.elem, key),
            Type::Array(array) => self.read(&array.elem, key),
            Type::Slice(slice) => self.read(&slice.elem, key),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.read(elem, key)),
            Type::TraitObject(object) => {
                let span = object.dyn_token.map(|token| token.span);
                let span = span.unwrap_or_else(Span::call_site);
                self.need(ty, span, asked_of(&object.bounds.to_token_stream()));
            }
            Type::FnPtr(function) => self.need(ty, function.fn_token.span, "Concrete"),
            Type::Path(path) if path.qself.is_none() => {
                let Some(segment) = path.path.segments.last() else {
                    return;
                };
                let name = segment.ident.to_string();
                let name = name.as_str();
                let types = arguments(&segment.arguments);
                let is_bare = path.path.segments.len() == 1
                    || path.path.segments.first().is_some_and(|first| {
                        ["std", "core", "alloc"]
                            .iter()
                            .any(|root| first.ident == root)
                    });
                if is_bare && KNOWN.contains(&name) && segment.arguments.is_none() {
                    return;
                }
                if is_bare && name == "PhantomData" {
                    return;
                }
                if is_bare && CONTAINERS.contains(&name)
                    && let Some(types) = &types
                    && types.len() == if name.ends_with("Map") { 2 } else { 1 }
                    // What is behind a trait object is not asked for apart: the whole may know how to be saved.
                    && !types.iter().any(|ty| matches!(ty, Type::TraitObject(_)))
                {
                    let by = match name {
                        "HashMap" | "HashSet" => Some("HashKey"),
                        "BTreeMap" | "BTreeSet" => Some("OrderedKey"),
                        _ => None,
                    };
                    for (index, ty) in types.iter().enumerate() {
                        self.read(ty, by.filter(|_| index == 0).or(key));
                    }
                    return;
                }
                let is_itself = path.path.is_ident(&self.item.ident) || path.path.is_ident("Self");
                if is_itself && key.is_none() {
                    return;
                }
                let object = types.as_deref().and_then(|types| match types {
                    [Type::TraitObject(object)] => Some(object),
                    _ => None,
                });
                let asked = match object {
                    Some(object) => asked_of(&object.bounds.to_token_stream()),
                    None => key.unwrap_or_else(|| asked(name)),
                };
                self.need(ty, segment.ident.span(), asked);
            }
            _ => {}
        }
    }

    fn need(&mut self, ty: &Type, span: Span, asked: &'static str) {
        let asked = if self.saved { asked } else { "Kept" };
        let is_key = |asked: &str| asked.ends_with("Key");
        let text = ty.to_token_stream().to_string();
        let same = self.needs.iter_mut().find(|need| {
            let other_key = is_key(need.asked) && is_key(asked) && need.asked != asked;
            need.ty.to_token_stream().to_string() == text && !other_key
        });
        match same {
            // A key is asked for everything that a value is.
            Some(need) if need.asked == "Kept" || is_key(asked) => need.asked = asked,
            Some(_) => {}
            None => self.needs.push(Need {
                ty: ty.clone(),
                span,
                asked,
            }),
        }
    }
}

fn arguments(arguments: &PathArguments) -> Option<Vec<Type>> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    types.collect()
}

/// The trait whose words fit a type of this name, should it not be what is asked for.
fn asked(name: &str) -> &'static str {
    match name {
        "Instant" => "Moment",
        "Mutex" | "RwLock" | "RefCell" | "Cell" | "OnceCell" | "OnceLock" | "LazyLock"
        | "LazyCell" | "UnsafeCell" | "Condvar" | "Semaphore" | "Notify" => "Unlocked",
        "File" | "Client" | "TcpStream" | "TcpListener" | "UdpSocket" | "UnixStream" | "Child"
        | "Command" | "Sender" | "Receiver" | "UnboundedSender" | "UnboundedReceiver"
        | "JoinHandle" | "Pool" | "Connection" | "Response" => "Closed",
        "Error" => "Told",
        _ => "DataField",
    }
}

/// The same of a trait object.
fn asked_of(bounds: &TokenStream) -> &'static str {
    let is_error = bounds
        .clone()
        .into_iter()
        .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "Error"));
    if is_error { "Told" } else { "Concrete" }
}

/// Whether the derives write or read it in another way than by its type.
pub(super) fn is_special(attrs: &[Attribute]) -> bool {
    const WAYS: [&str; 10] = [
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "with",
        "serialize_with",
        "deserialize_with",
        "schema_with",
        "bound",
        "getter",
        "other",
    ];
    says(attrs, &["serde", "schemars"], &WAYS)
}

/// Whether `#[serde(..)]`, or another of these attributes, has one of the words at its top.
pub(super) fn says(attrs: &[Attribute], owners: &[&str], words: &[&str]) -> bool {
    attrs
        .iter()
        .filter(|attr| owners.iter().any(|owner| attr.path().is_ident(owner)))
        .any(|attr| {
            match &attr.meta {
            Meta::List(list) => list.tokens.clone().into_iter().any(|token| {
                matches!(token, TokenTree::Ident(ident) if words.iter().any(|word| ident == word))
            }),
            _ => false,
        }
        })
}

/// The tokens with another name for `Self`.
pub(super) fn without_self(tokens: TokenStream, name: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut name = name.clone();
                name.set_span(ident.span());
                TokenTree::Ident(name)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_self(group.stream(), name));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}
