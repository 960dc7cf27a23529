//! Tokens chosen by bytes: mostly what a user might write, with anything in between.

use arbitrary::Unstructured;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

use crate::vocabulary;

/// Deeper than this there are leaves only.
const DEEPEST: usize = 12;

pub(crate) struct Grammar<'b> {
    bytes: Unstructured<'b>,
    phrases: Vec<String>,
    depth: usize,
}

impl<'b> Grammar<'b> {
    pub(crate) fn new(bytes: Unstructured<'b>) -> Self {
        Self {
            bytes,
            phrases: vocabulary::phrases(),
            depth: 0,
        }
    }

    /// A number below `end`; zero when the bytes are used up.
    fn below(&mut self, end: usize) -> usize {
        self.bytes.choose_index(end).unwrap_or(0)
    }

    fn is(&mut self, one_in: usize) -> bool {
        self.below(one_in) + 1 == one_in
    }

    fn ident(&mut self) -> TokenTree {
        let word = vocabulary::WORDS[self.below(vocabulary::WORDS.len())];
        TokenTree::Ident(match self.is(16) {
            true => Ident::new_raw(&format!("{word}x"), Span::call_site()),
            false => Ident::new(word, Span::call_site()),
        })
    }

    fn phrase(&mut self) -> TokenStream {
        let at = self.below(self.phrases.len());
        self.phrases[at].parse().unwrap_or_default()
    }

    fn literal(&mut self) -> Literal {
        match self.below(6) {
            0 => Literal::u64_unsuffixed(self.bytes.arbitrary().unwrap_or(3)),
            1 => Literal::f64_unsuffixed(f64::from(self.bytes.arbitrary::<u16>().unwrap_or(2))),
            2 => Literal::u8_suffixed(self.bytes.arbitrary().unwrap_or(1)),
            3 => Literal::byte_string(self.bytes.arbitrary().unwrap_or(b"a")),
            4 => Literal::character(self.bytes.arbitrary().unwrap_or('a')),
            _ => Literal::string(self.bytes.arbitrary().unwrap_or("20s")),
        }
    }

    /// Anything.
    pub(crate) fn tokens(&mut self) -> TokenStream {
        let mut tokens = TokenStream::new();
        while !self.bytes.is_empty() {
            match self.below(16) {
                0..=3 => tokens.extend([self.ident()]),
                4..=7 => tokens.extend(self.phrase()),
                8..=10 => {
                    let punct = b"=,;:.<>&#!?|-+*@$"[self.below(17)];
                    let spacing = [Spacing::Alone, Spacing::Joint][self.below(2)];
                    tokens.extend([TokenTree::Punct(Punct::new(char::from(punct), spacing))]);
                }
                11 => tokens.extend([TokenTree::Literal(self.literal())]),
                12 | 13 if self.depth < DEEPEST => {
                    let inner = self.deeper(Self::tokens, Self::ident_alone);
                    tokens.extend([self.group(inner)]);
                }
                14 => tokens.extend(self.expr()),
                _ => break,
            }
        }
        tokens
    }

    fn group(&mut self, inner: TokenStream) -> TokenTree {
        let delimiter = [
            Delimiter::Brace,
            Delimiter::Parenthesis,
            Delimiter::Bracket,
            Delimiter::None,
        ][self.below(4)];
        TokenTree::Group(Group::new(delimiter, inner))
    }

    fn ident_alone(&mut self) -> TokenStream {
        self.ident().into()
    }

    fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> TokenStream,
        leaf: impl FnOnce(&mut Self) -> TokenStream,
    ) -> TokenStream {
        if self.depth >= DEEPEST || self.bytes.is_empty() {
            return leaf(self);
        }
        self.depth += 1;
        let tokens = inner(self);
        self.depth -= 1;
        tokens
    }

    fn list(&mut self, most: usize, one: impl Fn(&mut Self) -> TokenStream) -> Vec<TokenStream> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    /// Between the parentheses of an attribute.
    pub(crate) fn options(&mut self) -> TokenStream {
        let options = self.list(5, |this| match this.below(8) {
            0 => this.tokens(),
            1 => {
                let (name, value) = (this.ident(), this.literal());
                quote!(#name = #value)
            }
            2 => {
                let (name, value) = (this.ident(), this.ty());
                quote!(#name = #value)
            }
            3 => {
                let name = this.ident();
                let inner = this.deeper(Self::options, Self::ident_alone);
                quote!(#name(#inner))
            }
            _ => this.phrase(),
        });
        quote!(#(#options),*)
    }

    /// A type.
    fn ty(&mut self) -> TokenStream {
        self.deeper(
            |this| match this.below(10) {
                0 => quote!(String),
                1 => {
                    let ty = this.ty();
                    quote!(Result<#ty>)
                }
                2 => {
                    let ty = this.ty();
                    quote!(&#ty)
                }
                3 => {
                    let ty = this.ty();
                    quote!(&mut #ty)
                }
                4 => quote!(&StepContext),
                5 => quote!(Self),
                6 => {
                    let types = this.list(3, Self::ty);
                    quote!((#(#types),*))
                }
                7 => {
                    let inner = this.ty();
                    let group = this.group(inner);
                    quote!(#group)
                }
                8 => this.tokens(),
                _ => this.ident_alone(),
            },
            Self::ident_alone,
        )
    }

    fn attribute(&mut self) -> TokenStream {
        match self.below(12) {
            0 => quote!(#[step]),
            1 => {
                let options = self.options();
                quote!(#[step(#options)])
            }
            2 => quote!(#[flow]),
            3 => {
                let options = self.options();
                quote!(#[agno::flow(#options)])
            }
            4 => quote!(#[cfg(feature = "x")]),
            5 => {
                let text = self.literal();
                quote!(#[doc = #text])
            }
            6 => {
                let tokens = self.tokens();
                quote!(#[#tokens])
            }
            7 => {
                let options = self.options();
                quote!(#[serde(#options)])
            }
            8 => {
                let rule = self.ident();
                quote!(#[merge(#rule)])
            }
            _ => TokenStream::new(),
        }
    }

    fn param(&mut self) -> TokenStream {
        match self.below(8) {
            0 => quote!(&self),
            1 => quote!(flow: &Flow<Self>),
            2 => quote!(context: &StepContext),
            3 => quote!(state: &mut Notes),
            4 => {
                let (attribute, ty) = (self.attribute(), self.ty());
                quote!(#attribute topic: #ty)
            }
            5 => self.tokens(),
            _ => {
                let (name, ty) = (self.ident(), self.ty());
                quote!(#name: #ty)
            }
        }
    }

    fn method(&mut self) -> TokenStream {
        let attributes = self.list(2, Self::attribute);
        let marker = [quote!(#[step]), quote!(#[flow]), quote!(), quote!(#[step])];
        let marker = &marker[self.below(4)];
        let is_async = (!self.is(4)).then(|| quote!(async));
        let name = self.ident();
        let receiver = [quote!(&self,), quote!(flow: &Flow<Self>,), quote!()];
        let receiver = &receiver[self.below(3)];
        let params = self.list(3, Self::param);
        let output = (!self.is(4)).then(|| {
            let ty = self.ty();
            quote!(-> #ty)
        });
        let body = self.block();
        quote!(#marker #(#attributes)* #is_async fn #name(#receiver #(#params),*) #output { #body })
    }

    /// A whole item, or what is none.
    pub(crate) fn item(&mut self) -> TokenStream {
        match self.below(8) {
            0..=3 => {
                let methods = self.list(6, Self::method);
                let other = if self.is(6) { self.tokens() } else { quote!() };
                quote!(impl Article { #(#methods)* #other })
            }
            4 | 5 => {
                let attribute = self.attribute();
                let fields = self.list(6, |this| {
                    let (attribute, name, ty) = (this.attribute(), this.ident(), this.ty());
                    match this.is(8) {
                        true => quote!(#attribute #ty),
                        false => quote!(#attribute #name: #ty),
                    }
                });
                match self.is(6) {
                    true => quote!(#attribute struct Article(#(#fields),*);),
                    false => quote!(#attribute struct Article { #(#fields),* }),
                }
            }
            6 => self.method(),
            _ => self.tokens(),
        }
    }

    /// Between the braces of a body.
    pub(crate) fn block(&mut self) -> TokenStream {
        let statements = self.list(6, |this| {
            let allowance = this.is(10).then(|| {
                let options = this.options();
                quote!(#[allow_in_flow(#options)])
            });
            let statement = match this.below(6) {
                0 => {
                    let (name, expr) = (this.ident(), this.expr());
                    quote!(let #name = #expr;)
                }
                1 => {
                    let (expr, otherwise) = (this.expr(), this.block());
                    quote!(let Some(x) = #expr else { #otherwise };)
                }
                2 => this.phrase(),
                3 => this.expr(),
                _ => {
                    let expr = this.expr();
                    quote!(#expr;)
                }
            };
            quote!(#allowance #statement)
        });
        quote!(#(#statements)*)
    }

    fn expr(&mut self) -> TokenStream {
        self.deeper(Self::inner_expr, |this| match this.below(3) {
            0 => quote!(flow),
            1 => {
                let literal = this.literal();
                quote!(#literal)
            }
            _ => quote!(topic),
        })
    }

    fn inner_expr(&mut self) -> TokenStream {
        let a = self.expr();
        match self.below(24) {
            0 => {
                let method = self.ident();
                quote!(flow.#method(#a).await?)
            }
            1 => {
                let b = self.expr();
                quote!(flow.parallel((#a, #b)).await?)
            }
            2 => {
                let b = self.expr();
                quote!(flow.race([#a, #b]).await?)
            }
            3 => {
                let b = self.expr();
                quote!(flow.map(#a, |x| #b).limit(2).await?)
            }
            4 => {
                let (b, c) = (self.block(), self.block());
                quote!(if #a { #b } else { #c })
            }
            5 => {
                let b = self.block();
                quote!(while #a { #b })
            }
            6 => {
                let b = self.block();
                quote!('a: for x in #a { #b })
            }
            7 => {
                let b = self.block();
                quote!(loop { #b break #a; })
            }
            8 => {
                let (b, c) = (self.expr(), self.expr());
                quote!(match #a { Some(x) if #b => #c, _ => {} })
            }
            9 => quote!(return #a),
            10 => quote!(|x| #a),
            11 => quote!(async move { #a }),
            12 => {
                let method = self.ident();
                quote!(self.#method(#a).await?)
            }
            13 => {
                let function = self.phrase();
                quote!(#function(#a))
            }
            14 => {
                let function = self.ident();
                quote!(#function(flow, #a))
            }
            15 => {
                let method = self.ident();
                quote!(#a.#method())
            }
            16 => quote!((#a)),
            17 => quote!(&#a),
            18 => {
                let name = self.ident();
                quote!(#name!(#a))
            }
            19 => {
                let b = self.expr();
                quote!(#a = #b)
            }
            20 => {
                let b = self.expr();
                quote!(#a || #b)
            }
            21 => {
                let group = self.group(a);
                quote!(#group)
            }
            22 => self.phrase(),
            _ => self.tokens(),
        }
    }
}
