//! `#[allow_in_flow]`: what it allows, and where.

use super::reading::lint;

#[test]
fn what_is_meant_can_be_allowed() {
    for body in [
        "#[allow_in_flow(clock = \"only shown\")] let t = SystemTime::now();",
        "#[agno::allow_in_flow(clock = \"only shown\", terminal = \"may show twice\")]
         println!(\"{:?}\", Instant::now());",
        "#[allow_in_flow(clock = \"only shown\")] #[allow_in_flow(id = \"only shown\")] { let a = Utc::now(); x(Uuid::new_v4()); }",
        "let mut t; #[allow_in_flow(clock = \"only shown\")] t = Local::now();",
        "let mut t; #[allow_in_flow(clock = \"only shown\")] t += now + Local::now();",
        "#[allow_in_flow(files = \"never changes\")] if a { #[allow_in_flow(clock = \"only shown\")] f(Local::now()); std::fs::read(p)?; }",
        "#[allow_in_flow(join = \"no calls\")] let x = tokio::join!(a, b);",
        "#[allow_in_flow(join = \"no calls\")] let x = futures::future::select(a, b).await;",
        "#[allow_in_flow(files = \"never changes\")] odd!(a => std::fs::read(p) ;);",
        "#[allow_in_flow(network = \"a local one\")] reqwest::get(p).await?;",
        "#[allow_in_flow(random = \"only shown\")] rand::random::<u8>()",
        "#[allow_in_flow(clock = \"only shown\")] return Ok(Instant::now());",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn an_allowance_has_a_use_a_reason_and_a_place() {
    for (body, part) in [
        (
            "#[allow_in_flow(clock = \"x\")] let t = 1;",
            "nothing here needs `clock`; remove it",
        ),
        (
            "#[allow_in_flow(clock = \"x\", id = \"x\")] let t = Instant::now();",
            "nothing here needs `id`; remove it",
        ),
        (
            "#[allow_in_flow(clock = \"x\")] if a { #[allow_in_flow(clock = \"x\")] f(Utc::now()); }",
            "nothing here needs `clock`; remove it",
        ),
        (
            "{ #[allow_in_flow(clock = \"x\")] f(Utc::now()); } f(Utc::now());",
            "use `flow.now()`",
        ),
        (
            "#[allow_in_flow(id = \"x\", clock = \"x\")] f(Utc::now(), Uuid::new_v4(), rand::rng());",
            "use `flow.random()`",
        ),
        (
            "#[allow_in_flow(clock)] f(Utc::now());",
            "write `clock = \"it is only logged\"`",
        ),
        (
            "#[allow_in_flow(clock = true)] f(Utc::now());",
            "the reason in quotes",
        ),
        (
            "#[allow_in_flow(clock = \" \")] f(Utc::now());",
            "give the reason why",
        ),
        (
            "#[allow_in_flow] f();",
            "what is allowed, and why? write such as",
        ),
        (
            "#[allow_in_flow()] f();",
            "what is allowed, and why? write such as",
        ),
        (
            "#[allow_in_flow = \"x\"] f();",
            "options stand in parentheses",
        ),
        (
            "#[allow_in_flow(clok = \"x\")] f();",
            "did you mean `clock`? `#[allow_in_flow]` takes `clock`",
        ),
        (
            "#[allow_in_flow(reason = \"x\")] f();",
            "the reason stands with what it is for",
        ),
        (
            "f(#[allow_in_flow(clock = \"x\")] Utc::now());",
            "put it above one",
        ),
        (
            "match a { #[allow_in_flow(clock = \"x\")] b => c }",
            "put it above one",
        ),
        (
            "let v = vec![#[allow_in_flow(clock = \"x\")] a];",
            "put it above one",
        ),
        (
            "odd!(a => #[allow_in_flow(clock = \"x\")] b);",
            "put it above one",
        ),
        (
            "#[allow_in_flow(clock = \"x\")] fn f() {}",
            "put it above one",
        ),
        (
            "fn f() { #[allow_in_flow(clock = \"x\")] g(Utc::now()); }",
            "put it above one",
        ),
        (
            "#[allow_in_flow(clock = \"x\")] flow.log(Utc::now());",
            "add `.await?`",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(part), "{body}: {messages:?}");
    }
}
