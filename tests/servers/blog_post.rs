//! The example `blog_post` against aimock, as a user runs it on a real model: three agents, two of
//! them with a tool and a typed answer. aimock's own journal says what was asked of it.

use std::{
    fs,
    process::{Command, Stdio},
};

use agno::tools::search::Documents;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    example::{binary, told},
    server::{Request, Server},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/blog_post.json");
const SHELF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shelf");
const TOPIC: &str = "Heat pumps in old houses";

/// What the agents are told apart by: the tool that each has.
const SEARCHER: &str = "web_search";
const SCRAPER: &str = "read_article";
const WRITER: &str = "none";

/// A store, and a server with the script of the example.
struct Place {
    server: Server,
    folder: TempDir,
    /// Where the texts of the shelf are.
    shelf: String,
}

impl Place {
    fn new() -> Option<Self> {
        let texts = Documents::in_folder(SHELF).expect("is there");
        let hit = texts.find("radiators for low temperatures", 1).remove(0);
        let shelf = hit.url.strip_suffix("/radiators.md").expect("is found");

        let folder = tempfile::tempdir().expect("is created");
        let script = folder.path().join("script.json");
        // Their addresses are those of this machine.
        let text = fs::read_to_string(SCRIPT).expect("is there");
        fs::write(&script, text.replace("SHELF", shelf)).expect("is written");
        Some(Self {
            server: Server::aimock_with(&json!({ "llm": { "fixtures": script } }))?,
            shelf: shelf.to_owned(),
            folder,
        })
    }

    /// Runs the topic. Answers the post, and the requests that this run sent.
    fn run(&self, args: &[&str]) -> (String, Vec<Request>) {
        let before = self.server.journal().len();
        let mut command = Command::new(binary("blog_post"));
        command
            .args(["run", "--topic", TOPIC, "--json"])
            .args(args)
            .current_dir(self.folder.path())
            .env("AGNO_STORE", self.folder.path().join("store"))
            .env("OPENAI_BASE_URL", self.server.url("/v1"))
            .env("OPENAI_MODEL", "m")
            .env("SHELF", SHELF)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for variable in [
            "AGNO_CRASH_AFTER",
            "AGNO_MODEL",
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
        ] {
            command.env_remove(variable);
        }
        let output = command.output().expect("starts");
        assert!(output.status.success(), "{}", told(&output));
        let run: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        assert_eq!(run["status"], "completed", "{run}");
        let post = run["output"].as_str().expect("is a text").to_owned();
        (post, self.server.journal().split_off(before))
    }
}

/// The tool that an agent offers.
fn agent(request: &Request) -> &str {
    let tools = request.0["body"]["tools"].as_array();
    match tools.map_or(&[][..], Vec::as_slice) {
        [] => WRITER,
        [tool] => tool["function"]["name"].as_str().expect("has a name"),
        more => panic!("each agent has one tool at most: {more:?}"),
    }
}

/// Who asked for which turn. Articles are read at the same time, so theirs are in no order.
fn asked(requests: &[Request]) -> Vec<(&str, usize)> {
    let mut asked: Vec<_> = requests.iter().map(|it| (agent(it), it.turn())).collect();
    asked
        .chunk_by_mut(|one, next| one.0 == next.0)
        .for_each(<[_]>::sort);
    asked
}

fn assert_streamed(requests: &[Request]) {
    for Request(entry) in requests {
        assert_eq!(entry["path"], "/v1/chat/completions", "{entry}");
        assert_eq!(entry["response"]["status"], 200, "{entry}");
    }
    assert!(requests.iter().all(Request::streamed), "in one piece");
}

#[test]
fn a_post_is_found_read_and_written() {
    let Some(place) = Place::new() else {
        return;
    };
    let Place { shelf, .. } = &place;

    // The script goes on only after a tool's result that holds what is on the shelf.
    let (post, requests) = place.run(&[]);
    assert_eq!(
        post,
        format!(
            "# Your old house is ready\n\n\
             It is the water that decides, says [a field study]({shelf}/heat-pumps.md)."
        )
    );
    assert_eq!(
        asked(&requests),
        [
            (SEARCHER, 1),
            (SEARCHER, 2),
            (SCRAPER, 1),
            (SCRAPER, 1),
            (SCRAPER, 2),
            (SCRAPER, 2),
            (WRITER, 1),
        ]
    );
    assert_streamed(&requests);
    // The writer gets what the scraper made of the articles, and no more.
    let material = |requests: &[Request]| {
        let last = requests.last().expect("the writer's");
        let message = last.messages("user").next().expect("has one");
        message["content"].to_string()
    };
    let first = material(&requests);
    for part in [
        "Field studies found that the temperature of the heating water decides.",
        "Measure before you replace: turn the boiler down to 50 degrees.",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(!first.contains("Noise is the most common"), "{first}");

    let (again, requests) = place.run(&[]);
    assert_eq!(again, post);
    assert_eq!(asked(&requests), [], "the post is kept");

    let (anew, requests) = place.run(&["--use-cached-report", "false"]);
    assert_eq!(
        anew,
        format!(
            "# Turn the boiler down first\n\n\
             At 50 degrees you see [which rooms stay warm]({shelf}/radiators.md)."
        )
    );
    assert_eq!(asked(&requests), [(WRITER, 1)], "the articles are kept");
    assert_streamed(&requests);
    assert_eq!(material(&requests), first);

    let (newest, requests) = place.run(&[]);
    assert_eq!(newest, anew, "the newer post is kept");
    assert_eq!(asked(&requests), []);
}
