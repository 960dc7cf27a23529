//! What a flow reaches past the journal: the workflow's own fields and methods, and a copy of the state.

use super::reading::lint;
use super::{errors, workflow};

#[test]
fn the_workflow_itself_is_read_and_no_more() {
    for (body, part) in [
        (
            "let x = flow.workflow().writer.run(t).await?; x",
            "`writer` is not recorded in a flow; use it in a `#[step]`",
        ),
        (
            "let writer = &flow.workflow().writer; writer.run(t).await?; x",
            "`writer` is not recorded",
        ),
        (
            "let call = flow.workflow().0.get(flow.state().url); call.await",
            "`0` is not recorded",
        ),
        (
            "if a { let w = flow.workflow(); let w = w.writer.clone(); w.run(flow.log().await?).await?; } x",
            "`writer` is not recorded",
        ),
        (
            "let w = flow.workflow(); let x = w.search(t).await?; x",
            "this calls the plain method, which is not recorded; write `flow.search(..)`",
        ),
        (
            "let x = flow.workflow().helper().await; x",
            "`helper` is not a step, so nothing of it is recorded",
        ),
        (
            "let n = flow.workflow().m.lock().await.len(); n",
            "put it into the state",
        ),
        (
            "let n = flow.workflow().seen.lock().unwrap().len(); n",
            "put it into the state",
        ),
        (
            "let seen = &flow.workflow().seen; f(seen.read().unwrap().len())",
            "put it into the state",
        ),
        (
            "let n = flow.workflow().count.fetch_add(1, SeqCst); n",
            "put it into the state",
        ),
        (
            "let n = flow.workflow().count.load(Ordering::SeqCst); n",
            "put it into the state",
        ),
        (
            "flow.state().n += 1;",
            "`flow.state()` is a copy; change the state in a step that takes `state: &mut Notes`",
        ),
        ("flow.state().inner.n = 1;", "`flow.state()` is a copy"),
        ("flow.state().log[0] = 1;", "`flow.state()` is a copy"),
        ("flow.state().log.push(x);", "`flow.state()` is a copy"),
        (
            "match timeout(limit, flow.search(t)).await { Ok(x) => x, Err(_) => y }",
            "write `flow.search(..).timeout(limit)`",
        ),
        (
            "let x = futures::executor::block_on(flow.search(t))?; x",
            "write `flow.search(..).await?`",
        ),
        ("let x = read_to_string(p)?; x", "in a step"),
        (
            "flow.parallel(ts.into_iter().map(|t| flow.search(t))).await",
            "write `flow.map(ts, |t| flow.search(..))`",
        ),
        (
            "flow.search(t).unwrap_or_default().await",
            "write `.await` before `.unwrap_or_default`",
        ),
        (
            "join_all(ts.into_iter().map(|t| flow.search(t))).await; x",
            "flow.map(..)",
        ),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(part), "{body}: {messages:?}");
    }
}

#[test]
fn what_only_looks_like_it_is_left_alone() {
    for body in [
        "let n = flow.workflow().limit; let name = flow.workflow().name.clone(); flow.search(name).await",
        "flow.search(flow.workflow().name.clone()).await",
        "let w = flow.workflow(); flow.search(w.topic(3)).await?; w.limit.get()",
        // The flow is handed on: what is called there is recorded.
        "flow.workflow().helper(flow).await",
        "flow.workflow().helper(&flow.clone()).await",
        "let g = flow.clone(); flow.workflow().helper(g).await",
        "let call = flow.search(t); flow.workflow().helper(call).await",
        "flow.workflow().helper(flow.search(t)).await",
        "flow.workflow().each(|x| flow.search(x)).await",
        "flow.workflow().each(async { flow.search(x).await }).await",
        "let all = flow.workflow().topics.iter().map(|t| flow.search(t)).collect::<Vec<_>>(); flow.parallel(all).await",
        // Another of the same name.
        "let w = flow.workflow(); { let w = other(flow); w.search(t).await?; } x",
        "let w = flow.workflow(); all.map(|w| w.search(t)); x",
        "let w = flow.workflow(); match a { w => w.search(t).await, _ => x }",
        "let w = flow.workflow(); for w in all { w.search(t).await?; } x",
        "let w = flow.workflow(); if let Some(w) = a { w.search(t).await?; } x",
        "{ let w = flow.workflow(); } w.search(t).await",
        // Plain values.
        "flow.workflow().reader.read(p); flow.workflow().map.get(k); flow.workflow().config.load(p)",
        "flow.workflow().list.remove(0); let x = flow.workflow().n.get(); x",
        "let mut s = flow.state(); s.n += 1; s.log.push(x); flow.search(s.n).await",
        "let last = flow.state().log.pop(); flow.search(last).await",
        "flow.search(flow.state().queue.remove(0)).await",
        "let b = flow.state().n <= 3 && flow.state().n == 2; b",
        "total += flow.state().n; total = flow.state().n; x",
        // Functions of the flow's own.
        "let sleep = |t| flow.sleep(t); sleep(t).await?; x",
        "fn read_to_string(v: &V) -> String { v.text() } read_to_string(&v)",
        "let timeout = |t, call| call; timeout(t, flow.search(t)).await",
        "timeout(3, 4); let timeout = 3; timeout",
        "if select_all { flow.log().await?; } x",
        "let select_all = |list| list; select_all(calls)",
        "let join_all = true; f(join_all); a.map(|thread_rng| thread_rng + 1)",
        // Items of the flow's own.
        "struct Timer; impl Timer { fn after() {} } struct File; Timer::after(3); File::open(2)",
        "enum Ordering { Release } if let Ordering::Release = o { x } else { y }",
        "mod fs { pub fn read() {} } fs::read(); odd!(a => fs::read ;)",
        "macro_rules! join { () => {} } macro_rules! print { () => {} } print!(a); join!(x, 2)",
        "let text = stringify!(Utc::now(), println!()); text",
        // Methods of the user's own.
        "if options.buffered() { x } else { y }",
        "let x = flow.buffered(3); x",
        // What is pure below a listed module.
        "let ip = std::net::Ipv4Addr::LOCALHOST; std::net::SocketAddr::from((ip, 80))",
        "let os = std::env::consts::OS; reqwest::StatusCode::OK == sqlx::types::Json(os)",
        "let mut r = rand::rngs::StdRng::seed_from_u64(3); rand::Rng::random(&mut r)",
        // Another of the flow's name.
        "rates.iter().map(|flow| { flow.log(); flow.helper(); flow.state(); 1 }); x",
        "for flow in rates { flow.log(); } x",
        "flow.parallel(ts.into_iter().map(|t| flow.search(t)).collect::<Vec<_>>()).await",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
    for (body, part) in [
        ("let sleep = sleep(d); sleep.await; x", "flow.sleep(..)"),
        (
            "let r = rand::rngs::StdRng::from_os_rng(); r",
            "flow.random()",
        ),
        ("let r = std::net::TcpListener::bind(a); r", "in a step"),
        (
            "{ let flow = rate; flow.log(); } flow.log(); x",
            "add `.await?`",
        ),
        ("let flow = flow.clone(); flow.log(); x", "add `.await?`"),
        ("let flow = &flow; flow.search(t)", "has not run yet"),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(part), "{body}: {messages:?}");
    }
    for body in [
        "#[allow_in_flow(network = \"only warms up\")] flow.workflow().client.ping().await?; x",
        "#[allow_in_flow(environment = \"set before the start\")] let n = flow.workflow().seen.read().len(); n",
        "#[allow_in_flow(timer = \"only shown\")] let n = timeout(t, flow.search(t)).await; n",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_helper_may_be_called_as_a_method_of_the_flow_is() {
    for name in ["now", "confirm", "say", "history", "workflow", "clone"] {
        let item = format!(
            "impl A {{ #[step] async fn a(&self) -> Result<()> {{ Ok(()) }} fn {name}(&self) -> u32 {{ 3 }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ let x = flow.{name}(); show(x); flow.a().await }} }}"
        );
        assert_eq!(errors(workflow("", &item)), Vec::<String>::new(), "{name}");
    }
    let parameter = "impl A { #[step] async fn a(&self) -> Result<()> { Ok(()) }
         #[flow] async fn run(flow: &Flow<Self>, sleep: Callback) -> Result<()> { sleep(3); flow.a().await } }";
    assert_eq!(errors(workflow("", parameter)), Vec::<String>::new());
}

#[test]
fn another_type_of_the_same_name_is_not_the_workflow() {
    let found = errors(workflow(
        "",
        "impl Article {
            #[step] async fn search(&self) -> Result<()> { Ok(()) }
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {
                let x = model::Article::search(3); flow.search().await
            }
        }",
    ));
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_helper_on_self_is_to_become_a_step() {
    let of = |kind: &str, body: &str| {
        errors(workflow(
            "",
            &format!(
                "impl Article {{
                    #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
                    {kind} fn plain(&self) -> Result<()> {{ Ok(()) }}
                    #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {body}; flow.search().await }}
                }}"
            ),
        ))
    };
    assert_eq!(
        of("async", "self.plain().await?"),
        [
            "`plain` is not a step, so nothing of it is recorded; put `#[step]` on `fn plain` and write `flow.plain(..)`"
        ]
    );
    let of_workflow = ["a flow has no `self`; write `flow.workflow()`"];
    assert_eq!(of("", "self.plain()?"), of_workflow);
    assert_eq!(of("async", "self.field.len()"), of_workflow);
}
