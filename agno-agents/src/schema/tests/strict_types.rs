//! Types as strict schemas, and types that cannot be.

use insta::assert_snapshot;

use super::*;

#[test]
fn a_struct_of_everything_usual() {
    assert_snapshot!(pretty::<Post>(OPEN_AI));
}

#[test]
fn anthropic_leaves_out_and_knows_no_limits() {
    assert_snapshot!(pretty::<Post>(ANTHROPIC));
}

#[test]
fn enums_of_every_tagging() {
    let all = [
        pretty::<Mood>(OPEN_AI),
        pretty::<Shape>(OPEN_AI),
        pretty::<Internal>(OPEN_AI),
        pretty::<Adjacent>(OPEN_AI),
        pretty::<Untagged>(OPEN_AI),
    ];
    assert_snapshot!(all.join("\n"));
}

#[test]
fn what_is_flattened_is_written_out() {
    assert_snapshot!(pretty::<Flat>(OPEN_AI));
}

#[test]
fn types_that_contain_themselves() {
    let both = [
        pretty::<Tree>(OPEN_AI),
        pretty::<Expression>(OPEN_AI),
        pretty::<Vec<Tree>>(OPEN_AI),
    ];
    assert_snapshot!(both.join("\n"));
}

#[test]
fn keys_known_beforehand_are_fields() {
    let schema = strict::<ByKey>(OPEN_AI);
    let counts = &schema["properties"]["counts"];
    assert_eq!(counts["required"], json!(["A", "B"]));
    let read = OutputSchema::of::<ByKey>(OPEN_AI).unwrap();
    let read: ByKey = read.read(r#"{"counts":{"A":1,"B":null}}"#).unwrap();
    assert_eq!(read.counts, BTreeMap::from([(Key::A, 1)]));
}

#[test]
fn everything_inexpressible_is_named_at_once() {
    let error = OutputSchema::of::<Bad>(OPEN_AI).unwrap_err();
    assert_eq!(error.type_name, "Bad");
    assert_snapshot!(error, @r"
    `Bad`: a map with arbitrary keys cannot be strict; use a Vec of pairs, or `.strict(false)`
    `Bad.inner[].any`: a value of any shape cannot be strict; use a type that says what it holds, or `.strict(false)`
    `Bad.inner[].list[]`: a value of any shape cannot be strict; use a type that says what it holds, or `.strict(false)`
    `Bad.inner[].never`: a type without values cannot be answered; give it a variant, or `.strict(false)`
    `Bad.m`: a map with arbitrary keys cannot be strict; use a Vec of pairs, or `.strict(false)`
    `Bad.pair`: a tuple cannot be strict; use a struct with named fields, or an array of one type, or `.strict(false)`
    ");
    let error = OutputSchema::of::<Vec<(u8, u8)>>(OPEN_AI).unwrap_err();
    assert_eq!(error.problems[0].obstacle, Obstacle::Tuple);
    let error = OutputSchema::of::<HashMap<String, u8>>(ANTHROPIC).unwrap_err();
    assert_eq!(error.problems[0].obstacle, Obstacle::Map);
}
