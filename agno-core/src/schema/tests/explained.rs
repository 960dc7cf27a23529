use super::*;

#[test]
fn the_form_of_a_report() {
    let report = shown::<BlogInput>(r#"{"topik":"rust","words":"many"}"#);
    insta::assert_snapshot!(report, @r#"
    error: input does not match `BlogInput`
      ┌ -i
      │ {"topik":"rust","words":"many"}
      │  ^^^^^^^ unknown field, did you mean `topic`?
      │                         ^^^^^^ expected integer, found string  (at .words)
      = missing: topic (string) — "what to write about"
    "#);
}

#[test]
fn several_lines() {
    let text = "{\n  \"topic\": \"ru\",\n\n\n  \"words\": 12.5,\r\n\t\"tags\": [\"a\", \"B2\"],\n  \"mail\": \"me\",\n  \"tone\": \"formel\"\n}\n";
    insta::assert_snapshot!(shown::<BlogInput>(text), @r#"
    error: input does not match `BlogInput`
      ┌ -i:2:12
    2 │   "topic": "ru",
      │            ^^^^ too short: expected at least 3 characters, found 2  (at .topic)
      ┆
    5 │   "words": 12.5,
      │            ^^^^ expected integer, found 12.5  (at .words)
    6 │     "tags": ["a", "B2"],
      │                   ^^^^ expected text that matches `^[a-z]+$`, found "B2"  (at .tags[1])
    7 │   "mail": "me",
      │           ^^^^ expected an e-mail address, found "me"  (at .mail)
    8 │   "tone": "formel"
      │           ^^^^^^^^ expected "casual" or "formal", found "formel", did you mean `formal`?  (at .tone)
    "#);
}

#[test]
fn nested_places() {
    let text = r#"{"main":{"url":1},"more":[{"url":"u"},{"rank":"first","ulr":"u"}],"by_name":{"a b":{"url":"u","x":1}},"pair":[300],"maybe":{}}"#;
    insta::assert_snapshot!(shown::<Nested>(text), @r#"
    error: input does not match `Nested`
      ┌ -i
      │ {"main":{"url":1},"more":[{"url":"u"},{"rank":"first","ulr":"u"}],"by_name":{"a b":{"url":"u","x…
      │                ^ expected string, found integer  (at .main.url)
      │                                               ^^^^^^^ expected integer, found string  (at .more[1].rank)
      │                                                       ^^^^^ unknown field, did you mean `url`?  (in .more[1])
      │                                                                                               ^^ unknown field, expected `rank` or `url`  (in .by_name["a b"])
      │ …url":"u","x":1}},"pair":[300],"maybe":{}}
      │                          ^^^^^ too short: expected at least 2 items, found 1  (at .pair)
      │                           ^^^ out of range: expected a number <= 255, found 300  (at .pair[0])
      = missing: .maybe.url (string) — "where it is"
      = missing: .more[1].url (string) — "where it is"
    "#);
}

#[test]
fn limits() {
    let text = r#"{"topic":"a","words":5,"tone":3}"#;
    insta::assert_snapshot!(shown::<BlogInput>(text), @r#"
    error: input does not match `BlogInput`
      ┌ -i
      │ {"topic":"a","words":5,"tone":3}
      │          ^^^ too short: expected at least 3 characters, found 1  (at .topic)
      │                      ^ out of range: expected a number >= 50, found 5  (at .words)
      │                               ^ expected "casual" or "formal", found integer  (at .tone)
    "#);
    let text = format!(r#"{{"topic":"{}","words":9999999999}}"#, "x".repeat(41));
    insta::assert_snapshot!(shown::<BlogInput>(&text), @r#"
    error: input does not match `BlogInput`
      ┌ -i
      │ {"topic":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","words":9999999999}
      │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ too long: expected at most 40 characters, found 41  (at .topic)
      │                                                              ^^^^^^^^^^ out of range: expected a number <= 5000, found 9999999999  (at .words)
    "#);
}

#[test]
fn the_whole_is_wrong() {
    insta::assert_snapshot!(shown::<BlogInput>("[1, 2]"), @r"
    error: input does not match `BlogInput`
      ┌ -i
      │ [1, 2]
      │ ^^^^^^ expected object with `topic`, found array
    ");
    insta::assert_snapshot!(shown::<String>("17"), @r"
    error: input does not match `string`
      ┌ -i
      │ 17
      │ ^^ expected string, found integer
    ");
    insta::assert_snapshot!(shown::<Vec<Source>>("{}"), @r"
    error: input does not match `Array_of_Source`
      ┌ -i
      │ {}
      │ ^^ expected array of object `Source`, found object
    ");
}

#[test]
fn tagged_enums() {
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"pgae","url":"u"}"#), @r#"
    error: input does not match `Internal`
      ┌ -i
      │ {"kind":"pgae","url":"u"}
      │         ^^^^^^ expected "nothing", "page" or "text", found "pgae", did you mean `page`?  (at .kind)
    "#);
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"page","ulr":"u"}"#), @r#"
    error: input does not match `Internal`
      ┌ -i
      │ {"kind":"page","ulr":"u"}
      │                ^^^^^ unknown field, did you mean `url`?
      = missing: url (string) — "where it is"
    "#);
    insta::assert_snapshot!(shown::<Internal>(r#"{"kind":"text","body":"b","url":"u"}"#), @r#"
    error: input does not match `Internal`
      ┌ -i
      │ {"kind":"text","body":"b","url":"u"}
      │                           ^^^^^ unknown field, expected `body`, `kind` or `size`
    "#);
    insta::assert_snapshot!(shown::<Internal>(r#"{"url":"u"}"#), @r#"
    error: input does not match `Internal`
      = missing: kind ("nothing", "page" or "text")
    "#);
}

#[test]
fn plain_enums() {
    insta::assert_snapshot!(shown::<External>(r#""Pages""#), @r#"
    error: input does not match `External`
      ┌ -i
      │ "Pages"
      │ ^^^^^^^ expected "Nothing", {"Page": ..} or {"Text": ..}, found "Pages", did you mean `Page`?
    "#);
    insta::assert_snapshot!(shown::<External>(r#""Page""#), @r#"
    error: input does not match `External`
      ┌ -i
      │ "Page"
      │ ^^^^^^ `Page` comes with a value: {"Page": object `Source`}
    "#);
    insta::assert_snapshot!(shown::<External>(r#"{"Paeg":{"url":"u"}}"#), @r#"
    error: input does not match `External`
      ┌ -i
      │ {"Paeg":{"url":"u"}}
      │  ^^^^^^ expected "Nothing", {"Page": ..} or {"Text": ..}, found `Paeg`, did you mean `Page`?
    "#);
    insta::assert_snapshot!(shown::<External>(r#"{"Page":{"url":7}}"#), @r#"
    error: input does not match `External`
      ┌ -i
      │ {"Page":{"url":7}}
      │                ^ expected string, found integer  (at .Page.url)
    "#);
    insta::assert_snapshot!(shown::<External>("{}"), @r#"
    error: input does not match `External`
      ┌ -i
      │ {}
      │ ^^ expected "Nothing", {"Page": ..} or {"Text": ..}, found empty object
    "#);
    insta::assert_snapshot!(shown::<External>("3"), @r#"
    error: input does not match `External`
      ┌ -i
      │ 3
      │ ^ expected "Nothing", {"Page": ..} or {"Text": ..}, found integer
    "#);
}

#[test]
fn untagged_enums() {
    insta::assert_snapshot!(shown::<Untagged>("true"), @r"
    error: input does not match `Untagged`
      ┌ -i
      │ true
      │ ^^^^ expected object `Source`, object with `name` or integer, found boolean
    ");
    insta::assert_snapshot!(shown::<Untagged>("-5"), @r"
    error: input does not match `Untagged`
      ┌ -i
      │ -5
      │ ^^ out of range: expected a number >= 0, found -5
    ");
    insta::assert_snapshot!(shown::<Untagged>(r#"{"nmae":"x"}"#), @r#"
    error: input does not match `Untagged`
      ┌ -i
      │ {"nmae":"x"}
      │ ^^^^^^^^^^^^ this fits none of the allowed forms: object `Source`, object with `name` or integer
    "#);
}

#[test]
fn flattened_enums() {
    let text = r#"{"z":1,"kind":"page","url":"u","nmae":"x","name":2}"#;
    insta::assert_snapshot!(shown::<FlatInternal>(text), @r#"
    error: input does not match `FlatInternal`
      ┌ -i
      │ {"z":1,"kind":"page","url":"u","nmae":"x","name":2}
      │      ^ expected boolean, found integer  (at .z)
      │                                ^^^^^^ unknown field, expected `z`, `rank`, `url`, `name`, `kind`, `body` or `size`
    "#);
    let text = r#"{"z":true,"kind":"nothing","body":"b","name":"n"}"#;
    insta::assert_snapshot!(shown::<FlatInternal>(text), @r#"
    error: input does not match `FlatInternal`
      ┌ -i
      │ {"z":true,"kind":"nothing","body":"b","name":"n"}
      │                            ^^^^^^ this field does not go with the others
    "#);
}

#[test]
fn a_key_that_comes_twice() {
    let text = r#"{"topic":"rust","t\u006fpic":"java","words":60}"#;
    insta::assert_snapshot!(shown::<BlogInput>(text), @r#"
    error: input does not match `BlogInput`
      ┌ -i
      │ {"topic":"rust","t\u006fpic":"java","words":60}
      │                 ^^^^^^^^^^^^ this field is here twice
    "#);
}

#[test]
fn programs_get_every_part() {
    let value = json!({ "topik": "rust", "words": "many" });
    let problems = InputSchema::of::<BlogInput>()
        .check_value(&value)
        .expect_err("it is wrong");
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| json!(problem).to_string())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"expected":"integer","found":"\"many\"","kind":"wrong_type","message":"expected integer, found string","path":".words"}
    {"expected":"`mail`, `tags`, `tone`, `topic` or `words`","found":"topik","kind":"unknown_field","message":"unknown field","path":".topik","suggestion":"topic"}
    {"expected":"string","found":"","kind":"missing_field","message":"missing field `topic` (string)","path":".topic"}
    "#);
}

#[test]
fn not_json() {
    insta::assert_snapshot!(shown::<BlogInput>("  \n"), @r"
    error: input is not JSON
      = the input is empty
    ");
    insta::assert_snapshot!(shown::<BlogInput>("{topic: rust}"), @r#"
    error: input is not JSON
      ┌ -i
      │ {topic: rust}
      │  ^^^^^ a field name must be in double quotes
      = help: write `"topic"`; a shell removes double quotes unless single quotes are around the whole: '{"name": "value"}'
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{'topic': 'rust'}"), @r#"
    error: input is not JSON
      ┌ -i
      │ {'topic': 'rust'}
      │  ^ a field name must be in double quotes
      = help: JSON has double quotes only; in a shell, put single quotes around the whole: '{"name": "value"}'
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust\",}"), @r#"
    error: input is not JSON
      ┌ -i
      │ {"topic": "rust",}
      │                 ^ this comma is one too many
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{\n  \"topic\": \"rust\"\n  \"words\": 300\n}"), @r#"
    error: input is not JSON
      ┌ -i:3:3
    3 │   "words": 300
      │   ^ expected `,` or `}`
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": None}"), @r#"
    error: input is not JSON
      ┌ -i
      │ {"topic": None}
      │           ^^^^ this is not a JSON value
      = help: write `null`
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust\""), @r#"
    error: input is not JSON
      ┌ -i
      │ {"topic": "rust"
      │                 ^ the text ends too early: something is not closed
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{\"topic\": \"rust"), @r#"
    error: input is not JSON
      ┌ -i
      │ {"topic": "rust
      │                ^ the text ends before this string is closed: `"` is missing
    "#);
    insta::assert_snapshot!(shown::<BlogInput>("{} {}"), @r"
    error: input is not JSON
      ┌ -i
      │ {} {}
      │    ^ the input is complete before this
    ");
    insta::assert_snapshot!(shown::<BlogInput>("{\"日本\": tru}"), @r#"
    error: input is not JSON
      ┌ -i
      │ {"日本": tru}
      │          ^^^ this is not a JSON value
      = help: write `"tru"`; a shell removes double quotes unless single quotes are around the whole: '{"name": "value"}'
    "#);
    insta::assert_snapshot!(shown::<String>("rust is fun"), @r#"
    error: input is not JSON
      ┌ -i
      │ rust is fun
      │ ^^^^ this is not a JSON value
      = help: a text is in double quotes: '"rust is fun"'
    "#);
}
