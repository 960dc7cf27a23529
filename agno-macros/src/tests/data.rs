//! What `#[data]` and the derive behind it make of a type.

use super::{assert_holds, errors, tokens};

fn data(item: &str) -> proc_macro2::TokenStream {
    crate::data::data(tokens(""), &tokens(item))
}

/// What the derive says to the item that `#[data]` leaves.
fn parts(item: &str) -> String {
    let item = format!(
        "#[agno_data(::agno::__private, whole, Clone, Debug, Serialize, Deserialize, JsonSchema)] {item}"
    );
    crate::data::derive(tokens(&item)).to_string()
}

fn has_parts(item: &str) -> bool {
    data(item).to_string().contains("whole")
}

#[test]
fn a_type_that_can_lack_nothing_has_the_derives_alone() {
    for item in [
        "struct A;",
        "enum A { X, Y }",
        "struct A { a: u8, b: Vec<Option<String>>, c: [(f64, bool); 3] }",
        "struct A { a: std::collections::HashMap<String, std::path::PathBuf>, next: Option<Box<A>> }",
        "struct A { a: Vec<Self> }",
    ] {
        let expansion = data(item).to_string();
        assert!(!expansion.contains("DataParts"), "{expansion}");
        assert!(expansion.contains("JsonSchema"), "{expansion}");
    }
}

#[test]
fn a_type_of_the_users_is_asked_for_once_and_within_what_holds_it() {
    let said =
        parts("struct A { a: Vec<Item>, b: Option<Box<Item>>, c: shop::Item, d: Own<Item> }");
    let asked = |ty: &str| {
        let question = format!("< {ty} as :: agno :: __private :: data :: DataField > :: check ()");
        said.matches(&question).count()
    };
    assert_eq!(asked("Item"), 1, "{said}");
    assert_eq!(asked("shop :: Item"), 1, "{said}");
    assert_eq!(asked("Own < Item >"), 1, "{said}");
    assert_eq!(asked("Vec < Item >"), 0, "{said}");
}

#[test]
fn a_question_is_put_in_the_words_that_fit() {
    for (field, words) in [
        ("at: Instant", "Moment"),
        ("a: Arc<Mutex<u8>>", "Unlocked"),
        ("a: std::fs::File", "Closed"),
        ("a: Box<dyn Shape>", "Concrete"),
        ("a: fn(&str) -> u8", "Concrete"),
        ("a: Box<dyn std::error::Error + Send>", "Told"),
        ("a: std::io::Error", "Told"),
        ("a: HashMap<Key, Item>", "HashKey"),
        ("a: BTreeSet<Key>", "OrderedKey"),
        ("#[serde(skip)] a: Own", "Kept"),
        ("#[serde(with = \"own\")] a: Own", "Kept"),
        ("a: Own", "DataField"),
    ] {
        let said = parts(&format!("struct A {{ {field} }}"));
        assert!(
            said.contains(&format!(":: data :: {words} > :: check")),
            "{field}: {said}"
        );
    }
}

#[test]
fn a_type_that_a_copy_may_not_stand_for_is_only_asked() {
    for item in [
        "struct A<T> { a: T, b: Item }",
        "#[serde(transparent)] struct A { b: Item }",
        "#[serde(rename(serialize = \"B\"))] struct A { b: Item }",
        "#[repr(packed)] struct A { b: Item }",
        "struct A { #[serde(default = \"Self::b\")] b: Item }",
        "struct A { #[deprecated] b: Item }",
    ] {
        let expansion = data(item).to_string();
        assert!(
            !has_parts(item) && expansion.contains("asked"),
            "{expansion}"
        );
    }
    for item in [
        "#[serde(from = \"B\")] struct A { b: Item }",
        "#[derive(Serialize)] struct A { b: Item }",
    ] {
        let expansion = data(item).to_string();
        assert!(!expansion.contains("DataParts"), "{expansion}");
    }
    assert!(has_parts(
        "#[derive(Clone, Copy)] #[serde(tag = \"t\")] enum A { B(Item) }"
    ));
}

#[test]
fn what_the_user_derives_is_not_written_again() {
    let expansion = data("#[derive(Clone, PartialEq)] struct A { b: Item }");
    assert_holds(
        &expansion,
        "#[agno_data(::agno::__private, whole, Debug, Serialize, Deserialize, JsonSchema)]",
    );
}

#[test]
fn a_reference_is_refused_and_says_what_owns() {
    for (ty, owned) in [
        ("&str", "String"),
        ("&'static str", "String"),
        ("Option<&'b str>", "String"),
        ("&[Item]", "Vec<Item>"),
        ("&[&str]", "Vec<String>"),
        ("&mut Item", "Item"),
        ("&std::path::Path", "PathBuf"),
    ] {
        let expansion = data(&format!("struct A<'a> {{ a: {ty} }}"));
        let wanted = format!("a `#[data]` type owns its values: write `{owned}`");
        assert_eq!(errors(expansion)[0], wanted, "{ty}");
    }
    let with_lifetime = data("struct A<'a> { a: &'a str }");
    assert_eq!(
        errors(with_lifetime)[0],
        "a `#[data]` type owns its values: write `String`, and remove `'a` everywhere"
    );
    for item in [
        "struct A { #[serde(skip)] a: &'static str }",
        "struct A { a: fn(&str) -> u8 }",
        "struct A<'a> { a: PhantomData<&'a str> }",
    ] {
        assert_eq!(errors(data(item)), Vec::<String>::new());
    }
}

/// rustc asks for a lifetime first where there is none.
#[test]
fn beside_the_error_a_reference_has_a_lifetime() {
    let expansion = data("enum A { B(Vec<&str>), C { c: &'a u8 } }");
    assert_holds(
        &expansion,
        "enum A { B(Vec<&'static str>), C { c: &'a u8 } }",
    );
    assert!(expansion.to_string().contains("refused"));
}

#[test]
fn a_derive_of_the_prelude_needs_no_crate_beside_it() {
    let crates = "#[serde(crate = \"::agno::__private::serde\")]";
    let item = "#[derive(Serialize, Deserialize)] struct A { b: u8 }";
    assert_holds(
        &data(item),
        &format!("{crates} #[schemars(crate = \"::agno::__private::schemars\")] {item}"),
    );
    // Who says which one it is has said it.
    let item = "#[derive(Serialize, Deserialize)] #[serde(crate = \"mine\")] struct A { b: u8 }";
    let expansion = data(item).to_string();
    assert!(!expansion.contains("__private::serde\""), "{expansion}");
}
