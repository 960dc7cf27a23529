//! What a flow must not do, and how it is allowed to.

use super::reading::lint;
use super::{errors, workflow};

#[test]
fn lint_names_the_replacement() {
    for (body, replacement) in [
        ("let t = SystemTime::now();", "flow.now()"),
        ("let t = std::time::Instant::now();", "flow.now()"),
        ("let t = chrono::Utc::now();", "flow.now()"),
        ("let t = Local::now();", "flow.now()"),
        ("let t = rand::random::<u8>();", "flow.random()"),
        ("let t = rand::rng().random();", "flow.random()"),
        ("let t = Uuid::new_v4();", "flow.uuid()"),
        ("let t = uuid::Uuid::now_v7();", "flow.uuid()"),
        ("tokio::time::sleep(x).await;", "flow.sleep(..)"),
        ("tokio::time::timeout(x, y).await;", "timeout"),
        ("tokio::spawn(x);", "flow.parallel(..)"),
        ("tokio::task::spawn_blocking(x);", "make it a step"),
        ("tokio::select! { a = b => c }", "flow.race((..))"),
        ("let x = tokio::join!(a, b);", "flow.parallel((..))"),
        ("let x = futures::try_join!(a, b);", "flow.parallel((..))"),
        ("let x = std::fs::read(p);", "in a step"),
        ("let x = std::net::TcpStream::connect(p);", "in a step"),
        ("let x = std::env::var(p);", "in a step"),
        ("std::thread::spawn(f);", "in a step"),
        (
            "let x = self.search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = flow.workflow().search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self::search(flow.workflow(), topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self::polish(flow, topic).await?;",
            "call a sub-flow as `flow.polish(..)`",
        ),
        (
            "let x = crate::Article::search(flow.workflow(), topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = <Self>::search(flow.workflow(), topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = <crate::Article>::search(flow.workflow(), topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = crate::Article::polish(flow, topic).await?;",
            "call a sub-flow as `flow.polish(..)`",
        ),
        (
            "let x = Article.search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = (&crate::Article { a: 1 }).search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Article::new().search(topic).await?;",
            "write `flow.search(..)`",
        ),
        (
            "let x = Self(1).search(topic).await?;",
            "write `flow.search(..)`",
        ),
        ("let x = flow.run(topic).await?;", "which no flow calls"),
        ("Self::run(flow, topic).await", "which no flow calls"),
        ("std::println!(\"{}\", x);", "use `flow.say(..)`"),
        (
            "let x = dbg!(flow.search(topic).await?);",
            "use `flow.say(..)`",
        ),
        ("flow.log();", "add `.await?`"),
        ("flow.log().retry(x);", "add `.await?`"),
        ("let _ = flow.log();", "add `.await?`"),
        ("flow.sleep(x);", "add `.await?`"),
        ("flow.helper();", "put `#[step]` on"),
        ("format!(\"{:?}\", SystemTime::now());", "flow.now()"),
        ("let v = vec![Uuid::new_v4(); 3];", "flow.uuid()"),
        ("odd!(a => std::fs::read(p) ;);", "in a step"),
        ("odd!(a => Instant::now)", "flow.now()"),
        (
            "let x = items.iter().map(|_| Uuid::new_v4());",
            "flow.uuid()",
        ),
        ("let f = SystemTime::now;", "flow.now()"),
        ("let t = jiff::Zoned::now();", "flow.now()"),
        ("let t = tokio::time::Instant::now();", "flow.now()"),
        ("let t = fastrand::u8(..);", "flow.random()"),
        ("getrandom::fill(&mut x)?;", "flow.random()"),
        ("let r = thread_rng();", "flow.random()"),
        ("let t = Uuid::new_v7(x);", "flow.uuid()"),
        ("tokio::time::interval(x);", "flow.sleep(..)"),
        ("time::sleep(x).await;", "flow.sleep(..)"),
        ("time::timeout(x, y).await;", "flow.race(..)"),
        ("std::thread::sleep(x);", "flow.sleep(..)"),
        ("task::spawn_blocking(x);", "make it a step"),
        ("let s = JoinSet::new();", "flow.parallel(..)"),
        ("let x = join!(a, b);", "flow.parallel((..))"),
        (
            "let x = futures_util::select! { x => y };",
            "flow.race((..))",
        ),
        ("futures::future::join(a, b).await;", "flow.parallel((..))"),
        ("join_all(calls).await;", "flow.map(..)"),
        ("future::select(a, b).await;", "flow.race((..))"),
        ("futures::future::select_ok(a).await;", "flow.race((..))"),
        ("tokio::fs::read(p).await;", "in a step"),
        ("fs::read_to_string(p)?;", "in a step"),
        ("let f = std::fs::File::open(p)?;", "in a step"),
        ("let x = reqwest::get(p).await?;", "in a step"),
        ("let x = reqwest::Client::new();", "in a step"),
        ("let x = env::var(p);", "in a step"),
        (
            "let x = std::process::Command::new(p).status();",
            "in a step",
        ),
        ("tokio::process::Command::new(p);", "in a step"),
        ("std::process::exit(1)", "in a step"),
        ("eprintln!(\"x\");", "use `flow.say(..)`"),
        ("print!(\"x\");", "use `flow.say(..)`"),
        (
            "std::io::stdin().read_line(&mut x)?;",
            "use `flow.ask::<T>(..)`",
        ),
        ("flow.confirm(\"x\");", "add `.await?`"),
        ("flow.race((a, b)).first_ok();", "add `.await?`"),
        ("let _ = flow.call::<W>(x);", "add `.await?`"),
        ("flow.map(a, |a| flow.read(a)).settle();", "add `.await?`"),
        ("let t = UtcDateTime::now();", "flow.now()"),
        (
            "let t = flow.now().elapsed();",
            "flow.now().duration_since(..)",
        ),
        (
            "let start = flow.now(); f(start.elapsed());",
            "flow.now().duration_since(..)",
        ),
        ("let id = nanoid::nanoid!(10);", "flow.uuid()"),
        ("let id = bson::oid::ObjectId::new();", "flow.uuid()"),
        ("let n = OsRng.next_u64();", "flow.random()"),
        ("sleep(x).await;", "flow.sleep(..)"),
        ("async_std::task::sleep(x).await;", "flow.sleep(..)"),
        ("spawn_blocking(x);", "make it a step"),
        ("rayon::join(a, b);", "in a step"),
        ("let x = s.buffer_unordered(4);", "`flow.map(..).limit(n)`"),
        ("fs::create_dir_all(p)?;", "in a step"),
        ("let f = std::fs::OpenOptions::new();", "in a step"),
        ("let d = tempfile::tempdir()?;", "in a step"),
        ("let x = sqlx::query(q);", "in a step"),
        ("let x = env::args();", "in a step"),
        ("let n = num_cpus::get();", "in a step"),
        ("write!(std::io::stdout(), \"x\");", "use `flow.say(..)`"),
        (
            "let n = COUNT.load(Ordering::SeqCst);",
            "put it into the state",
        ),
        (
            "let n = COUNT.load(atomic::Ordering::Relaxed);",
            "put it into the state",
        ),
        ("tracing::info!(\"{}\", Utc::now());", "use `flow.now()`"),
    ] {
        let messages = lint(body);
        assert_eq!(messages.len(), 1, "{body}: {messages:?}");
        assert!(messages[0].contains(replacement), "{body}: {messages:?}");
    }
}

#[test]
fn lint_leaves_the_rest_alone() {
    for body in [
        "let t = flow.now().await?;",
        "let x = my::fs::read(p); let y = crate::rand::thing(); let z = operand::x();",
        "let d = std::time::Duration::from_secs(1);",
        "let x = flow.search(topic).await; flow.log().await?; x",
        "let call = flow.search(topic); call.await",
        "flow.workflow().helper(); Self::helper(flow.workflow());",
        "let x = parts.join(\",\");",
        "flow.say(\"x\");",
        "let x = other.search(topic).await?; let y = Other.search(topic).await?;",
        "let x = Article::LIMIT.min(3);",
        "Self::new(flow)",
        "let d = tokio::time::Duration::from_secs(1); let c = std::process::ExitCode::SUCCESS;",
        "let select = 3; let timeout = select; let x = my::future_of::select(select);",
        "join(a, b); select(a); parts.join_all();",
        // What is logged may be logged twice.
        "tracing::info!(topic, \"it goes on\"); log::warn!(\"{topic}\");",
        "let sleep = flow.sleep(x); flow.race((flow.log(), sleep)).await?; x",
        "let spawn = 1; let x = a.cmp(&b) == Ordering::Less;",
        "let x = report.elapsed(); let id = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b\"x\");",
        "let random = StdRng::seed_from_u64(flow.random_below(9) as u64);",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

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
            "`flow.state()` is a copy; change the state in a step",
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
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ let x = flow.{name}(); flow.a().await }} }}"
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
