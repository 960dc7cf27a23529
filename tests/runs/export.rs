//! `export`: one document for programs, and one page for people that nothing can break out of.

use std::cell::RefCell;

use agno::{
    Entry, EntryKind, Event, EventKind, Json, RunMetrics, RunStatus, Source,
    export::{RunExport, html, json},
    prelude::*,
};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::{RawKind, State},
    },
};
use proptest::prelude::*;

use super::{
    kit::{self, Ran},
    workflow::finished,
};

/// What a browser would make of a page.
#[derive(Default)]
struct Seen {
    tags: RefCell<Vec<Tag>>,
    text: RefCell<String>,
    errors: RefCell<Vec<String>>,
}

impl TokenSink for &Seen {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                let is_style = &*tag.name == "style" && tag.kind == TagKind::StartTag;
                self.tags.borrow_mut().push(tag);
                if is_style {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            Token::ParseError(error) => self.errors.borrow_mut().push(error.into_owned()),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn read(page: &str) -> Seen {
    let seen = Seen::default();
    let options = TokenizerOpts {
        initial_state: Some(State::Data),
        exact_errors: true,
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(&seen, options);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(page));
    // Without scripts nothing stops it on the way.
    let _ = tokenizer.feed(&queue);
    assert!(queue.is_empty());
    tokenizer.end();
    seen
}

/// Nothing is run, loaded or sent, whatever the run has recorded.
fn assert_harmless(page: &str) -> Seen {
    let seen = read(page);
    assert!(seen.errors.borrow().is_empty(), "{:?}", seen.errors);
    let mut open = Vec::new();
    for tag in seen.tags.borrow().iter() {
        let name = &*tag.name;
        assert!(
            !matches!(
                name,
                "script" | "iframe" | "object" | "embed" | "link" | "base" | "form" | "a"
            ),
            "<{name}>"
        );
        for attribute in &tag.attrs {
            let (key, value) = (&*attribute.name.local, &*attribute.value);
            assert!(
                !key.starts_with("on") && key != "style",
                "{key} of <{name}>"
            );
            assert!(
                !matches!(key, "href" | "src") || value.starts_with("data:image/svg+xml,"),
                "{key}={value}"
            );
        }
        let is_void = matches!(name, "meta" | "img") || tag.self_closing;
        match tag.kind {
            TagKind::StartTag if !is_void => open.push(name.to_owned()),
            TagKind::EndTag => assert_eq!(open.pop().as_deref(), Some(name)),
            TagKind::StartTag => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(page.contains("default-src 'none'"));
    let hidden: Vec<_> = page
        .chars()
        .filter(|c| *c != '\n' && agno::schema::is_hidden(*c))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
    seen
}

#[tokio::test]
async fn the_json_document_has_everything() {
    let (_, runtime, _) = finished().await;
    let export = runtime.export(&kit::id()).await.expect("reads");
    let document: serde_json::Value = serde_json::from_str(&json(&export)).expect("json");
    assert_eq!(document["format"], "agno.run");
    assert_eq!(document["version"], 1);
    assert_eq!(document["run"]["workflow"], "Article");
    assert_eq!(document["input"], "rust");
    assert!(
        document["output"]
            .as_str()
            .is_some_and(|o| o.contains("facts"))
    );
    let journal = document["journal"].as_array().expect("a list");
    assert_eq!(journal.len(), export.run.journal.len());
    let events = document["events"].as_array().expect("a list");
    let numbers: Vec<_> = events.iter().map(|e| e["number"].as_u64()).collect();
    let expected: Vec<_> = (0..events.len() as u64).map(Some).collect();
    assert_eq!(numbers, expected, "without a gap");
    assert!(!document["graph"].is_null());
    assert_eq!(
        document["metrics"]["steps"].as_array().map(Vec::len),
        Some(8)
    );
    for field in ["requests", "called", "state", "is_active"] {
        assert!(document.get(field).is_some(), "{field}");
    }
    let page = html(&export);
    let seen = assert_harmless(&page);
    for text in ["write#0", "page of rust 1", "Steps over time", "Graph"] {
        assert!(seen.text.borrow().contains(text), "{text}");
    }
}

/// The texts that have broken pages before, and others.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("</script><script>alert(1)</script>".to_owned()),
        Just("\"><img src=x onerror=alert(1)>".to_owned()),
        Just("' onmouseover='x".to_owned()),
        Just("</pre></details></style><!--".to_owned()),
        Just("]]>&lt;&#60;&\u{0}\u{202e}\u{2066}\u{200b}\u{feff}\u{1b}[31m\r".to_owned()),
        Just("&amp".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ]
}

fn export_of(texts: &[String; 6]) -> RunExport {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("builds");
    let details = runtime.block_on(async {
        let storage = kit::store();
        let outcome = kit::run(
            &storage,
            Small {
                ran: Ran::default(),
            },
            texts[0].clone(),
        )
        .await;
        assert_eq!(outcome.status, RunStatus::Completed);
        let runtime = kit::runtime(
            &storage,
            Small {
                ran: Ran::default(),
            },
        )
        .await;
        runtime.export(&kit::id()).await.expect("reads")
    });
    let mut export = details;
    let run = &mut export.run;
    run.record.session = texts[1].as_str().into();
    run.record.workflow = texts[5].as_str().into();
    let mut entry = Entry::new(EntryKind::Step, texts[2].as_str().into(), 7);
    entry.output = Json::encode(&texts[3]).ok();
    entry.source = Source::Given;
    entry.error = Some(agno::RecordedError {
        code: texts[4].as_str().into(),
        message: texts[3].clone(),
        chain: texts.to_vec(),
        retryable: false,
        path: None,
        details: None,
    });
    entry.events.push(Event {
        at: 1,
        kind: EventKind::Custom {
            path: texts[2].as_str().into(),
            name: texts[4].as_str().into(),
            data: serde_json::json!(texts),
        },
    });
    run.journal.push(entry);
    export
}

#[workflow]
struct Small {
    ran: Ran,
}

#[workflow]
impl Small {
    #[step(retry(max = 1, backoff = "1ms"))]
    async fn echo(&self, context: &StepContext, text: String) -> Result<String> {
        context.progress(&text);
        ensure!(self.ran.hit("echo") > 1, "{text}");
        Ok(text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<String> {
        flow.say(text.clone());
        flow.echo(text).await
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_breaks_out_of_the_page(
        texts in [hostile(), hostile(), hostile(), hostile(), hostile(), hostile()]
    ) {
        let export = export_of(&texts);
        let seen = assert_harmless(&html(&export));
        // What can be read is there as it was written.
        let plain = |text: &str| !text.chars().any(agno::schema::is_hidden);
        if plain(&texts[3]) {
            prop_assert!(seen.text.borrow().contains(&texts[3]));
        }
        let document: serde_json::Value = serde_json::from_str(&json(&export)).expect("json");
        prop_assert_eq!(document["run"]["session"].as_str(), Some(texts[1].as_str()));
    }
}

#[tokio::test]
async fn metrics_tell_attempts_from_waiting() {
    let storage = kit::store();
    let small = Small {
        ran: Ran::default(),
    };
    kit::run(&storage, small, "x".to_owned()).await;
    let runtime = kit::runtime(
        &storage,
        Small {
            ran: Ran::default(),
        },
    )
    .await;
    let details = runtime.inspect(&kit::id()).await.expect("reads");
    let RunMetrics { steps, .. } = details.metrics();
    let [echo] = &steps[..] else {
        panic!("{steps:?}");
    };
    assert_eq!((echo.attempts, echo.ran.len()), (2, 2));
    assert_eq!((echo.source, echo.failed), (Some(Source::Ran), false));
    assert!(echo.queued_micros >= 500, "the pause between the attempts");
    let whole = echo.finished_at - echo.asked_at;
    let known = echo.queued_micros + echo.running_micros + echo.waiting_micros;
    assert_eq!(known, whole, "no time is counted twice or lost");
}
