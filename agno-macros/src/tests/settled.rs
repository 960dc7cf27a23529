//! What is made of `.settle().await` without `?`: a `Result` in a `Result`.

use super::reading::lint;

const SAID: &str = "is a `Result` in a `Result`; write `.settle().await?`";

#[test]
fn the_outer_result_taken_for_the_outcome() {
    for body in [
        "let x = flow.search(topic).settle().await.is_err(); x",
        "let x = flow.search(topic).settle().await.unwrap_or_default(); x",
        "let x = flow.search(topic).settle().await.unwrap_or_else(|_| Vec::new()); x",
        "if flow.search(topic).timeout(t).settle().await.is_ok() { f() } x",
        "if let Err(e) = flow.search(topic).settle().await { f(e) } x",
        "if let Ok(_) = flow.search(topic).settle().await { f() } x",
        "if let Ok(x) = flow.search(topic).settle().await { flow.say(format!(\"{}\", x.len())) } y",
        "if let Ok(x) = flow.search(topic).settle().await { flow.say(format!(\"{x}\")) } y",
        "let Ok(x) = flow.search(topic).settle().await else { return y }; f(x.title)",
        "while let Ok(_) = flow.search(topic).settle().await { f() } x",
        "match flow.search(topic).settle().await { Ok(_) => a, Err(e) => b }",
        "match flow.search(topic).settle().await { Err(e) => b, _ => a }",
    ] {
        let found = lint(body);
        let [only] = &found[..] else {
            panic!("{body}: {found:?}");
        };
        assert!(only.ends_with(SAID), "{body}: {only}");
    }
}

#[test]
fn who_looks_into_the_outcome_is_right() {
    for body in [
        "let outcome = flow.search(topic).settle().await; f(outcome)",
        "let outcome = flow.search(topic).settle().await?; f(outcome.is_err())",
        "if flow.search(topic).settle().await?.is_err() { f() } x",
        "match flow.search(topic).settle().await? { Ok(_) => a, Err(e) => b }",
        "match flow.search(topic).settle().await { Ok(Ok(x)) => a, Ok(Err(e)) => b, Err(e) => c }",
        "match flow.search(topic).settle().await { Ok(Ok(x)) => a, _ => b }",
        "match flow.search(topic).settle().await { Ok(inner) => match inner { Ok(x) => a, Err(e) => b }, Err(e) => c }",
        "match flow.search(topic).settle().await { Ok(inner) => inner?, Err(e) => c }",
        "match flow.search(topic).settle().await { Ok(inner) => inner.is_ok(), Err(e) => false }",
        "match flow.search(topic).settle().await { Ok(inner) => inner, Err(e) => Err(e) }",
        "let x = match flow.search(topic).settle().await { Ok(inner) => inner, Err(e) => return Err(e) }; x?",
        "match flow.search(topic).settle().await { Ok(x) => xs.push(x), Err(e) => flow.say(format!(\"{e}\")) } y",
        "match flow.search(topic).settle().await { Ok(outcome) => log(outcome), Err(e) => flow.say(format!(\"{e}\")) } y",
        "match flow.search(topic).settle().await { outcome => f(outcome) }",
        "if let Ok(Err(e)) = flow.search(topic).settle().await { f(e) } x",
        "if let Ok(inner) = flow.search(topic).settle().await { if let Err(e) = inner { f(e) } } x",
        "if let Ok(inner) = flow.search(topic).settle().await { xs.push(inner) } x",
        "if let Ok(inner) = flow.search(topic).settle().await { f(format!(\"{inner:?}\")) } x",
        "if let Ok(inner) = flow.search(topic).settle().await { assert!(matches!(inner, Err(_))) } x",
        "let Ok(inner) = flow.search(topic).settle().await else { return y }; inner",
        "let x = flow.search(topic).settle().await.unwrap_or_else(Err); x",
        "let x = flow.search(topic).settle().await.unwrap_or_else(|e| Err(e)); x",
        "let x = flow.search(topic).settle().await.ok().and_then(Result::ok); x",
        "let x = flow.search(topic).settle().await.and_then(|x| x); x",
        "let f = async { flow.search(topic).settle().await.is_err() }; x",
        "let x = flow.search(topic).settled().await.is_err(); x",
    ] {
        let found = lint(body);
        assert!(
            found.iter().all(|said| !said.contains(SAID)),
            "{body}: {found:?}"
        );
    }
}
