//! Methods that are steps: their options and signatures.

use super::{errors, one, workflow};

/// One step with these options and this signature.
#[track_caller]
fn step(options: &str, signature: &str, part: &str) {
    one(
        "state = Notes",
        &format!("impl A {{ #[step{options}] {signature} {{ x }} }}"),
        part,
    );
}

const GOOD: &str = "async fn search(&self, topic: Topic) -> Result<Draft>";

#[test]
fn step_options() {
    for (options, part) in [
        (
            "(timout = \"1s\")",
            "did you mean `timeout`? `#[step]` takes `retry`",
        ),
        (
            "(retires = 3)",
            "unknown option `retires`; write `retry(max = 3)`",
        ),
        ("(memoise)", "write `cache(ttl = \"1h\")`"),
        ("(max_atempts = 3)", "counts after the first attempt"),
        ("(timeouts = \"1s\")", "did you mean `timeout`?"),
        ("(retry(backof = \"1s\"))", "did you mean `backoff`?"),
        ("(on_eror = \"skip\")", "did you mean `on_error`?"),
        ("(atmost_once)", "did you mean `at_most_once`?"),
        ("(nothing)", "unknown option `nothing`; `#[step]` takes"),
        ("(retries = 3)", "`retry(max = 3)`"),
        ("(max_attempts = 3)", "counts after the first attempt"),
        ("(description = \"Searches\")", "write `/// ..` above it"),
        ("(memoize)", "write `cache(ttl = \"1h\")`"),
        ("(idempotent = false)", "write `at_most_once`"),
        ("(cache = true)", "write `cache`, or"),
        ("(cache = false)", "remove `cache`"),
        ("(cache(max_age = \"1h\"))", "write `ttl = \"1h\"`"),
        ("(timeout = \"1h30m\")", "write `90m`"),
        (
            "(retry(max_attempts = 3))",
            "write `max`, which counts after the first attempt",
        ),
        ("(retry(retries = 3))", "write `max = 3`"),
        (
            "(retry(max = 3, initial_interval = \"1s\"))",
            "is called `backoff`",
        ),
        (
            "(retry(max = 3, backoff_coefficient = 2.0))",
            "is called `factor`",
        ),
        (
            "(retry(max = 3, maximum_interval = \"1s\"))",
            "is called `max_delay`",
        ),
        (
            "(timeout = \"1s\", timeout = \"2s\")",
            "`timeout` is given twice",
        ),
        ("(timeout)", "write `timeout = \"20s\"`"),
        ("(timeout = 20)", "write `timeout = \"20s\"`"),
        (
            "(timeout = )",
            "the value is missing; write `timeout = \"20s\"`",
        ),
        (
            "(timeout : 3)",
            "expected `=`, `(..)` or a comma; write `timeout",
        ),
        ("(timeout = \"20\")", "write `20s`"),
        ("(timeout = \"0s\")", "longer than zero"),
        ("(timeout = \"-1s\")", "cannot be negative"),
        ("(\"20s\")", "expected an option here"),
        (
            "(at_most_once = true)",
            "takes no value; write `at_most_once`",
        ),
        ("(at_most_once timeout = \"1s\")", "expected `=`"),
        ("(retry(max = 1) timeout = \"1s\")", "expected a comma"),
        ("(retry = 3)", "write `retry(max = 3)`"),
        ("(retry(3))", "write `retry(max = 3)`"),
        ("(cache(\"1h\"))", "write `cache(ttl = \"1h\")`"),
        ("(retry)", "write `retry(max = 3)`"),
        ("(retry(backoff = \"1s\"))", "write `retry(max = 3)`"),
        ("(retry(maax = 3))", "did you mean `max`"),
        ("(retry(max = 0))", "write 1 or more"),
        ("(retry(max = \"3\"))", "write `max = 3`"),
        ("(retry(max = -3))", "a whole number"),
        ("(retry(max = 3, factor = 0.5))", "write 1.0 or more"),
        ("(retry(max = 3, jitter = 1))", "`true` or `false`"),
        (
            "(retry(max = 3, backoff = \"2s\", max_delay = \"1s\"))",
            "shorter than `backoff`",
        ),
        ("(on_error = \"skp\")", "did you mean `skip`"),
        ("(version = 0)", "count from 1"),
        ("(name = \"\")", "cannot be empty"),
        ("(name = \"a/b\")", "cannot hold '/'"),
        ("(name = \"a\\\"b\")", "cannot hold '\"'"),
        ("(name = \"a\\\\b\")", "cannot hold '\\\\'"),
        ("(name = \"a\\u{202e}b\")", "cannot hold '\\u{202e}'"),
        ("(name = \"a\\tb\")", "cannot hold '\\t'"),
        ("(name = \" a\")", "cannot hold ' '"),
        (
            "(name = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\")",
            "at most 64",
        ),
        (
            "(cache(scope = \"all\"))",
            "one of `run`, `session`, `user`, `global`",
        ),
        (
            "(cache(key = \"topik.x\"))",
            "did you mean `topic`; the inputs are `topic`",
        ),
        ("(cache(key = \"topic, \"))", "names ``"),
        (
            "(cache(tags = \"site, {topik.x}\"))",
            "the tag names `topik`, which is not an input, did you mean `topic`; the inputs are `topic`",
        ),
        ("(cache(tags = \"a, \"))", "a tag is empty"),
        (
            "(cache(tags = \"a {topic\"))",
            "stands alone; write `{topic}`",
        ),
        (
            "(cache(tags = \"a} {topic}\"))",
            "a brace of the tag `a} {topic}`",
        ),
        (
            "(cache(stale_if_error = \"1d\"))",
            "without `ttl` no result ever expires; add `ttl = \"1h\"`, or remove `stale_if_error`",
        ),
        ("(cache(jitter = true))", "or remove `jitter`"),
        (
            "(confirm = \"Sure?\", cache(ttl = \"1h\", stale_while_revalidate = \"1h\"))",
            "remove `confirm`, or `stale_while_revalidate`",
        ),
        (
            "(cache(ttl = \"1h\", swr = \"1h\"))",
            "write `stale_while_revalidate = \"10m\"`",
        ),
        ("(cache(tag = \"a\"))", "are called `tags`"),
        ("(cache, at_most_once)", "remove `cache` or `at_most_once`"),
        (
            "(confirm)",
            "the question in quotes; write `confirm = \"Publish this?\"`",
        ),
        (
            "(confirm = true)",
            "the question in quotes; write `confirm = \"Publish this?\"`",
        ),
        ("(confirm = \" \")", "write the question, such as"),
        ("(confirm(message = \"\"))", "write the question, such as"),
        (
            "(confirm())",
            "write `confirm(message = \"Publish this?\")`",
        ),
        (
            "(confirm(timeout = \"1h\"))",
            "`confirm` needs the question",
        ),
        (
            "(confirm(\"Publish?\"))",
            "expected an option here; `confirm(..)` takes `message`",
        ),
        ("(confirm(question = \"x\"))", "is called `message`"),
        ("(confirm(mesage = \"x\"))", "did you mean `message`"),
        ("(confirm(message = \"x\", timeout = \"1\"))", "write `1s`"),
        (
            "(confirm(message = \"x\", on_timeout = \"approve\"))",
            "add `timeout = \"1h\"`, or remove `on_timeout`",
        ),
        (
            "(confirm(message = \"x\", timeout = \"1\", on_timeout = \"approve\"))",
            "write `1s`",
        ),
        (
            "(confirm(message = \"x\", timeout = \"1h\", on_timeout = \"aprove\"))",
            "did you mean `approve`; it is one of `fail`, `approve`, `reject`",
        ),
        (
            "(confirm(message = \"x\", on_reject = \"retry\"))",
            "it is one of `fail`, `skip`, `cancel`",
        ),
        (
            "(confirm(message = \"x\", on_error = \"skip\"))",
            "belongs to the step",
        ),
        ("(on_reject = \"skip\")", "belongs to the question"),
        ("(on_timeout = \"fail\")", "belongs to the question"),
        ("(history = 0)", "write 1 or more"),
        ("(history = \"3\")", "write `history = 3`"),
        ("(history = 3)", "add the parameter `context: &StepContext`"),
        (" = 3", "options stand in parentheses"),
        ("[timeout = \"1s\"]", "`#[step(retry(max = 3))]`"),
    ] {
        step(options, GOOD, part);
    }
}

#[test]
fn legal_options_are_accepted() {
    for options in [
        "",
        "()",
        "(retry(max = 3), at_most_once)",
        "(cache)",
        "(cache(key = \"topic.title.x, topic\"),)",
        "(cache(ttl = \"1h\", tags = \"site, {topic.title} of {topic}\", stale_while_revalidate = \"1m\", stale_if_error = \"1d\", jitter = true))",
        "(retry(max = 3, factor = 1))",
        "(on_error = \"fail\")",
        "(name = \"Search the web\")",
        "(confirm = \"Publish?\", cache, on_error = \"pause\")",
        "(confirm(message = \"Publish?\"))",
        "(confirm(message = \"Publish?\", timeout = \"1h\", on_timeout = \"fail\", on_reject = \"cancel\"))",
    ] {
        let item = format!("impl A {{ #[step{options}] {GOOD} {{ x }} }}");
        assert_eq!(
            errors(workflow("", &item)),
            Vec::<String>::new(),
            "{options}"
        );
    }
}

#[test]
fn step_signatures() {
    for (signature, part) in [
        ("async fn s(topic: T) -> T", "write `fn s(&self, ..)`"),
        ("async fn s() -> T", "write `fn s(&self, ..)`"),
        ("async fn s(&mut self) -> T", "`#[workflow(state = ..)]`"),
        ("async fn s(self) -> T", "write `&self`"),
        ("async fn s(self: Arc<Self>) -> T", "takes `&self`"),
        ("async fn s(&'static self) -> T", "remove the lifetime"),
        ("async fn s<T>(&self, t: T) -> T", "name the types"),
        (
            "async fn s<'a>(&self, t: &'a str) -> T",
            "cannot have lifetimes",
        ),
        ("async fn s<const N: usize>(&self) -> T", "name the types"),
        (
            "async fn s(&self) -> T where T: Copy",
            "needs no conditions",
        ),
        (
            "async fn s(&self, x: impl Into<String>) -> T",
            "name the type",
        ),
        ("async fn s(&self, x: &str) -> T", "write `String`"),
        ("async fn s(&self, x: &[u8]) -> T", "write `Vec<u8>`"),
        ("async fn s(&self, x: &my::Quote) -> T", "write `my::Quote`"),
        ("async fn s(&self, x: &Vec<T>) -> T", "write `Vec<T>`"),
        ("async fn s(&self, x: Cow<'_, str>) -> T", "cannot borrow"),
        ("async fn s(&self, x: Option<&str>) -> T", "cannot borrow"),
        (
            "async fn s(&self, x: &'a StepContext) -> T",
            "remove this lifetime",
        ),
        ("async fn s(&self) -> &str", "write `String`"),
        ("fn s(&self) -> impl Future<Output = T>", "write `async fn`"),
        ("fn s(&self) -> impl Display", "name the type"),
        (
            "async fn s(&self, (a, b): T) -> T",
            "give this parameter a name",
        ),
        ("async fn s(&self, _: T) -> T", "give this parameter a name"),
        (
            "async fn s(&self, ref x: T) -> T",
            "give this parameter a name",
        ),
        (
            "async fn s(&self, #[cfg(x)] a: T) -> T",
            "put it on the method",
        ),
        (
            "async fn s(&self, a: &mut Notes, b: &mut Notes) -> T",
            "one state",
        ),
        (
            "async fn s(&self, a: Topic, notes: Notes) -> T",
            "write `notes: &mut Notes`",
        ),
        (
            "async fn s(&self, mut notes: Notes) -> T",
            "write `notes: &mut Notes`",
        ),
        (
            "async fn s(&self, a: &StepContext, b: &StepContext) -> T",
            "one context",
        ),
        (
            "async fn s(&self, a: A, b: A, c: A, d: A, e: A, f: A, g: A, h: A, i: A) -> T",
            "takes 9 inputs",
        ),
        (
            "async fn s(&self, flow: &Flow<Self>, x: X) -> T",
            "what calls steps is a `#[flow]`",
        ),
        (
            "async fn s(&self, flow: &mut agno::Flow<A>, context: &StepContext) -> T",
            "what calls steps is a `#[flow]`",
        ),
        (
            "async fn s(&self, seen: Arc<Mutex<Vec<T>>>) -> T",
            "put what is shared into a field, what changes into the state",
        ),
        (
            "async fn s(&self, seen: Option<std::rc::Rc<RefCell<u8>>>) -> T",
            "a step gets a copy of it",
        ),
        ("async fn s(&self, seen: RwLock<u8>) -> T", "a copy of it"),
        (
            "async fn s(&self) -> Result<u8, Box<dyn Error>>",
            "write `agno::Result<u8>`, which takes any error by `?`, or `Box<dyn std::error::Error + Send + Sync>`",
        ),
        (
            "async fn s(&self) -> Result<u8, std::boxed::Box<dyn std::error::Error + Send>>",
            "an error crosses threads",
        ),
        ("unsafe fn s(&self) -> T", "cannot be `unsafe`"),
        ("extern \"C\" fn s(&self) -> T", "plain Rust function"),
        (
            "async fn parallel(&self) -> T",
            "rename it, such as `parallel_step`",
        ),
        ("async fn deref(&self) -> T", "rename it"),
    ] {
        step("", signature, part);
    }
    step(
        "(cache)",
        "async fn s(&self, n: &mut Notes) -> T",
        "remove `cache`",
    );
    let renamed = "impl A { #[step] async fn s(&self, t: T, context: &my::Context) -> T { x } }";
    assert_eq!(errors(workflow("", renamed)), Vec::<String>::new());
    let reads =
        "impl A { #[step(history = 3)] async fn s(&self, t: T, c: &StepContext) -> T { x } }";
    assert_eq!(errors(workflow("", reads)), Vec::<String>::new());
    one(
        "",
        "impl A { #[step] fn s(&self, n: &mut my::Notes) {} }",
        "`#[workflow(state = my::Notes)]`",
    );
}

#[test]
fn what_lasts_for_ever_is_no_value_either() {
    for (ty, owned) in [
        ("Result<&'static str>", "String"),
        ("Result<&str>", "String"),
        ("Vec<&'static str>", "String"),
        (
            "Result<(u8, Option<&'static str>), Box<dyn Error + Send + Sync>>",
            "String",
        ),
        ("HashMap<String, &'static [u8]>", "Vec<u8>"),
    ] {
        step(
            "",
            &format!("async fn s(&self) -> {ty}"),
            &format!("owned; write `{owned}`"),
        );
    }
}

/// A number says what was meant.
#[test]
fn the_number_of_the_user_is_kept() {
    for (options, instead) in [
        ("(timeout = 45)", "write `timeout = \"45s\"`"),
        ("(timeout = 2.5)", "write `timeout = \"2500ms\"`"),
        ("(retry = 5)", "write `retry(max = 5)`"),
        ("(cache = 60)", "write `cache(ttl = \"60s\")`"),
        ("(cache = \"2h\")", "write `cache(ttl = \"2h\")`"),
        // What it means nothing for.
        ("(timeout = 0)", "write `timeout = \"20s\"`"),
        ("(timeout = 1e300)", "write `timeout = \"20s\"`"),
        ("(retry = \"5s\")", "write `retry(max = 3)`"),
        ("(cache = \"always\")", "write `cache(ttl = \"1h\")`"),
    ] {
        step(options, GOOD, instead);
    }
}

/// What a rule is about by its name, and is not meant.
#[test]
fn types_that_are_right_are_accepted() {
    for signature in [
        "async fn s(&self) -> Result<u8, Box<dyn Error + Send + Sync>>",
        "async fn s(&self) -> Result<u8, Box<dyn Error + Send + Sync + 'static>>",
        "async fn s(&self) -> Result<u8, Error>",
        "async fn s(&self) -> Result<Box<dyn Error>>",
        "async fn s(&self, shared: Arc<Topic>) -> u8",
        "async fn s(&self, door: Mutex) -> u8",
        "async fn s(&self) -> Result<String, &'static str>",
        "async fn s(&self, name: Cow<'static, str>) -> PhantomData<&'static str>",
    ] {
        let item = format!("impl A {{ #[step] {signature} {{ x }} }}");
        let found = errors(workflow("", &item));
        assert_eq!(found, Vec::<String>::new(), "{signature}");
    }
}

#[test]
fn errors_stand_in_the_order_of_the_source() {
    let found = errors(workflow(
        "",
        "impl A { #[step(confirm = true, cache = true, on_error = skip)] fn a(&self) {} }",
    ));
    let about: Vec<bool> = ["confirm", "cache", "on_error"]
        .iter()
        .zip(&found)
        .map(|(option, message)| message.contains(option))
        .collect();
    assert_eq!(about, [true; 3], "{found:#?}");
}

#[test]
fn the_methods_of_a_flow_are_reserved() {
    for name in [
        "workflow",
        "run_id",
        "session_id",
        "user_id",
        "state",
        "parallel",
        "map",
        "race",
        "call",
        "sleep",
        "continue_as_new",
        "now",
        "random",
        "random_below",
        "uuid",
        "say",
        "confirm",
        "ask",
        "choose",
        "choose_several",
        "review",
        "history",
        "patched",
        "metadata",
    ] {
        let signature = format!("async fn {name}(&self) -> T");
        step("", &signature, &format!("rename it, such as `{name}_step`"));
    }
}
