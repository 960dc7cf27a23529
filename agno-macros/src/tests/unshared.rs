//! Fields that threads cannot share.

use super::{errors, workflow};

/// Of a struct with this field, each once.
fn found(field: &str) -> Vec<String> {
    let mut found = errors(workflow(
        "",
        &format!("struct Shop {{ name: String, kept: {field} }}"),
    ));
    found.dedup();
    found.truncate(found.len().div_ceil(2).max(1).min(found.len()));
    found
}

#[test]
fn what_threads_cannot_share() {
    for (field, instead) in [
        (
            "RefCell<Vec<String>>",
            "write `Mutex<Vec<String>>`, or keep",
        ),
        ("std::cell::RefCell<u8>", "write `Mutex<u8>`, or keep"),
        ("Option<Vec<Rc<str>>>", "write `Arc<str>`"),
        ("rc::Rc<Topic>", "write `Arc<Topic>`"),
        ("(u8, Arc<RefCell<u8>>)", "write `Mutex<u8>`, or keep"),
        ("Cell<u32>", "cannot share a `Cell`; write `Mutex<u32>`"),
        ("cell::Cell<Topic>", "write `Mutex<Topic>`"),
    ] {
        let found = found(field);
        assert_eq!(found.len(), 1, "{field}: {found:?}");
        assert!(found[0].contains(instead), "{field}: {found:?}");
    }
}

#[test]
fn what_they_can() {
    for field in [
        "Mutex<RefCell<u8>>",
        "ThreadLocal<RefCell<u8>>",
        "PhantomData<Rc<u8>>",
        "fn(Rc<u8>) -> u8",
        "Cell<Topic>",
        "RefCell",
        "own::Rc<u8>",
    ] {
        assert_eq!(found(field), Vec::<String>::new(), "{field}");
    }
}
