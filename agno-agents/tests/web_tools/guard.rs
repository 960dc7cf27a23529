//! Addresses that are refused, however they are written and wherever they come from.

use std::{sync::atomic::Ordering, time::Duration};

use agno_agents::tools::guard::{FetchError, Fetcher, Guard};

use super::server::{Server, local, page, path, rebinding, to};

#[test]
fn spellings_of_addresses_that_are_refused() {
    let refused = [
        "http://127.0.0.1",
        "http://127.0.0.1:8080/x",
        "http://127.0.0.1.",
        "http://127.1",
        "http://127.0.1",
        "http://127.255.255.254",
        "http://2130706433",
        "http://017700000001",
        "http://0x7f000001",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://0X7F.0x0.0.0x1",
        "http://%31%32%37.0.0.1",
        "http://127。0。0。1",
        "http://１２７.０.０.１",
        "http://①②⑦.0.0.1",
        "http:127.0.0.1",
        "http:\\\\127.0.0.1\\x",
        "  http://127.0.0.1  ",
        "http://0",
        "http://0.0.0.0",
        "http://0.1.2.3",
        "http://10.0.0.1",
        "http://100.64.0.1",
        "http://100.100.100.200",
        "http://168.63.129.16",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166",
        "http://172.16.0.1",
        "http://172.31.255.255",
        "http://192.0.0.192",
        "http://192.0.2.1",
        "http://192.88.99.1",
        "http://192.168.1.1",
        "http://198.18.0.1",
        "http://198.51.100.1",
        "http://203.0.113.1",
        "http://224.0.0.1",
        "http://239.255.255.250",
        "http://240.0.0.1",
        "http://255.255.255.255",
        "http://localhost",
        "http://LOCALHOST:1",
        "http://localhost.",
        "http://a.localhost",
        "http://ｌocalhost",
        "http://[::]",
        "http://[::1]",
        "http://[0:0:0:0:0:0:0:1]:80",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[::ffff:169.254.169.254]",
        "http://[::127.0.0.1]",
        "http://[::ffff:0:127.0.0.1]",
        "http://[64:ff9b::127.0.0.1]",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[64:ff9b:1::7f00:1]",
        "http://[2002:7f00:1::]",
        "http://[2002:a9fe:a9fe::1]",
        "http://[2001:0:7f00:1::]",
        "http://[2001:db8::1]",
        "http://[3fff::1]",
        "http://[100::1]",
        "http://[fc00::1]",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://[fec0::1]",
        "http://[ff02::1]",
        "http://[4000::1]",
    ];
    let guard = Guard::new();
    for url in refused {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Refused { .. })),
            "{url}: {checked:?}"
        );
    }
}

#[test]
fn urls_that_are_not_fetched() {
    let guard = Guard::new();
    for url in [
        "file:///etc/passwd",
        "ftp://example.com",
        "data:text/html,x",
        "javascript:1",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Scheme { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "http://user@example.com",
        "http://:x@example.com",
        "http://127.0.0.1@example.com",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Credentials { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "",
        "example.com",
        "http://",
        "http://[fe80::1%25eth0]/",
        "http://256.1.1.1",
    ] {
        let checked = guard.check(url);
        assert!(
            matches!(checked, Err(FetchError::Url { .. })),
            "{url}: {checked:?}"
        );
    }
    for url in [
        "https://example.com:8443/",
        "http://1.1.1.1",
        "https://bücher.example/",
    ] {
        assert_eq!(guard.check(url), Ok(()), "{url}");
    }
    let wide = Guard::new().allow_private_addresses_of_every_host();
    assert_eq!(wide.check("http://[::1]"), Ok(()));
    let one = Guard::new().allow_host("LocalHost.");
    assert_eq!(one.check("http://localhost:1"), Ok(()));
    assert!(one.check("http://127.0.0.1:1").is_err());
}

#[tokio::test]
async fn a_redirect_is_checked_like_a_request() {
    let targets = [
        "http://169.254.169.254/latest/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://127.0.0.2/",
        "//2130706434/",
        "http://0x7f.2/",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1/",
    ];
    let server = Server::new(move |request| {
        let at: usize = path(request)[1..].parse().expect("a number");
        to([301, 302, 303, 307, 308][at % 5], targets[at])
    })
    .await;
    for (at, target) in targets.iter().enumerate() {
        let fetched = local().fetch(&server.url(&format!("/{at}")), &[]).await;
        let refused = matches!(
            fetched,
            Err(FetchError::Refused { .. }
                | FetchError::Scheme { .. }
                | FetchError::Credentials { .. })
        );
        assert!(refused, "{target}: {fetched:?}");
    }
    assert_eq!(server.asked().len(), targets.len());
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused() {
    let server = Server::new(|_| page(200, "text/plain", "secret")).await;
    let url = format!("http://innocent.example:{}/", server.address.port());
    for answer in [
        &["127.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["::1"],
    ] {
        let (guard, asked) = rebinding(&[answer]);
        let fetched = Fetcher::new(guard).fetch(&url, &[]).await;
        assert!(
            matches!(&fetched, Err(FetchError::Refused { host, .. }) if host == "innocent.example"),
            "{answer:?}: {fetched:?}"
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_name_cannot_change_between_check_and_connection() {
    let server = Server::new(|_| page(200, "text/plain", "secret")).await;
    let url = format!("http://rebind.example:{}/", server.address.port());
    // A good address for the check, this machine for whoever asks again.
    let (guard, asked) = rebinding(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let fetcher = Fetcher::new(guard).timeout(Duration::from_secs(1));
    let fetched = fetcher.fetch(&url, &[]).await;
    let failed = matches!(
        fetched,
        Err(FetchError::Transport { .. } | FetchError::Timeout { .. })
    );
    assert!(failed, "it goes to 1.1.1.1 or nowhere: {fetched:?}");
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "checked and connected by one answer"
    );
    // The next fetch asks again, and is refused by what it is told now.
    let fetched = fetcher.fetch(&url, &[]).await;
    assert!(
        matches!(fetched, Err(FetchError::Refused { .. })),
        "{fetched:?}"
    );
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_host_that_the_program_names_is_reached() {
    let server = Server::new(|_| page(200, "text/plain", "hello")).await;
    let url = format!("http://Intranet.example.:{}/", server.address.port());
    let (guard, _) = rebinding(&[&["127.0.0.1"]]);
    let fetched = Fetcher::new(guard.allow_host("intranet.EXAMPLE"))
        .fetch(&url, &[])
        .await;
    assert_eq!(fetched.expect("fetched").body, b"hello");
}

#[tokio::test]
async fn a_proxy_is_asked_for_public_hosts_only() {
    let proxy = Server::new(|request| page(200, "text/plain", request)).await;
    let url = format!("http://user:password@{}", proxy.address);
    let fetcher = Fetcher::new(Guard::new()).proxy(url);
    assert!(!format!("{fetcher:?}").contains("password"));
    let fetched = fetcher
        .fetch("http://public.example/x", &[])
        .await
        .expect("fetched");
    let request = String::from_utf8(fetched.body).expect("text");
    assert!(
        request.starts_with("GET http://public.example/x HTTP/1.1"),
        "{request}"
    );
    for url in [
        proxy.url("/"),
        "http://localhost/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        let fetched = fetcher.fetch(&url, &[]).await;
        assert!(
            matches!(fetched, Err(FetchError::Refused { .. })),
            "{url}: {fetched:?}"
        );
    }
    assert_eq!(proxy.asked().len(), 1);
}
