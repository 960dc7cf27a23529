//! Steps and sub-flows that no flow calls, and steps that are called as plain methods.

use super::warnings::warnings_of_impl;
use super::workflow;

/// Of a flow with this body, beside the steps `search` and `publish`.
#[track_caller]
pub(super) fn uncalled(body: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{
            #[step] async fn search(&self, topic: Topic) -> Result<Topic> {{ Ok(topic) }}
            #[step(name = \"put out\")] async fn publish(&self) -> Result<()> {{ Ok(()) }}
            #[flow] async fn run(f: &Flow<Self>, topic: Topic) -> Result<Topic> {{ {body} }}
        }}"
    ))
}

#[test]
fn a_step_that_no_flow_calls() {
    assert_eq!(
        uncalled("f.search(topic).await"),
        ["no flow calls `publish`; write `f.publish().await?` where it belongs, or remove it"]
    );
    assert_eq!(
        uncalled("f.publish().await?; Ok(topic)"),
        ["no flow calls `search`; write `f.search(..).await?` where it belongs, or remove it"]
    );
}

#[test]
fn a_step_that_only_a_step_calls() {
    let found = |body: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                #[step] async fn search(&self, topic: Topic) -> Result<Topic> {{ {body} }}
                #[step] async fn publish(&self) -> Result<()> {{ Ok(()) }}
                #[flow] async fn run(f: &Flow<Self>, topic: Topic) -> Result<Topic> {{ f.search(topic).await }}
            }}"
        ))
    };
    for body in [
        "self.publish().await?; Ok(topic)",
        "if a { join!(self.publish()) } Ok(topic)",
    ] {
        assert_eq!(
            found(body),
            [
                "`search` calls the plain `publish`, which runs as a part of `search` and is not recorded; call both in the flow, \
              or write `#[allow(deprecated)]` above `search`"
            ],
            "{body}"
        );
    }
    // Whoever means it says so at the step that calls.
    let both = |attribute: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                {attribute} #[step] async fn search(&self) -> Result<()> {{ if a {{ self.publish().await?; }} self.search().await }}
                #[step] async fn publish(&self) -> Result<()> {{ Ok(()) }}
                #[flow] async fn run(f: &Flow<Self>) -> Result<()> {{ f.search().await?; f.publish().await }}
            }}"
        ))
    };
    assert_eq!(both("").len(), 1);
    let allowed = "impl Article {
        #[allow(deprecated)] #[step] async fn search(&self) -> Result<()> { self.publish().await }
        #[step] async fn publish(&self) -> Result<()> { Ok(()) }
        #[flow] async fn run(f: &Flow<Self>) -> Result<()> { f.search().await }
    }";
    super::assert_holds(&workflow("", allowed), "#[allow(deprecated)] const _: () =");
    for body in [
        "other.publish().await?; Ok(topic)",
        "let x = self.publish; Ok(topic)",
    ] {
        let found = found(body);
        assert_eq!(found.len(), 1, "{body}");
        assert!(
            found[0].starts_with("no flow calls `publish`"),
            "{body}: {found:?}"
        );
    }
}

#[test]
fn a_step_that_is_perhaps_called() {
    for body in [
        "f.publish().await?; f.search(topic).await",
        "#[cfg(feature = \"out\")] f.publish().await?; f.search(topic).await",
        "if never { f.publish().await?; } f.search(topic).await",
        "custom!(f.publish() => x); f.search(topic).await",
        "macro_rules! out { () => { f.publish().await? } } out!(); f.search(topic).await",
        "f.search(topic).await?; helper(f).await",
        "let g = pick(f); f.search(topic).await",
    ] {
        assert_eq!(uncalled(body), Vec::<String>::new(), "{body}");
    }
    let kept = |attribute: &str| {
        warnings_of_impl(&format!(
            "impl Article {{ {attribute} #[step] async fn publish(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ Ok(()) }} }}"
        ))
    };
    assert_eq!(kept("").len(), 1);
    for attribute in [
        "#[allow(dead_code)]",
        "#[allow(clippy::all, unused, reason = \"soon\")]",
        "#[deprecated = \"gone\"]",
    ] {
        assert_eq!(kept(attribute), Vec::<String>::new(), "{attribute}");
    }
}

#[test]
fn a_sub_flow_that_only_itself_calls() {
    let found = warnings_of_impl(
        "impl Article {
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { Ok(()) }
            #[flow] async fn again(flow: &Flow<Self>) -> Result<()> {
                if flow.now() > late { return Ok(()); }
                flow.again().await
            }
        }",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("no flow calls `again`"),
        "{}",
        found[0]
    );
}

#[test]
fn sub_flows_that_the_entry_does_not_lead_to() {
    let of = |run: &str, ping: &str, pong: &str, on_ping: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
                #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {run} Ok(()) }}
                {on_ping} #[flow] async fn ping(flow: &Flow<Self>) -> Result<()> {{ {ping} Ok(()) }}
                #[flow] async fn pong(flow: &Flow<Self>) -> Result<()> {{ {pong} Ok(()) }}
            }}"
        ))
    };
    let (ping, pong) = (
        "if a { flow.ping().await?; }",
        "if a { flow.pong().await?; }",
    );
    let search = "flow.search().await?; if a { flow.pong().await?; }";
    for (a, b, first) in [
        (search, ping, "ping"),
        (search, "", "ping"),
        ("", "flow.search().await?; flow.ping().await?;", "pong"),
    ] {
        let found = of("", a, b, "");
        assert_eq!(found.len(), 1, "{a} {b}: {found:?}");
        assert!(
            found[0].starts_with(&format!("no flow calls `{first}`")),
            "{found:?}"
        );
    }
    assert_eq!(of("", "", "flow.search().await?;", "").len(), 2);
    assert_eq!(of(pong, search, ping, ""), Vec::<String>::new());
    assert_eq!(of(ping, search, ping, ""), Vec::<String>::new());
    // What stays may call what it likes.
    assert_eq!(
        of("", search, "", "#[allow(dead_code)]"),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_allowed_is_not_recorded_either() {
    let of = |attribute: &str| {
        let block = format!(
            "impl Article {{ #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
             {attribute} #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ loop {{ flow.search().await?; }} }} }}"
        );
        super::squeezed(&workflow("", &block).to_string()).contains("__d.warning(")
    };
    assert!(of(""));
    assert!(of("#[allow(dead_code)]"));
    assert!(!of("#[allow(deprecated, reason = \"soon\")]"));
}

#[test]
fn rustc_watches_a_flow_that_is_handed_on() {
    let of = |body: &str| {
        let block = format!(
            "impl Article {{ #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {body} }} }}"
        );
        super::squeezed(&workflow("", &block).to_string())
    };
    let silenced = super::squeezed("#[allow(dead_code)] impl ArticleSteps {}").replace("{}", "");
    assert!(of("flow.search().await").contains(&silenced));
    assert!(!of("helper(flow).await").contains(&silenced));
}

#[test]
fn what_stays_uncalled_is_recorded_as_such() {
    let of = |attribute: &str| {
        let block = format!(
            "impl Article {{ {attribute} #[step(name = \"put-out\")] async fn publish(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ Ok(()) }} }}"
        );
        super::squeezed(&workflow("", &block).to_string())
    };
    let recorded = super::squeezed("__d.allow_uncalled(\"put-out\");");
    assert!(!of("").contains("allow_uncalled"));
    assert!(of("#[allow(dead_code)]").contains(&recorded));
    assert!(of("#[deprecated]").contains(&recorded));
}
