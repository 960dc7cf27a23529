use super::*;

#[test]
fn the_form_of_a_report() {
    let report = shown::<BlogInput>(r#"{"topik":"rust","words":"many"}"#);
    insta::assert_snapshot!(report, @"SNAP_");
}

#[test]
fn several_lines() {
    let text = "{\n  \"topic\": \"ru\",\n\n\n  \"words\": 12.5,\r\n\t\"tags\": [\"a\", \"B2\"],\n  \"mail\": \"me\",\n  \"tone\": \"formel\"\n}\n";
    insta::assert_snapshot!(shown::<BlogInput>(text), @"SNAP_");
}

#[test]
fn nested_places() {
    let text = r#"{"main":{"url":1},"more":[{"url":"u"},{"rank":"first","ulr":"u"}],"by_name":{"a b":{"url":"u","x":1}},"pair":[300],"maybe":{}}"#;
    insta::assert_snapshot!(shown::<Nested>(text), @"SNAP_");
}

#[test]
fn limits() {
    let text = r#"{"topic":"a","words":5,"tone":3}"#;
    insta::assert_snapshot!(shown::<BlogInput>(text), @"SNAP_");
    let text = format!(r#"{{"topic":"{}","words":9999999999}}"#, "x".repeat(41));
    insta::assert_snapshot!(shown::<BlogInput>(&text), @"SNAP_");
}

#[test]
fn the_whole_is_wrong() {
    insta::assert_snapshot!(shown::<BlogInput>("[1, 2]"), @"SNAP_");
    insta::assert_snapshot!(shown::<String>("17"), @"SNAP_");
    insta::assert_snapshot!(shown::<Vec<Source>>("{}"), @"SNAP_");
}

#[test]
fn tagged_enums() {
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"pgae","url":"u"}"#), @"SNAP_");
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"page","ulr":"u"}"#), @"SNAP_");
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"text","body":"b","url":"u"}"#), @"SNAP_");
    insta::assert_snapshot!(shown::<Internal>(r#"{"url":"u"}"#), @"SNAP_");
}

#[test]
fn plain_enums() {
    insta::assert_snapshot!(shown::<External>(r#""Pages""#), @"SNAP_");
    insta::assert_snapshot!(shown::<External>(r#""Page""#), @"SNAP_");
    insta::assert_snapshot!(shown::<External>(r#"{"Paeg":{"url":"u"}}"#), @"SNAP_");
    insta::assert_snapshot!(shown::<External>(r#"{"Page":{"url":7}}"#), @"SNAP_");
    insta::assert_snapshot!(shown::<External>("{}"), @"SNAP_");
    insta::assert_snapshot!(shown::<External>("3"), @"SNAP_");
}

#[test]
fn untagged_enums() {
    insta::assert_snapshot!(shown::<Untagged>("true"), @"SNAP_");
    insta::assert_snapshot!(shown::<Untagged>("-5"), @"SNAP_");
    insta::assert_snapshot!(shown::<Untagged>(r#"{"nmae":"x"}"#), @"SNAP_");
}

#[test]
fn flattened_enums() {
    let text = r#"{"z":1,"kind":"page","url":"u","nmae":"x","name":2}"#;
    insta::assert_snapshot!(shown::<FlatInternal>(text), @"SNAP_");
    let text = r#"{"z":true,"kind":"nothing","body":"b","name":"n"}"#;
    insta::assert_snapshot!(shown::<FlatInternal>(text), @"SNAP_");
}

#[test]
fn a_key_that_comes_twice() {
    let text = r#"{"topic":"rust","t\u006fpic":"java","words":60}"#;
    insta::assert_snapshot!(shown::<BlogInput>(text), @"SNAP_");
}

#[test]
fn programs_get_every_part() {
    let value = json!({ "topik": "rust", "words": "many" });
    let problems = InputSchema::of::<BlogInput>().check_value(&value).unwrap_err();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| json!(problem).to_string())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"SNAP_");
}

#[test]
fn not_json() {
    insta::assert_snapshot!(shown::<BlogInput>("  \n"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{topic: rust}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{'topic': 'rust'}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust\",}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\n  \"topic\": \"rust\"\n  \"words\": 300\n}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": None}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust\""), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{} {}"), @"SNAP_");
    insta::assert_snapshot!(shown::<BlogInput>("{\"日本\": tru}"), @"SNAP_");
    insta::assert_snapshot!(shown::<String>("rust is fun"), @"SNAP_");
}
