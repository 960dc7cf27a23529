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
        ("tokio::time::sleep(x).await;", "flow.sleep(..).await?"),
        ("tokio::time::timeout(x, y).await;", "timeout"),
        ("tokio::spawn(x);", "flow.parallel((..)).await?"),
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
        ("std::println!(\"{}\", x);", "use `flow.say(format!(..))`"),
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
        (
            "time::timeout(x, y).await;",
            "flow.race((flow.sleep(..), ..)).await?",
        ),
        ("std::thread::sleep(x);", "flow.sleep(..)"),
        ("task::spawn_blocking(x);", "make it a step"),
        ("let s = JoinSet::new();", "flow.parallel((..)).await?"),
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
            "write `flow.ask::<T>(..).await?`",
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
        (
            "let x = s.buffer_unordered(4);",
            "`flow.map(..).limit(n).await?`",
        ),
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
fn advice_names_the_flow_as_its_author_does() {
    let item = "impl A { #[step] async fn a(&self) -> Result<()> { Ok(()) }
        #[flow] async fn run(f: &Flow<Self>) -> Result<()> {
            tokio::time::sleep(x).await; let t = tokio::spawn(f.a()); let n = Instant::now(); f.race((f.a(), sleep(x))).await?; f.a().await
        } }";
    let found = errors(workflow("", item));
    let advice = [
        "write `f.sleep(..).await?`, which",
        "write `f.a(..).await?`, or for several at the same time `f.parallel((..)).await?`",
        "use `f.now()`, which",
        "write `f.sleep(..)`, which",
    ];
    for part in advice {
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{part}: {found:#?}"
        );
    }
}

#[test]
fn lint_leaves_the_rest_alone() {
    for body in [
        "let t = flow.now();",
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
