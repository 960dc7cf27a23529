//! Requests to servers that the program lists.

use agno_agents::tools::{
    guard::FetchError,
    http_request::{Endpoint, HttpCall, HttpRequest},
};

use super::server::{Server, page, path, rebinding, to};

fn call(method: &str, url: String) -> HttpCall {
    HttpCall {
        method: method.to_owned(),
        url,
        headers: [("X-Mine".to_owned(), "of the model".to_owned())].into(),
        body: (method == "POST").then(|| "a body".to_owned()),
    }
}

#[tokio::test]
async fn requests_go_to_listed_servers_only() {
    let other = Server::new(|request| page(200, "text/plain", request)).await;
    let elsewhere = format!("http://other.example:{}/in", other.address.port());
    let server = Server::new(move |request| match path(request) {
        "/v1/echo" => page(200, "text/plain", request),
        "/v1/off-list" => to(307, "http://169.254.169.254/v1/"),
        "/v1/up" => to(302, "/admin"),
        "/v1/away" => to(307, &elsewhere),
        "/v1/found" => to(302, "/v1/echo"),
        _ => page(500, "application/json", "{}"),
    })
    .await;
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let requests = HttpRequest::over(
        guard,
        [
            Endpoint::new("api.example")
                .path("/v1")
                .methods(["GET", "POST"])
                .header("Authorization", "Bearer secret-of-the-program")
                .plain_http()
                .intranet(),
            Endpoint::new("other.example")
                .methods(["POST"])
                .plain_http()
                .intranet(),
        ],
    );
    let port = server.address.port();
    let at = |path: &str| format!("http://api.example:{port}{path}");
    let send = async |method: &str, path: &str| requests.send(call(method, at(path))).await;

    let answer = send("post", "/v1/echo").await.expect("an answer");
    assert_eq!(answer.status, 200);
    let body = answer.body.to_lowercase();
    assert!(
        body.contains("x-mine: of the model") && body.contains("\r\n\r\n"),
        "{body}"
    );
    assert!(!body.contains("secret-of-the-program"), "{body}");
    assert!(body.contains("authorization: [secret]"), "{body}");
    let asked = server.asked().concat();
    assert!(
        asked.contains("Bearer secret-of-the-program"),
        "the server got it: {asked}"
    );

    assert_eq!(
        send("GET", "/v1/oops").await.expect("an answer").status,
        500
    );
    for (method, path) in [
        ("DELETE", "/v1/echo"),
        ("GET", "/admin"),
        ("GET", "/v1/../admin"),
        ("GET", "/v1/up"),
    ] {
        let sent = send(method, path).await;
        assert!(
            matches!(sent, Err(FetchError::NotAllowed { .. })),
            "{method} {path}: {sent:?}"
        );
    }
    let sent = send("POST", "/v1/off-list").await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    let sent = requests.send(call("GET", server.url("/v1/echo"))).await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    let public = "https://example.com/v1".to_owned();
    let sent = requests.send(call("GET", public)).await;
    assert!(
        matches!(sent, Err(FetchError::NotAllowed { .. })),
        "{sent:?}"
    );

    // Redirected to another server of the list: with the body, without the secret.
    let away = HttpCall {
        headers: [("authorization".to_owned(), "the model's".to_owned())].into(),
        ..call("POST", at("/v1/away"))
    };
    let answer = requests.send(away).await.expect("an answer");
    assert!(answer.url.contains("other.example") && answer.body.contains("POST /in"));
    let asked = other.asked().concat().to_lowercase();
    assert!(
        !asked.contains("authorization") && !asked.contains("secret"),
        "{asked}"
    );
    // A `POST` that finds its answer elsewhere gets it.
    let answer = send("POST", "/v1/found").await.expect("an answer");
    assert!(answer.body.starts_with("GET /v1/echo"), "{}", answer.body);
    assert!(!answer.body.contains("a body"), "{}", answer.body);
}

#[tokio::test]
async fn a_listed_server_on_a_private_address_has_to_be_said() {
    let server = Server::new(|_| page(200, "text/plain", "x")).await;
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let endpoint = Endpoint::new("api.example").plain_http();
    let url = format!("http://api.example:{}/", server.address.port());
    let sent = HttpRequest::over(guard, [endpoint])
        .send(call("GET", url))
        .await;
    assert!(matches!(sent, Err(FetchError::Refused { .. })), "{sent:?}");
    assert!(server.asked().is_empty());
}
