//! The article reader.

use agno_agents::{
    ToolContext,
    tools::{
        article::{ArticleError, ArticleReader},
        guard::FetchError,
    },
};

use super::server::{Server, local, page, path, to};

const STORY: &str = r#"<!doctype html><html><head>
<title>The ferry that would not sink | The Harbour Post</title>
<meta property="og:site_name" content="The Harbour Post">
<meta name="author" content="Ada Berg and Olav Dahl">
<meta property="article:published_time" content="2026-03-04T05:06:07Z">
<meta name="description" content="How a small ferry outlived three owners.">
</head><body>
<nav><a href="/">Home</a> <a href="/ads">Buy our umbrellas</a></nav>
<article><h1>The ferry that would not sink</h1>
PARAGRAPHS
</article>
<aside>Subscribe to the newsletter of umbrellas!</aside>
<script>alert("never shown")</script>
</body></html>"#;

fn story() -> String {
    let paragraph = "<p>The old ferry crossed the fjord every morning, in storm and in ice, and \
        its engine, built in another century, went on beating. Its owners came and went, but the \
        ferry stayed, carrying cars, sheep, and the post of four villages.</p>";
    STORY.replace("PARAGRAPHS", &paragraph.repeat(8))
}

#[tokio::test]
async fn an_article_is_read() {
    let server = Server::new(|request| match path(request) {
        "/story" => page(200, "text/html; charset=utf-8", story()),
        "/moved" => to(301, "/story"),
        "/latin" => {
            let body = story().replace("fjord", "Fjörd");
            let body: Vec<u8> = body
                .chars()
                .map(|at| u8::try_from(at).unwrap_or(b'?'))
                .collect();
            page(200, "text/html; charset=iso-8859-1", body)
        }
        "/empty" => page(
            200,
            "text/html",
            "<html><body><div id=app></div></body></html>",
        ),
        "/note.md" => page(
            200,
            "text/markdown",
            "# A note\n\nIts <b>text</b>.\u{1b}[31m\n",
        ),
        "/deep" => page(200, "text/html", "<div>".repeat(50_000)),
        _ => page(200, "application/pdf", "%PDF"),
    })
    .await;
    let reader = ArticleReader::over(local());
    let article = reader
        .read(&server.url("/moved"))
        .await
        .expect("an article");
    assert_eq!(article.url, server.url("/story"));
    assert!(
        article.title.starts_with("The ferry that would not sink"),
        "{}",
        article.title
    );
    assert_eq!(article.authors, ["Ada Berg", "Olav Dahl"]);
    assert_eq!(article.site.as_deref(), Some("The Harbour Post"));
    assert_eq!(article.published.as_deref(), Some("2026-03-04T05:06:07Z"));
    assert_eq!(
        article.excerpt.as_deref(),
        Some("How a small ferry outlived three owners.")
    );
    assert!(
        article
            .text
            .contains("carrying cars, sheep, and the post of four villages.")
    );
    assert!(!article.text.contains("umbrellas") && !article.text.contains("never shown"));
    assert!(!article.shortened);
    assert_eq!(article.length, article.text.chars().count());

    let short = reader
        .clone()
        .longest(500)
        .read(&server.url("/story"))
        .await
        .expect("an article");
    assert!(short.shortened && short.text.chars().count() <= 500);
    assert!(short.text.ends_with('.'), "{}", short.text);
    assert_eq!(short.length, article.length);

    let latin = reader
        .read(&server.url("/latin"))
        .await
        .expect("an article");
    assert!(latin.text.contains("Fjörd"));
    let note = reader.read(&server.url("/note.md")).await.expect("a note");
    assert_eq!(
        (note.title.as_str(), note.text.as_str()),
        ("A note", "# A note\n\nIts <b>text</b>.[31m")
    );

    let empty = reader
        .read(&server.url("/empty"))
        .await
        .expect_err("no text");
    assert!(matches!(empty, ArticleError::NoText { .. }), "{empty}");
    let deep = reader
        .read(&server.url("/deep"))
        .await
        .expect_err("too deep");
    assert!(matches!(deep, ArticleError::TooComplex { .. }), "{deep}");
    let pdf = reader
        .read(&server.url("/x.pdf"))
        .await
        .expect_err("no page");
    assert!(
        matches!(pdf, ArticleError::Fetch(FetchError::ContentType { .. })),
        "{pdf}"
    );
}

#[tokio::test]
async fn a_model_is_told_that_an_address_is_refused() {
    let tool = ArticleReader::new().tool();
    for url in ["http://127.0.0.1", "http://169.254.169.254"] {
        let arguments = format!(r#"{{"url": "{url}"}}"#);
        let error = tool
            .call(&arguments, ToolContext::for_test(), None)
            .await
            .expect_err(url);
        assert!(error.message().contains("is refused"), "{error}");
    }
}
