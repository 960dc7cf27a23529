//! What is wrong with how calls are written, and what is left to rustc.

use super::reading::lint;
use super::{errors, workflow};

#[test]
fn a_call_that_is_not_awaited_has_not_run() {
    for (body, advice) in [
        ("let x = flow.search(topic)?; x", "write `.await?`"),
        ("f(flow.search(topic).retry(r)?)", "write `.await?`"),
        ("format!(\"{}\", flow.search(topic)?)", "write `.await?`"),
        ("flow.search(topic).len()", "write `.await?` before `.len`"),
        (
            "flow.search(topic).unwrap()",
            "write `.await` before `.unwrap`",
        ),
        (
            "match flow.search(topic) { Ok(x) => x, Err(e) => e }",
            "add `.await`",
        ),
        (
            "match flow.race((a, b)) { Winner::First(x) => x, _ => y }",
            "add `.await?`",
        ),
        (
            "match flow.search(topic) { x if x.is_empty() => x, x => y }",
            "add `.await?`",
        ),
        (
            "if let Ok(x) = flow.search(topic) { x } else { y }",
            "add `.await`",
        ),
        (
            "let Ok(x) = flow.search(topic) else { return y }; x",
            "add `.await`",
        ),
        ("let (a, b) = flow.parallel((x, y)); a", "add `.await?`"),
        ("if flow.confirm(\"x\") { x } else { y }", "add `.await?`"),
        (
            "if a && !flow.confirm(\"x\") { x } else { y }",
            "add `.await?`",
        ),
        ("while flow.confirm(\"x\") {} y", "add `.await?`"),
        ("for x in flow.search(topic) { f(x) } y", "add `.await?`"),
        ("let x: Vec<u8> = flow.search(topic); x", "add `.await?`"),
        ("let x: T = flow.search(topic); x", "add `.await?`"),
        ("let x: Result<T> = flow.search(topic); x", "add `.await`"),
        ("f(flow.search(topic)[0])", "add `.await?`"),
        ("let x = flow.search(topic).title; x", "add `.await?`"),
        (
            "let x = format!(\"{:?}\", flow.search(topic)); x",
            "add `.await?`",
        ),
        (
            "let x = flow.read(flow.search(topic)).await?; x",
            "add `.await?`",
        ),
        ("flow.search(topic)", "add `.await`"),
        ("Ok(flow.search(topic))", "add `.await?`"),
        ("return flow.search(topic);", "add `.await`"),
        ("if a { return Ok(flow.search(topic)); } y", "add `.await?`"),
        (
            "if a { flow.search(topic) } else { flow.search(topic).await }",
            "add `.await`",
        ),
        (
            "match a { true => flow.search(topic), false => y }",
            "add `.await`",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        let known = messages[0].contains("has not run yet; ");
        assert!(
            known && messages[0].ends_with(advice),
            "{body}: {messages:?}"
        );
    }
}

#[test]
fn what_is_there_at_once_is_neither_awaited_nor_tried() {
    for (body, call) in [
        ("let x = flow.now().await?; x", "flow.now()"),
        ("let x = flow.now().await; x", "flow.now()"),
        ("let x = flow.uuid()?; x", "flow.uuid()"),
        ("flow.say(\"x\").await?; x", "flow.say(..)"),
        ("f(flow.random_below(6).await)", "flow.random_below(..)"),
        ("let x = flow.state().await?; x", "flow.state()"),
        (
            "if flow.patched(\"x\").await? { x } else { y }",
            "flow.patched(..)",
        ),
    ] {
        let said = format!("`{call}` is there at once; write it without `.await` and `?`");
        assert_eq!(lint(body), [said], "{body}");
    }
    for body in [
        "let x = flow.history(3).await?; x",
        "let x = flow.metadata::<T>()?; x",
        "let x = flow.log().await?; x",
        "let x = now().await?; x",
        "let x = flow.now().elapsed_of().await?; x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn answers_of_settled_calls_are_results() {
    let settled = "let all = flow.map(a, |x| flow.search(x).settle()).limit(2).await?;";
    for rest in [
        "flow.map(all, |one| flow.read(one)).await?; y",
        "flow.map(all.clone(), |one| flow.read(one.clone())).await?; y",
        "for one in &all { flow.read(one.clone()).await?; } y",
        "for one in all { names.push(one.name); } y",
    ] {
        let [only] = &lint(&format!("{settled} {rest}"))[..] else {
            panic!("{rest}");
        };
        assert!(
            only.starts_with("each of `all` is a `Result`"),
            "{rest}: {only}"
        );
    }
    for rest in [
        "flow.map(all.into_iter().flatten(), |one| flow.read(one)).await?; y",
        "for one in all { match one { Ok(one) => flow.read(one).await?, Err(_) => y }; } y",
        "for one in all { if let Ok(one) = one { flow.read(one).await?; } } y",
        "for one in all { let one = one?; flow.read(one).await?; } y",
        "let all = good(all); for one in all { flow.read(one).await?; } y",
        "flow.map(all, |one| flow.log()).await?; y",
    ] {
        let body = format!("{settled} {rest}");
        assert_eq!(lint(&body), Vec::<String>::new(), "{rest}");
    }
}

#[test]
fn calls_are_changed_before_they_are_awaited() {
    for (body, whole) in [
        (
            "flow.search(topic).await.settle()",
            "flow.search(..).settle().await?",
        ),
        (
            "flow.search(topic).await.timeout(x)?",
            "flow.search(..).timeout(..).await",
        ),
        (
            "flow.log().await.timeout(x)",
            "flow.log(..).timeout(..).await",
        ),
        (
            "flow.map(a, |a| flow.read(a)).await.limit(3)?",
            "flow.map(..).limit(..).await",
        ),
        (
            "flow.race((a, b)).await.first_ok()?",
            "flow.race(..).first_ok().await",
        ),
        (
            "flow.map(a, |a| flow.read(a)).await?.limit(3)",
            "flow.map(..).limit(..).await?",
        ),
        (
            "flow.confirm(\"x\").await?.timeout(x)",
            "flow.confirm(..).timeout(..).await?",
        ),
        (
            "flow.confirm(\"x\").await.or_after(x, true)",
            "flow.confirm(..).or_after(..).await",
        ),
        (
            "flow.call::<W>(x).await.settle()",
            "flow.call(..).settle().await?",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        let wanted = format!("goes before `.await`; write `{whole}`");
        assert!(messages[0].ends_with(&wanted), "{body}: {messages:?}");
    }
}

#[test]
fn options_of_calls_are_values() {
    for (body, value) in [
        ("flow.sleep(\"1s\").await?; x", "`Duration::from_secs(1)`"),
        (
            "flow.sleep(\"1500ms\").await?; x",
            "`Duration::from_millis(1500)`",
        ),
        ("flow.sleep(5).await?; x", "`Duration::from_secs(5)`"),
        (
            "flow.sleep(0.5).await?; x",
            "`Duration::from_secs_f64(0.5)`",
        ),
        (
            "flow.sleep(\"soon\").await?; x",
            "`Duration::from_secs(20)`",
        ),
        (
            "flow.search(topic).timeout(\"2m\").await",
            "`Duration::from_secs(120)`",
        ),
        (
            "flow.search(topic).retry(r).timeout(3).await",
            "`Duration::from_secs(3)`",
        ),
        (
            "flow.confirm(\"x\").or_after(\"1h\", true).await?; x",
            "`Duration::from_secs(3600)`",
        ),
        (
            "flow.race((flow.log(), flow.sleep(\"1s\"))).await",
            "`Duration::from_secs(1)`",
        ),
        ("flow.search(topic).retry(3).await", "`agno::Retry::new(3)`"),
        (
            "flow.search(topic).cache(\"1h\").await",
            "`agno::Cache::new().ttl(Duration::from_secs(3600))`",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(
            messages[0].starts_with("a call takes a `"),
            "{body}: {messages:?}"
        );
        assert!(
            messages[0].ends_with(&format!("write {value}")),
            "{body}: {messages:?}"
        );
    }
}

#[test]
fn containers_take_calls() {
    for (body, advice) in [
        (
            "flow.parallel(flow.log(), flow.log()).await?; x",
            "write `flow.parallel((.., ..))`",
        ),
        (
            "flow.parallel([flow.log(), flow.log()]).await?; x",
            "write `vec![..]`, or a tuple",
        ),
        (
            "flow.parallel(flow.log()).await?; x",
            "write `flow.log(..).await?` for this one",
        ),
        ("flow.race((flow.log(),)).await?; x", "takes 2 to 6 calls"),
        (
            "flow.parallel((flow.log().await?, flow.log())).await?; x",
            "itself; remove `.await?`",
        ),
        (
            "flow.race((flow.log()?, flow.log())).await?; x",
            "itself; remove `?`",
        ),
        (
            "flow.race((async { 1 }, flow.log())).await?; x",
            "an `async` block is not recorded",
        ),
        (
            "flow.race(vec![async { flow.log().await }, flow.log()]).await?; x",
            "write `flow.log()` without `async`",
        ),
        (
            "flow.race((flow.log(), tokio::time::sleep(x))).await?; x",
            "write `flow.sleep(..)`, which",
        ),
        (
            "flow.map(a, |a| flow.read(a).await?).await",
            "itself; remove `.await?`",
        ),
        (
            "flow.map(a, |a| { flow.read(a)? }).await",
            "itself; remove `?`",
        ),
        (
            "flow.map(a, |a| async move { flow.read(a).await }).await",
            "write `|a| flow.read(..)` without `async`",
        ),
        (
            "flow.map(a, async |a| flow.read(a).await).await",
            "write `|a| flow.read(..)` without `async`",
        ),
        (
            "flow.map(a, |a| async { f(a).await }).await",
            "put its calls in a second `#[flow]`",
        ),
        (
            "flow.map(a, |a| { let b = flow.read(a).await?; flow.log() }).await",
            "put these calls in a second `#[flow]`",
        ),
        (
            "flow.map(a, flow.read).await",
            "write `|item| flow.read(item)`",
        ),
        (
            "flow.map(a, Self::read).await",
            "write `|item| flow.read(item)`",
        ),
        (
            "flow.map(a, Article::polish).await",
            "write `|item| flow.polish(item)`",
        ),
        (
            "let x = a.iter().map(|a| flow.read(a).await?); x",
            "use `flow.map(items, |item| ..)`",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(advice), "{body}: {messages:?}");
    }
}

#[test]
fn a_flow_has_no_self_and_ends_with_its_result() {
    for (body, advice) in [
        ("let x = self.limit; x", "write `flow.workflow()`"),
        ("self.helper()", "write `flow.workflow()`"),
        (
            "flow.search(topic).await?;",
            "remove this `?` and `;`, or add `Ok(..)` below",
        ),
        ("flow.search(topic).await;", "remove this `;`"),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].ends_with(advice), "{body}: {messages:?}");
    }
}

#[test]
fn what_may_be_meant_is_left_to_rustc() {
    for body in [
        "let call = flow.search(topic).patiently(); call.await",
        "match flow.search(topic) { call => call.await }",
        "let call: Search = flow.search(topic); call.await",
        "let x = flow.search(topic).await?.timeout(3); x",
        // A trait of the user's, for what is answered and for calls.
        "let x = flow.ask::<T>(\"x\").await?.timeout(3); x",
        "flow.map(a, |a| flow.read(a).limited(1)).await",
        "let Some(call) = flow.search(topic).held() else { return y }; call.await",
        "if flow.search(topic).held() { x } else { y }",
        "match flow.search(topic) { call if a > 3 => call.timeout(d).await, call => call.await }",
        // Another of the flow's name.
        "let n = rates.iter().map(|flow| flow.search(2) + 1).sum(); flow.read(n).await",
        "for flow in rates { if let Some(x) = flow.search(2) { n += x; } } flow.read(n).await",
        "{ let flow = rate; flow.search(2); } flow.read(n).await",
        // Macros that may await what they are given, and texts.
        "macro_rules! ensure { ($c:expr) => { $c.await? } } ensure!(flow.search(topic)); x",
        "let make = |x| future!(flow.search(x).await); make(t).await",
        "let text = stringify!(flow.search(topic)?, self.name); text",
        // Calls that a closure makes.
        "let spawn = |n| flow.read(n); flow.parallel((spawn(1), spawn(2))).await",
        "let calls: Calls = a.map(|a| flow.read(a)).collect(); flow.parallel(calls).await",
        "flow.map(a, |a| if b { flow.read(a) } else { flow.search(a) }).await",
        "flow.map(a, |a| flow.map(b, |b| flow.read(b))).await",
        "flow.parallel((flow.map(a, |a| flow.read(a)), later)).await",
        "let f = || flow.search(topic); f().await",
        "let f = async { flow.search(topic).await }; x",
        "flow.sleep(later).await?; flow.search(topic).timeout(limits.one).await",
        "loop { flow.log().await?; if a { return flow.search(topic).await; } }",
        "flow.continue_as_new(topic).await",
        "flow.settle_all().await.settle()",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_function_that_takes_the_flow_is_one() {
    let flow = "impl A { #[step] async fn a(&self) {} async fn run(flow: &Flow<Self>) {} }";
    assert_eq!(
        messages("", flow),
        ["`run` takes the flow, and no flow calls it; put `#[flow]` on `fn run`"]
    );
    for helper in [
        "impl A { #[step] async fn a(&self) {} fn b(&self) {} }",
        "impl A { #[step] async fn a(&self) {} async fn b(flow: &Flow<Self>) {}
                  #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { Self::b(flow).await; Ok(()) } }",
    ] {
        assert_eq!(messages("", helper), Vec::<String>::new(), "{helper}");
    }
}

#[test]
fn an_allowance_outside_of_a_flow_goes() {
    let step = "impl A { #[step] async fn a(&self) { #[allow_in_flow(clock = \"x\")] f(); } }";
    let output = workflow("", step);
    let message = "`#[allow_in_flow]` works only on a statement inside a `#[flow]`; remove it";
    assert_eq!(errors(output.clone()), [message]);
    assert!(!output.to_string().contains("clock"), "{output}");
}

fn messages(args: &str, item: &str) -> Vec<String> {
    errors(workflow(args, item))
}

#[test]
fn arguments_of_a_text_stand_in_format() {
    for (body, method) in [
        ("flow.say(\"{} found\", n); x", "say"),
        ("flow.confirm(\"Publish {}?\", n).await?; x", "confirm"),
        ("flow.ask::<T>(\"Which of {n}?\", n).await?; x", "ask"),
    ] {
        let wanted = format!("`{method}` takes one text; write `flow.{method}(format!(..))`");
        assert_eq!(lint(body), [wanted], "{body}");
    }
    for body in [
        "flow.say(\"{}\"); x",
        "flow.say(text); x",
        "flow.choose(\"{}\", options).await?; x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_entry_without_its_mark_is_told_from_a_helper() {
    let of = |run: &str, finish: &str| {
        errors(workflow(
            "",
            &format!(
                "impl Article {{
                    #[step] async fn search(&self, topic: T) -> Result<T> {{ Ok(topic) }}
                    async fn run(flow: &Flow<Self>, topic: T) -> Result<T> {{ {run} }}
                    #[flow] async fn finish(flow: &Flow<Self>, topic: T) -> Result<T> {{ {finish} }}
                }}"
            ),
        ))
    };
    let (first, search) = ("flow.finish(topic).await", "flow.search(topic).await");
    assert_eq!(
        of(first, search),
        ["`run` takes the flow, and no flow calls it; put `#[flow]` on `fn run`"]
    );
    // A helper, of this flow or of what stands outside of the block.
    assert_eq!(
        of(search, "Self::run(flow, topic).await"),
        Vec::<String>::new()
    );
    assert_eq!(of(search, search), Vec::<String>::new());
}

#[test]
fn an_option_of_a_step_is_no_attribute_of_its_own() {
    let of = |attribute: &str| {
        errors(workflow(
            "",
            &format!(
                "impl Article {{ #[step] {attribute} async fn search(&self, topic: T) -> Result<T> {{ Ok(topic) }} }}"
            ),
        ))
    };
    for option in ["cache(ttl = \"1h\")", "retry(max = 3)", "timeout = \"5s\""] {
        let wanted = format!("this is an option of the step; write `#[step({option})]`");
        assert_eq!(of(&format!("#[{option}]")), [wanted]);
    }
    for other in [
        "#[cache(size = 3)]",
        "#[timeout(1000)]",
        "#[retry]",
        "#[my::cache(ttl = 3)]",
    ] {
        assert_eq!(of(other), Vec::<String>::new(), "{other}");
    }
}
