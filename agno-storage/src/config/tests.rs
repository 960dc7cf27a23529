#[cfg(feature = "config-file")]
use std::fs;
use std::time::Duration;

use super::*;
#[cfg(feature = "config-file")]
use crate::StoreError;

fn refused(url: &str) -> String {
    StoreConfig::parse(url).expect_err("is refused").to_string()
}

#[test]
fn a_url_names_a_store() {
    let of = |url: &str| StoreConfig::parse(url).expect("is a store");
    assert_eq!(of("memory:"), StoreConfig::Memory);
    assert_eq!(of("memory"), StoreConfig::Memory);
    let sled = DirectoryConfig::sled("./.agno").cache_bytes(128 << 20);
    assert_eq!(of("sled:./.agno?cache_mb=128"), sled.into());
    assert_eq!(of("redb:a/b"), DirectoryConfig::redb("a/b").into());
    assert_eq!(of("sqlite:/a"), DirectoryConfig::sqlite("/a").into());
    assert_eq!(of("./a:b"), DirectoryConfig::new("./a:b").into());
    assert_eq!(of(r"C:\data"), DirectoryConfig::new(r"C:\data").into());
    let own = "schema=s&connections=3&sslmode=disable&lease=30s&table_prefix=t%5F";
    for scheme in ["postgres", "postgresql"] {
        let postgres = PostgresConfig::new(format!("{scheme}://u:p@h/db?sslmode=disable"))
            .schema("s")
            .table_prefix("t_")
            .connections(3)
            .lease(Duration::from_secs(30));
        assert_eq!(of(&format!("{scheme}://u:p@h/db?{own}")), postgres.into());
    }
    let alone = PostgresConfig::new("postgres://h/db").schema("s");
    assert_eq!(of("postgres://h/db?schema=s"), alone.into());
}

#[test]
fn what_is_wrong_with_a_url_is_said_with_what_was_meant() {
    for (url, words) in [
        ("slde:x", "no store `slde:`, did you mean `sled`?"),
        ("postgre://u:hunter2@h/db", "did you mean `postgres`?"),
        ("redb:", "`redb:` names no directory"),
        ("memory:x", "has no name"),
        ("sled:x?cachemb=1", "did you mean `cache_mb`?"),
        ("sled:x?cache_mb=much", "takes a number of megabytes"),
        (
            "sled:x?schema=s",
            "`schema` is no option of a store in a directory",
        ),
        (
            "postgres://h/db?cache_mb=1",
            "`cache_mb` is no option of a store in PostgreSQL",
        ),
        (
            "postgres://h/db?lease=soon",
            "`lease` takes a number with a unit",
        ),
        (
            "postgres://h/db?connections=0",
            "`connections` takes a number from 1 on",
        ),
        ("postgres:h", "postgres://USER@HOST/DATABASE"),
    ] {
        let said = refused(url);
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_password_is_never_shown() {
    for url in [
        "postgres://app:hunter2@db.example:5432/app",
        "postgres://app:hunter2@db.example/app?schema=agno&sslmode=require",
        "postgres://app:?hunter2@db.example/app?sslmode=require",
        "postgresql://app@db.example/app?password=hunter2&schema=agno",
        "postgres://app@db.example/app?sslmode=require&sslPassword=hunter2",
    ] {
        let config = StoreConfig::parse(url).expect("is a store");
        for shown in [
            config.location(),
            format!("{config:?}"),
            StoreConfig::masked(url),
        ] {
            assert!(!shown.contains("ter2"), "{shown}");
            assert!(
                shown.contains("***") && shown.contains("db.example"),
                "{shown}"
            );
        }
    }
    // Refused as text, and possible in code.
    let two = "postgres://app:hun/ter2:hunter2@x@db.example/app";
    let config = StoreConfig::from(PostgresConfig::new(two));
    let shown = format!("{config:?} {}", config.location());
    assert!(!shown.contains("ter2"), "{shown}");
    assert_eq!(
        StoreConfig::masked(two),
        "postgres://app:***@db.example/app"
    );
    let plain = "postgres://app@db.example/app?schema=agno&password_env=NAME";
    assert_eq!(StoreConfig::masked(plain), plain);
}

#[test]
fn json_and_urls_say_the_same() {
    for (json, url) in [
        (r#""redb:x""#, "redb:x"),
        (r#"{"kind": "memory"}"#, "memory:"),
        (r#"{"path": "x"}"#, "x"),
        (
            r#"{"kind": "sqlite", "path": "x", "cache_mb": 2}"#,
            "sqlite:x?cache_mb=2",
        ),
        (
            r#"{"url": "postgres://h/db", "connections": 2, "lease": "1m"}"#,
            "postgres://h/db?lease=60s&connections=2",
        ),
    ] {
        let read: StoreConfig = serde_json::from_str(json).expect(json);
        assert_eq!(read, StoreConfig::parse(url).expect(url));
    }
}

#[cfg(feature = "config-file")]
#[test]
fn a_file_says_which_store_and_what_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("agno.toml");
    let text = "[store]\nkind = \"redb\"\npath = \"data\"\ncache_mb = 8\n\n[retention]\n\
                completed = \"30d\"\nfailed = \"90d\"\nkeep_last_per_session = 20\ncache_mb = 256\n";
    fs::write(&path, text).expect("a file");
    let read = StoreConfig::read_file(&path).expect("reads");
    let store = DirectoryConfig::redb(directory.path().join("data")).cache_bytes(8 << 20);
    assert_eq!(read.store, store.into());
    let day = Duration::from_secs(86_400);
    let kept = Retention::new()
        .completed(day * 30)
        .failed(day * 90)
        .keep_last_per_session(20)
        .cache_bytes(256 << 20);
    assert_eq!(read.retention, Some(kept));
    let url = path.to_str().expect("text");
    assert_eq!(StoreConfig::parse(url).expect("reads"), read.store);
}

#[cfg(feature = "config-file")]
#[test]
fn a_mistake_in_a_file_is_told_with_its_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("agno.toml");
    for (text, line, words) in [
        (
            "[store]\nurl = \"postgres://u:hunter2@h/d\"\nshema = \"s\"\n",
            3,
            "did you mean `schema`?",
        ),
        ("[stroe]\nurl = \"memory:\"\n", 1, "did you mean `store`?"),
        (
            "[store]\nkind = \"sleed\"\npath = \"x\"\n",
            2,
            "did you mean `sled`?",
        ),
        ("store = \"slde:x\"\n", 1, "did you mean `sled`?"),
        (
            "[store]\nurl = \"postgres://u:hunter2@h/d\"\nconnections = \"many\"\n",
            3,
            "invalid type",
        ),
        (
            "[store]\nurl = \"postgres://u:hunter2@h/d\"\npassword = \"hunter2\"\n",
            3,
            "password_env",
        ),
        (
            "[store]\nurl = \"postgres://u:hunter2@h/d\"\nlease = \"soon\"\n",
            3,
            "is no duration",
        ),
        (
            "store = \"memory:\"\n[retention]\ncompleted = 30\n",
            3,
            "invalid type",
        ),
        (
            "store = \"memory:\"\n[retention]\nkeep_last = 3\n",
            3,
            "did you mean `keep_last_per_session`?",
        ),
        (
            "[store]\nurl = \"postgres://u:hunter2@h/d\nlease = 3\n",
            2,
            "",
        ),
        ("[store]\ncache_mb = 3\n", 1, "no store is named"),
    ] {
        fs::write(&path, text).expect("a file");
        let error = StoreConfig::read_file(&path).expect_err(text);
        let StoreError::Config(ConfigError::File { line: at, .. }) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*at, Some(line), "{text}{error}");
        let said = format!("{error} {error:?}");
        assert!(said.contains(words), "{text}{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_variable_that_is_not_there_is_named() {
    let json = r#"{"url_env": "AGNO_TEST_NOT_THERE"}"#;
    let said = serde_json::from_str::<StoreConfig>(json).expect_err("is not there");
    assert!(
        said.to_string()
            .contains("`AGNO_TEST_NOT_THERE`, which `url_env` names, is not set")
    );
}

#[cfg(not(feature = "postgres"))]
#[test]
fn what_this_build_lacks_is_told_with_the_line_that_brings_it() {
    let config = StoreConfig::parse("postgres://u:hunter2@h/db").expect("is a store");
    let opened = futures_util::FutureExt::now_or_never(config.open());
    let said = opened
        .expect("at once")
        .expect_err("is not there")
        .to_string();
    let line = "agno-workflows = { version = \"0.1\", features = [\"postgres\"] }";
    assert!(said.contains(line), "{said}");
}

#[test]
fn a_slip_in_a_url_is_told_and_shows_no_password() {
    for (url, word) in [
        ("sled://m1", "sled:m1"),
        ("redb:postgres://app:hidden@host/a", "not by another URL"),
        (
            "host=db password=hidden dbname=a",
            "postgres://USER@HOST/DATABASE",
        ),
        ("postgres://app:s3cr3t@hidden@host/a", "%40"),
    ] {
        let error = StoreConfig::parse(url).expect_err(url).to_string();
        assert!(error.contains(word) && !error.contains("hidden"), "{error}");
    }
    assert!(StoreConfig::parse("runs of host=a").is_ok(), "a path");
}
