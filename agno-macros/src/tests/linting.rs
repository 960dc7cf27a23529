//! What a flow must not do, and how it is allowed to.

use super::reading::lint;

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
        ("tokio::task::spawn_blocking(x);", "flow.parallel(..)"),
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
        ("task::spawn_blocking(x);", "flow.parallel(..)"),
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
        ("spawn_blocking(x);", "flow.parallel(..)"),
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
