//! Calls in the order of a `HashMap`.

use super::reading::lint;

const CALL: &str = "{ flow.search(x).await?; }";

#[test]
fn calls_in_the_order_of_a_map() {
    for (body, set) in [
        ("let m: HashMap<K, V> = f(); for x in m CALL y", false),
        (
            "let m: std::collections::HashMap<K, V> = f(); for x in &m CALL y",
            false,
        ),
        (
            "let mut m = HashMap::new(); for x in m.iter() CALL y",
            false,
        ),
        (
            "let m = f.collect::<HashMap<_, _>>(); for x in m.values().cloned() CALL y",
            false,
        ),
        (
            "let m = HashMap::from([a]); for x in m.into_values().flatten() CALL y",
            false,
        ),
        ("let m: HashSet<K> = f(); for x in m CALL y", true),
        (
            "let m = vec![a]; let m: HashSet<K> = m.into_iter().collect(); for x in m CALL y",
            true,
        ),
        ("if a { let m = HashMap::new(); for x in m CALL } y", false),
        (
            "let m = HashMap::new(); flow.map(m, |x| flow.search(x)).await?; y",
            false,
        ),
        (
            "let m = HashMap::new(); flow.map(m.into_keys(), |x| flow.search(x)).await?; y",
            false,
        ),
        (
            "let m = HashMap::new(); let xs: Vec<X> = m.into_iter().map(f).collect(); flow.map(xs, |x| flow.search(x)).await?; y",
            false,
        ),
        (
            "let m: HashSet<X> = f(); let xs = m.iter().cloned().collect::<Vec<_>>(); for x in xs.iter().take(3) CALL y",
            true,
        ),
    ] {
        let found = lint(&body.replace("CALL", CALL));
        let [only] = &found[..] else {
            panic!("{body}: {found:?}");
        };
        let (name, ordered) = match set {
            true => ("HashSet", "BTreeSet"),
            false => ("HashMap", "BTreeMap"),
        };
        assert_eq!(
            *only,
            format!(
                "the order of a `{name}` differs after a resume; take a `{ordered}`, or sort what is in it first"
            ),
            "{body}"
        );
    }
}

#[test]
fn what_has_one_order_or_makes_no_call() {
    for body in [
        "let m = HashMap::new(); for x in m { sum += x; } y",
        "let m = HashMap::new(); for x in m { flow.say(x); } y",
        "let m = BTreeMap::new(); for x in m CALL y",
        "let m = vec![a]; { let m = HashMap::new(); f(m); } for x in m CALL y",
        "let m = HashMap::new(); for m in f(m) { for x in m CALL } y",
        "let m = HashMap::new(); let f = |m: Vec<T>| async { for x in m CALL }; y",
        "let m = HashMap::new(); sorted!(m); for x in m CALL y",
        "let m = HashMap::new(); let (m, n) = f(m); for x in m CALL y",
        "let m = HashMap::new(); let mut m: Vec<_> = m.into_iter().collect(); m.sort(); for x in m CALL y",
        "let m = HashMap::new(); for x in m.into_iter().sorted() CALL y",
        "let m = HashMap::new(); for x in m.get(a) CALL y",
        "let m: HashMap<K, V, FixedState> = f(); for x in m CALL y",
        "let m: my::HashMap<K, V> = f(); for x in m CALL y",
        "struct HashMap; let m = HashMap::new(); for x in m CALL y",
    ] {
        let body = body.replace("CALL", CALL);
        let found = lint(&body);
        let mut found = found.iter();
        assert!(
            !found.any(|said| said.contains("differs after a resume")),
            "{body}"
        );
    }
}

#[test]
fn an_allowance_covers_it() {
    let body = format!(
        "let m = HashMap::new(); #[allow_in_flow(order = \"there is one\")] for x in m {CALL} y"
    );
    assert_eq!(lint(&body), Vec::<String>::new());
}
