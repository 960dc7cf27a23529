//! What `cargo doc` of a user's crate shows of a workflow: rustdoc is run over a small library, and the pages are read.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

/// The documentation of `fixtures/documented.rs`, in which any warning is an error.
static PAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = env::current_exe().expect("has a path");
    let deps = test.parent().expect("stands in `deps`");
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented");
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let told = Command::new(rustdoc)
        .args(["--edition", "2024", "--crate-type", "lib", "-D", "warnings"])
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg("--extern")
        .arg(format!("agno={}", library(deps).display()))
        .arg("--out-dir")
        .arg(&pages)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documented.rs"))
        .output()
        .expect("rustdoc runs");
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && said.is_empty(), "{said}");
    pages.join("documented")
});

/// The library that this test was built with: the last one built.
fn library(deps: &Path) -> PathBuf {
    let files = fs::read_dir(deps).expect("the folder of libraries");
    let libraries = files
        .map(|file| file.expect("a file").path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libagno-") && name.ends_with(".rlib")
        });
    let built = |path: &PathBuf| fs::metadata(path).and_then(|data| data.modified()).ok();
    libraries.max_by_key(built).expect("the library is built")
}

/// What the page of a struct says at its impl of a trait, as HTML.
fn shown(name: &str, of: &str) -> String {
    let path = PAGES.join(format!("struct.{name}.html"));
    let page =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let start = page.find(&format!("id=\"impl-{of}-for-")).expect("an impl");
    let rest = &page[start..];
    let docs = rest
        .find("<div class=\"docblock\">")
        .expect("its documentation");
    let end = rest.find("class=\"impl-items\"").expect("what is in it");
    rest[docs..end].to_owned()
}

#[track_caller]
fn assert_shows(page: &str, parts: &[&str]) {
    let mut rest = page;
    for part in parts {
        let place = rest.find(part);
        let place =
            place.unwrap_or_else(|| panic!("not found, or not in order: {part}\nin: {page}"));
        rest = &rest[place + part.len()..];
    }
}

#[test]
fn a_workflow_shows_its_steps() {
    let page = shown("Article", "Workflow");
    assert_shows(
        &page,
        &[
            "Takes <code>topic: Topic</code>, gives <code>usize</code>.",
            "<table>",
            "<td><code>search</code></td><td><code>topic: Topic</code>, <code>limit: Option&lt;u32&gt;</code></td>\
             <td><code>Vec&lt;String&gt;</code></td><td>3 retries, 20 s an attempt, cached for 1 h</td>",
            "<code>fetch</code>",
            "<td>left out if it fails</td>",
            "<td><code>judge</code>, if <code>not(feature = \"kind\")</code></td>",
            "</table>",
        ],
    );
}

#[test]
fn a_workflow_shows_its_flow() {
    let page = shown("Article", "Workflow");
    assert_shows(
        &page,
        &[
            "<pre class=\"language-text\"><code>run(topic: Topic) -&gt; usize\n  search\n  map over sources\n    fetch\n  \
             for page in pages\n    judge\n    if page != &quot;```&quot; &amp;&amp; flow.judge(page.clone()).await?\n      \
             publish\n      return flow.publish(page).await\n  flow finish\nfinish(page: String) -&gt; usize, within 2 m\n  \
             publish</code></pre>",
        ],
    );
}

#[test]
fn what_a_user_wrote_is_shown_as_it_is() {
    let page = shown("Article", "Workflow");
    assert_shows(
        &page,
        &[
            "<td>Finds &lt;b&gt;sources&lt;/b&gt; | on the web, see https://example.org and [`Nothing`].</td>",
            "<td>asks “Publish `this` | &lt;i&gt;now&lt;/i&gt;?”</td>",
        ],
    );
}

#[test]
fn steps_in_their_order_and_fields_are_shown_too() {
    assert_shows(
        &shown("Hello", "Workflow"),
        &[
            "Takes <code>name: String</code>, gives <code>String</code>.",
            "<td><code>greet</code></td>",
            "The steps run in this order",
        ],
    );
    assert_shows(
        &shown("Content", "WorkflowInfo"),
        &[
            "<td><code>article</code></td><td><code>Nested&lt;Article&gt;</code></td><td>version 2</td><td>Writes it up.</td>",
        ],
    );
}
