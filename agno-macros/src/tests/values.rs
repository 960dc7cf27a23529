//! Calls and their results where a value is wanted: operands, texts, branches, lists and assignments.

use super::reading::lint;

const IS_RESULT: &str = "is a `Result`; write `.await?`";
const ADD: &str = "has not run yet; add `.await?`";
const CLOSURE: &str = "a closure cannot wait for";

#[track_caller]
fn one(body: &str, part: &str) {
    let found = lint(body);
    assert_eq!(found.len(), 1, "{body}: {found:?}");
    assert!(found[0].contains(part), "{body}: {found:?}");
}

#[track_caller]
fn none(body: &str) {
    assert_eq!(lint(body), Vec::<String>::new(), "{body}");
}

#[test]
fn a_result_is_no_operand() {
    for body in [
        "f(flow.search(topic).await + 1)",
        "f(1 + flow.search(topic).await)",
        "let n = flow.search(topic).await; f(n * 2)",
        "let n = flow.search(topic).await; f(-n)",
        "let n = flow.search(topic).await; f(m > n)",
        "sum += flow.search(topic).await; x",
        "f(a && flow.confirm(\"x\").await)",
        "f(flow.search(topic).await == 3)",
        "f(\"a\" != flow.search(topic).await)",
        "let n = flow.search(topic).await; f(n == -1)",
        "let n = flow.search(topic).await; let t: u8 = f(); f(n == t)",
        "let n = flow.search(topic).await; let m = String::new(); f(m == n)",
    ] {
        one(body, IS_RESULT);
    }
}

#[test]
fn results_may_be_compared() {
    for body in [
        "f(flow.search(topic).await == Ok(3))",
        "f(flow.search(topic).await == flow.search(topic).await)",
        "let n = flow.search(topic).await; let m = flow.search(topic).await; f(n == m)",
        "let n = flow.search(topic).await; let m = f(); f(n != m)",
        "let n = flow.search(topic).await; f(n == flow.search(topic).settle().await?)",
        "let n = flow.search(topic).await; f(n == topic)",
        "f(flow.search(topic).await == flow.read(topic).await?)",
        "let n = flow.search(topic).await?; f(n + 1)",
    ] {
        none(body);
    }
}

#[test]
fn a_result_is_shown_by_debug_only() {
    for body in [
        "f(format!(\"{}\", flow.search(topic).await))",
        "f(format!(\"{n:>5}\", n = flow.search(topic).await))",
        "let n = flow.search(topic).await; f(format!(\"{n}\"))",
        "let n = flow.search(topic).await; f(format!(\"{n:>5} {:?}\", x))",
        "let n = flow.search(topic).await; ensure!(x, \"{}\", n); x",
        "let n = flow.search(topic).await; flow.say(format!(\"{{}} {n}\")); x",
    ] {
        one(body, IS_RESULT);
    }
    one(
        "let n = flow.search(topic); f(format!(\"{n}\"))",
        "write `let n = flow.search(..).await?;`",
    );
    for body in [
        "let n = flow.search(topic).await; f(format!(\"{n:?} {:#?}\", n))",
        "let n = flow.search(topic).await; f(format!(\"{{n}}\"))",
        "let n = flow.search(topic).await; f(format!(\"{n}\", n = 3))",
        "let n = flow.search(topic).await; f(format!(\"{0:?}\", n))",
        "let n = flow.search(topic).await?; f(format!(\"{n}\"))",
        "let n = flow.search(topic).await; panic!(\"{n}\")",
        "macro_rules! format { ($($t:tt)*) => { 0 } } let n = flow.search(topic).await; f(format!(\"{n}\"))",
    ] {
        none(body);
    }
}

#[test]
fn a_call_in_one_branch_is_awaited_there() {
    for body in [
        "let r = if a { flow.search(topic) } else { topic }; f(r)",
        "let r = if a { \"x\".to_string() } else { flow.search(topic) }; f(r)",
        "let r = match a { 0 => flow.search(topic), _ => String::new() }; f(r)",
        "let t = format!(\"x\"); let r = if a { flow.search(x) } else { t }; f(r)",
        "let t: String = f(); let r = if a { flow.search(x) } else { t }; f(r)",
        "let r = if a { flow.search(x) } else { flow.read(x).await? }; f(r)",
        "let mut best = flow.search(x).await?; best = flow.read(y); f(best)",
        "best = flow.read(best.clone()); f(best)",
    ] {
        one(body, ADD);
    }
}

#[test]
fn a_call_in_each_branch_is_awaited_behind_them() {
    for body in [
        "let r = if a { flow.search(x) } else { flow.search(y) }; r.await",
        "let t = flow.search(x); let r = if a { flow.search(y) } else { t }; r.await",
        "let t = f(flow); let r = if a { flow.search(y) } else { t }; r.await",
        "let r = if a { flow.search(y) } else { f(flow).await? }; r.await",
        "let r = if a { flow.search(y) } else { return x }; r.await",
        "for topic in calls { let r = if a { flow.search(y) } else { topic }; r.await?; } x",
        "bind!(t); let t = \"x\"; bind!(t); let r = if a { flow.search(y) } else { t }; r.await",
        "let mut best = flow.search(x); best = flow.read(y); best.await",
        "let best; best = flow.read(y); best.await",
    ] {
        none(body);
    }
}

#[test]
fn a_list_of_calls_has_no_values() {
    for body in [
        "let mut all = Vec::new(); for i in items { all.push(flow.search(i)); } for q in all { f(q.price); } x",
        "let mut all = vec![]; all.push(flow.search(i)); for q in &all { f(q.price); } x",
        "let mut all = vec![]; all.push(flow.search(i)); f(all.iter().map(|q| q.price).sum())",
        "let mut all = vec![]; all.push(flow.search(i)); f(all[0].price)",
        "let mut all: Vec<T> = Vec::new(); all.push(flow.search(i)); f(all)",
    ] {
        one(body, ADD);
    }
    for body in [
        "let all: Vec<_> = items.iter().map(|i| flow.search(i)).collect(); for q in all { f(q.price); } x",
        "let all: Vec<T> = items.iter().map(|i| flow.search(i)).collect(); f(all)",
        "f(items.iter().map(|i| { flow.search(i) }).collect::<Vec<T>>())",
        "f(items.iter().map(|i| flow.search(i)).collect::<Vec<String>>())",
    ] {
        one(body, CLOSURE);
    }
}

#[test]
fn a_list_of_calls_is_a_list() {
    for body in [
        "let all: Vec<_> = items.iter().map(|i| flow.search(i)).collect(); flow.parallel(all).await?; x",
        "f(items.iter().map(|i| flow.search(i)).collect::<Vec<StepCall<T>>>())",
        "let mut all = Vec::new(); all.push(flow.search(i)); for q in all { q.await?; } x",
        "let mut all = Vec::new(); all.push(flow.search(i)); all.push(other); for q in all { f(q.price); } x",
        "let mut all = Vec::new(); all.push(flow.search(i)); let all = flow.parallel(all).await?; for q in all { f(q.price); } x",
        "let mut all = Vec::new(); all.push(flow.search(i)); let got = flow.parallel(all).await?; for q in got { f(q.price); } x",
        "let mut all = Vec::new(); all.push(flow.search(i)); for q in all { let q = q.await?; f(q.price); } x",
    ] {
        none(body);
    }
}

#[test]
fn what_a_race_does_not_have() {
    for (body, part) in [
        (
            "f(flow.race((flow.log(), flow.log())).await?.price)",
            "`Winner::First(x)",
        ),
        (
            "let w = flow.race((flow.log(), flow.log())).await?; f(w.price)",
            "a `Winner`",
        ),
        (
            "f(flow.race(vec![flow.log(), flow.log()]).await?.price)",
            "write `.1.price`",
        ),
        (
            "let w = flow.race(vec![flow.log(), flow.log()]).await?; f(w.price)",
            "write `.1.price`",
        ),
    ] {
        one(body, part);
    }
    for body in [
        "f(flow.workflow().price)",
        // In an editor it is half typed.
        "f(flow.price)",
        "let w = flow.race(vec![flow.log(), flow.log()]).await?; f(w.1.price)",
        "let w = flow.race((flow.log(), flow.log())).await?; let w = f(w); f(w.price)",
        "f(flow.race(calls).await?.price)",
    ] {
        none(body);
    }
}

#[test]
fn the_closure_of_a_map_ends_with_its_call() {
    for body in [
        "flow.map(items, |i| { flow.search(i); }).await?; x",
        "flow.map(items, |i| { let i = f(i); flow.search(i).timeout(t); }).await?; x",
    ] {
        one(body, "answers `flow.search(..)`; remove this `;`");
    }
    one("items.for_each(|i| { flow.search(i); }); x", CLOSURE);
    one(
        "f(async { flow.search(i); })",
        "does nothing until it is awaited; add `.await?`",
    );
}

#[test]
fn the_result_of_a_list_is_not_gone_through() {
    let found = |body: &str| {
        let item = format!(
            "impl A {{ #[step] async fn list(&self) -> Result<Vec<T>> {{ x }}
             #[step] async fn check(&self, item: T) -> Result<T> {{ x }}
             #[step] async fn all(&self, items: Vec<T>) -> Result<T> {{ x }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ {body} }} }}"
        );
        super::errors(super::workflow("", &item))
    };
    for body in [
        "let r = flow.list().await; for o in r { flow.check(o).await?; } x",
        "let r = flow.list().await; for o in &r { flow.check(o.clone()).await?; } x",
        "let r = flow.list().await; for o in r { f(o.price); } x",
    ] {
        let found = found(body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].contains(IS_RESULT), "{body}: {found:?}");
    }
    for body in [
        "let r = flow.list().await; for all in r { for o in all { flow.check(o).await?; } } x",
        "let r = flow.list().await; for all in r { flow.all(all).await?; } x",
        "let r = flow.list().await?; for o in r { flow.check(o).await?; } x",
    ] {
        assert_eq!(found(body), Vec::<String>::new(), "{body}");
    }
}
