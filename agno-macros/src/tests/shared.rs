//! Fields with a `dyn Trait` of which only rustc knows whether threads can share it.

use super::{assert_holds, squeezed, workflow};

fn of_field(ty: &str) -> proc_macro2::TokenStream {
    workflow("", &format!("struct Shop {{ kept: {ty} }}"))
}

#[test]
fn what_does_not_say_so_is_asked() {
    for ty in [
        "Arc<dyn Prices>",
        "Option<Box<dyn Prices + Send>>",
        "std::collections::HashMap<String, Arc<dyn Fn(u8) -> u8>>",
    ] {
        let asked = format!(
            "kept: <{ty} as ::agno::__private::Same<{{ <{ty} as ::agno::__private::SharedField>::CHECKED }}>>::Itself"
        );
        assert_holds(&of_field(ty), &asked);
    }
}

#[test]
fn any_other_field_is_as_it_was_written() {
    for ty in [
        "Arc<dyn Prices + Send + Sync>",
        "Arc<Mutex<dyn Prices>>",
        "Mine<dyn Prices>",
        "HashMap<Mine, Arc<dyn Prices>>",
        "Arc<dyn Made<Out = Shop>>",
        "Arc<dyn Made<Out = Self>>",
        "fn(&dyn Prices)",
        "&'static dyn Prices",
        "Dynamic",
    ] {
        let expanded = squeezed(&of_field(ty).to_string());
        assert!(!expanded.contains("SharedField"), "{ty}");
    }
}
