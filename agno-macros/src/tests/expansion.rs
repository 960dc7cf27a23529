//! What is emitted, where a piece says more than the whole: `snapshots` has the whole.

use super::{assert_holds, errors, squeezed, tokens, workflow};

const ARTICLE: &str = r#"
    impl Article {
        /// Finds sources on the web.
        ///
        /// Slowly.
        #[step(retry(max = 3, backoff = "500ms", factor = 2, max_delay = "30s", jitter = false), timeout = "20s",
               cache(ttl = "1h", key = "topic.title", scope = "user"))]
        pub async fn search(&self, topic: Topic) -> Result<Vec<Source>> { body(topic) }

        #[step(on_error = "skip", version = 2, name = "fetch")]
        fn read(&self, mut source: Source) -> String { source.read() }

        #[cfg(feature = "judge")]
        #[step(at_most_once, on_error = "pause")]
        async fn judge(&self, notes: &mut Notes, r#type: Topic, context: &StepContext) -> Result<(), Failed> { Ok(()) }

        #[flow]
        async fn run(flow: &Flow<Self>, topic: Topic, depth: u32) -> Result<Vec<Source>> { flow.search(topic).await }

        #[flow(timeout = "2m")]
        async fn again(flow: &Flow<Self>) -> Result<String> { todo!() }
    }
"#;

#[test]
fn the_item_is_emitted_as_written() {
    let expansion = squeezed(&workflow("state = Notes", ARTICLE).to_string());
    let stripped: String = ARTICLE
        .replace("#[flow]", "")
        .replace("#[flow(timeout = \"2m\")]", "")
        .replace(
            "#[step(on_error = \"skip\", version = 2, name = \"fetch\")]",
            "",
        )
        .replace("#[step(at_most_once, on_error = \"pause\")]", "");
    let (before, rest) = stripped.split_once("#[step(").expect("the first step");
    let (_, rest) = rest.split_once("))]").expect("the end of its options");
    let item = squeezed(&format!("{before}{rest}"));
    assert!(expansion.contains(&item), "{expansion}");
}

#[test]
fn the_handle_repeats_signature_and_documentation() {
    let expansion = workflow("state = Notes", ARTICLE);
    assert_holds(
        &expansion,
        r#"#[doc = " Finds sources on the web."] #[doc = ""] #[doc = " Slowly."]
        #[track_caller]
        pub fn search(&self, topic: Topic) -> __agno::StepCall<Vec<Source>> { __step(self, "search", (topic,)) }"#,
    );
    assert_holds(
        &expansion,
        r#"fn again(&self,) -> __agno::StepCall<String> { __subflow(self, "again", ()) }"#,
    );
    assert_holds(
        &expansion,
        "fn state(&self) -> Notes { (__STATE.0)(__handle(self)) }",
    );
    assert!(
        !expansion.to_string().contains("fn run (& self"),
        "the entry is not a step"
    );
}

#[test]
fn without_a_flow_the_steps_are_a_chain() {
    let expansion = workflow(
        "crate = my::agno",
        "impl Article {
            #[step] fn a(&self, x: u8, y: u8) -> String { s }
            #[step] fn b(&self, s: Self) -> Result<Vec<Self>> { s }
        }",
    );
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    assert_holds(&expansion, "use my::agno::__private as __agno;");
    assert_holds(
        &expansion,
        "type Input = (u8, u8); type Output = Vec<Article>;",
    );
    assert_holds(
        &expansion,
        r#"<Article as __agno::Accepts<String>>::link();
        __d.chain((__agno::param("x", __codec0()), __agno::param("y", __codec0()),), &["a", "b"]);"#,
    );
    assert_holds(
        &expansion,
        r#"__agno::FlowGraph { name: "run", nodes: &[
            __agno::Node::Step { name: "a", at: (__agno::here)() },
            __agno::Node::Step { name: "b", at: (__agno::here)() },
        ] }"#,
    );
}

#[test]
fn markers_are_used_once_so_that_their_imports_are() {
    let expansion = workflow(
        "",
        "impl A { #[agno::step] fn a(&self) {} #[agno::step(name = \"c\")] fn b(&self, x: ()) {} }",
    );
    assert_holds(&expansion, "#[agno::step(__seen)] const _: () = ();");
    assert_eq!(expansion.to_string().matches("__seen").count(), 1);
    let seen = crate::entry::stray("step", &tokens("__seen"), &tokens("const _: () = ();"));
    assert!(seen.is_empty());
}

#[test]
fn the_struct_declares_name_and_version() {
    let item = "/// Researches a topic\n/// and writes.\n///\n/// More.\n/// # Panics\n/// No.\n pub struct Article { a: u8 }";
    let expansion = workflow("name = \"Writer\", version = 3, on_drift = \"rerun\"", item);
    assert!(squeezed(&expansion.to_string()).starts_with(&squeezed(item)));
    assert_holds(
        &expansion,
        r#"NAME: &'static __agno::std::primitive::str = "Writer";"#,
    );
    assert_holds(
        &expansion,
        r#"DESCRIPTION: &'static __agno::std::primitive::str = "Researches a topic and writes.\n\nMore.";"#,
    );
    assert_holds(&expansion, "VERSION: __agno::std::primitive::u32 = 3u32;");
    assert_holds(&expansion, "__agno::OnDrift::Rerun;");
    assert_holds(
        &expansion,
        "const _: fn(&mut __agno::Definition<Article>) = <Article as __agno::Workflow>::define;",
    );
    assert_holds(&workflow("", "struct r#type;"), r#"str = "type";"#);
}

#[test]
fn after_a_mistake_the_handle_is_whole_and_nothing_is_registered() {
    let expansion = workflow(
        "",
        r#"impl Article {
            #[step(timeout = "20")]
            async fn search(&self, topic: Topic) -> Result<Vec<Source>> { x }
            fn helper(&self, source: Source) -> u8 { 0 }
            #[flow]
            async fn run(flow: &Flow<Self>, topic: Topic) -> Result<u8> { self.search(topic).await?; Ok(1) }
        }"#,
    );
    assert_eq!(errors(expansion.clone()).len(), 2);
    assert_holds(
        &expansion,
        "fn search(&self, topic: Topic) -> __agno::StepCall<Vec<Source>> { loop {} }",
    );
    assert_holds(
        &expansion,
        "fn helper(&self, source: Source) -> __agno::StepCall<u8> { loop {} }",
    );
    assert_holds(&expansion, "type Input = Topic; type Output = u8;");
    assert_holds(&expansion, "{ let _ = __d; }");
    // The misdirected call is repaired, so that rustc has nothing to add.
    assert_holds(&expansion, "flow.search(topic).await?; Ok(1)");
}

#[test]
fn a_state_lists_its_fields_as_serde_writes_them() {
    let expansion = crate::state::derive(tokens(
        r#"#[serde(rename_all = "camelCase")]
        struct Notes {
            #[merge(append)] found_sources: Vec<Source>,
            #[serde(rename = "n")] #[merge(max)] number: u32,
            #[serde(skip)] cache: Cache,
            r#type: String,
            #[merge(last)] at_last: u8,
        }"#,
    ));
    assert_holds(
        &expansion,
        r#"&[
            __agno::Field::new("foundSources", __agno::Merge::Append),
            __agno::Field::new("n", __agno::Merge::Max),
            __agno::Field::new("type", __agno::Merge::Conflict),
            __agno::Field::new("atLast", __agno::Merge::Last)
        ]"#,
    );
    assert_holds(
        &expansion,
        "const _: fn() = <Vec<Source> as __agno::MergeAppend>::fits;",
    );
    assert_holds(
        &expansion,
        "const _: fn() = <u32 as __agno::MergeExtreme>::fits;",
    );
    assert!(!expansion.to_string().contains("merge_last"));
}

#[test]
fn data_adds_what_is_missing() {
    let expansion = crate::data::data(
        tokens(""),
        &tokens("#[derive(Debug, PartialEq)] struct A { x: u8 }"),
    );
    assert_holds(
        &expansion,
        r#"#[derive(::core::clone::Clone, ::agno::__private::serde::Serialize,
            ::agno::__private::serde::Deserialize, ::agno::__private::schemars::JsonSchema)]
        #[serde(crate = "::agno::__private::serde")]
        #[schemars(crate = "::agno::__private::schemars")]
        #[derive(Debug, PartialEq)] struct A { x: u8 }"#,
    );
    let renamed = crate::data::data(tokens("crate = other"), &tokens("enum A { X }"));
    assert_holds(&renamed, r#"#[serde(crate = "other::__private::serde")]"#);
}

const CONTENT: &str = r#"
    struct Content {
        /// Finds out.
        #[step(retry(max = 2), version = 2)]
        researcher: Arc<Agent>,
        #[cfg(feature = "limit")]
        limit: u32,
        #[step(input = "{{{input}}} {researcher}", name = "author")]
        r#writer: Agent,
    }
"#;

#[test]
fn a_struct_of_steps_is_a_workflow() {
    let expansion = workflow("state = Notes", CONTENT);
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    assert_holds(
        &expansion,
        r#"/// Finds out.
        researcher: Arc<Agent>,"#,
    );
    assert_holds(&expansion, "type __AgnoField0 = Arc<Agent>;");
    assert_holds(
        &expansion,
        "type Input = <__AgnoField0 as __agno::Execute>::Input;",
    );
    assert_holds(
        &expansion,
        "type Output = <__AgnoField1 as __agno::Execute>::Output;",
    );
    assert_holds(&expansion, "<Notes as __agno::SessionState>::declare(__d);");
    assert_holds(
        &expansion,
        r#"__d.execute::<__AgnoField0>(
            __agno::Step::new("researcher").describe("Finds out.").retry(__agno::Retry::new(2u32)).version(2u32),
            |__w| &__w.researcher
        );"#,
    );
    assert_holds(
        &expansion,
        r#"<<__AgnoField1 as __agno::Execute>::Input as __agno::FromText>::from_text(__agno::Link::new("author"), &[
            __agno::Piece::Text("{"), __agno::Piece::Input, __agno::Piece::Text("} "), __agno::Piece::Output("researcher")
        ])"#,
    );
    assert_holds(
        &expansion,
        r#"#[cfg(feature = "limit")] (&__agno::FieldOf(&self.limit)).agno_visit("limit", __v);"#,
    );
    assert!(
        !expansion.to_string().contains(":: define ;"),
        "{expansion}"
    );
}

#[test]
fn after_a_mistake_a_struct_of_steps_keeps_its_types() {
    let expansion = workflow("", "struct A { #[step(nothing)] a: Agent }");
    assert_eq!(errors(expansion.clone()).len(), 1);
    assert_holds(
        &expansion,
        "type Input = <__AgnoField0 as __agno::Execute>::Input;",
    );
    assert_holds(&expansion, "let _ = __d;");
}

const GATED: &str = r#"
    impl Article {
        #[step(confirm = "Publish this?", cache)]
        async fn publish(&self, post: Post) -> Result<Url> { x }

        #[step(history = 3, confirm(message = "Send it?", timeout = "1h", on_timeout = "approve", on_reject = "skip"))]
        async fn send(&self, url: Url, context: &StepContext) -> Result<Sent> { x }

        #[step(confirm(message = "Sure?", on_reject = "skip"), on_error = "skip")]
        fn tell(&self, sent: Sent) -> Told { x }
    }
"#;

#[test]
fn a_gate_is_part_of_the_registration() {
    let expansion = workflow("", GATED);
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    assert_holds(
        &expansion,
        r#"__agno::Step::new("publish").cache(__agno::Cache::new()).confirm(__agno::Gate::new("Publish this?")),"#,
    );
    assert_holds(
        &expansion,
        r#"__agno::Step::new("send").confirm(__agno::Gate::new("Send it?").timeout(__agno::millis(3600000u64))
                .on_timeout(__agno::OnTimeout::Approve).on_reject(__agno::OnReject::Skip)).history(3),
            "url", __codec1,
            <Sent as __agno::Rejectable>::or_default_if_rejected(<Result<Sent> as __agno::Fallible<_>>::returns(__codec2)),"#,
    );
    // One default stands in for both.
    assert_holds(
        &expansion,
        "<Told as __agno::Skippable>::or_default(__agno::plain::<Told>(__codec3())),",
    );
}

#[test]
fn what_is_allowed_is_taken_out_and_used_once() {
    let flow = |first: &str, second: &str| {
        format!(
            "impl A {{
                #[step] async fn a(&self) -> T {{ x }}
                #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{
                    {first} let now = Instant::now();
                    if now.is_old() {{ {second} x = Utc::now(); }}
                    flow.a().await
                }}
            }}"
        )
    };
    let allow = "#[agno::allow_in_flow(clock = \"only shown\")]";
    let expansion = workflow("", &flow(allow, allow));
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    let plain = flow("", "").replace("#[step]", "").replace("#[flow]", "");
    assert_holds(&expansion, &plain);
    assert_eq!(expansion.to_string().matches("allow_in_flow").count(), 1);
    assert_holds(
        &expansion,
        "#[agno::allow_in_flow(__seen)] const _: () = ();",
    );
    // Beside a mistake it is taken out as well.
    let expansion = workflow("", &flow(allow, ""));
    assert_eq!(errors(expansion.clone()).len(), 1);
    assert_eq!(expansion.to_string().matches("allow_in_flow").count(), 1);
}
