//! What arrives at a collector: a small HTTP server stands in for it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// What it got: paths and bodies.
type Got = Arc<Mutex<Vec<(String, Value)>>>;

/// An OTLP receiver that takes everything.
struct Collector {
    address: String,
    got: Got,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let got = Got::default();
        let getting = Arc::clone(&got);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let got = Arc::clone(&getting);
                thread::spawn(move || serve(&stream, &got));
            }
        });
        Self { address, got }
    }

    /// All bodies of a path.
    fn bodies(&self, path: &str) -> Vec<Value> {
        let got = self.got.lock().expect("no panic");
        let of_path = got.iter().filter(|(to, _)| to == path);
        of_path.map(|(_, body)| body.clone()).collect()
    }

    /// The spans by name.
    fn spans(&self) -> BTreeMap<String, Vec<Span>> {
        let mut spans = BTreeMap::<_, Vec<_>>::new();
        for body in self.bodies("/v1/traces") {
            for span in each(&body, &["resourceSpans", "scopeSpans", "spans"]) {
                let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
                spans.entry(text("name")).or_default().push(Span {
                    id: text("spanId"),
                    parent: text("parentSpanId"),
                    trace: text("traceId"),
                    kind: span["kind"].clone(),
                    attributes: attributes(&span),
                });
            }
        }
        spans
    }
}

#[derive(Debug)]
struct Span {
    id: String,
    parent: String,
    trace: String,
    kind: Value,
    attributes: BTreeMap<String, Value>,
}

/// Reads requests until the client has no more.
fn serve(mut stream: &TcpStream, got: &Got) {
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    loop {
        let mut head = String::new();
        let mut length = 0;
        while reader.read_line(&mut head).is_ok_and(|read| read > 2) {
            let line = head.lines().last().unwrap_or_default().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let Some(path) = head.split(' ').nth(1) else {
            return;
        };
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let body = serde_json::from_slice(&body).expect("JSON");
        got.lock().expect("no panic").push((path.to_owned(), body));
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).expect("it listens");
    }
}

/// All items of lists in lists.
fn each(value: &Value, path: &[&str]) -> Vec<Value> {
    let Some((first, rest)) = path.split_first() else {
        return vec![value.clone()];
    };
    let items = value[first].as_array().cloned().unwrap_or_default();
    items.iter().flat_map(|item| each(item, rest)).collect()
}

/// OTLP writes an integer as text.
fn attributes(of: &Value) -> BTreeMap<String, Value> {
    let one = |attribute: Value| {
        let key = attribute["key"].as_str().expect("a key").to_owned();
        let value = attribute["value"].as_object().expect("a value");
        (key, value.values().next().cloned().unwrap_or_default())
    };
    each(of, &["attributes"]).into_iter().map(one).collect()
}

/// Runs the program as a user does, in a folder of its own.
fn run(endpoint: &str, settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_agno-example-telemetry"));
    command
        .args(["run", "--input", "cats at work"])
        .current_dir(&folder)
        .env("AGNO_MODEL", "offline")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    for name in [
        "AGNO_STORE",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "OTEL_SDK_DISABLED",
        "OTEL_SERVICE_NAME",
        "OTEL_TRACES_SAMPLER",
    ] {
        command.env_remove(name);
    }
    command.envs(settings.iter().copied());
    command.output().expect("it starts")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn spans_arrive_with_names_parents_and_attributes() {
    let collector = Collector::start();
    let output = run(&collector.address, &[]);
    assert!(output.status.success(), "{}", error(&output));
    assert!(!error(&output).contains("telemetry:"), "{}", error(&output));

    let spans = collector.spans();
    let only = |name: &str| match spans.get(name).map(Vec::as_slice) {
        Some([span]) => span,
        other => panic!("{name}: {other:?} of {:?}", spans.keys()),
    };
    let run = only("invoke_workflow Traced Content");
    assert_eq!(run.parent, "");
    assert_eq!(run.attributes["gen_ai.operation.name"], "invoke_workflow");
    assert_eq!(run.attributes["gen_ai.workflow.name"], "Traced Content");
    let session = &run.attributes["gen_ai.conversation.id"];

    let agents = ["Researcher", "Writer"].map(|name| only(&format!("invoke_agent {name}")));
    for agent in agents {
        assert_eq!(agent.kind, json!(1), "internal");
        assert_eq!(agent.attributes["gen_ai.operation.name"], "invoke_agent");
        assert_eq!(&agent.attributes["gen_ai.conversation.id"], session);
        let step = spans["step"].iter().find(|step| step.id == agent.parent);
        assert_eq!(step.expect("in a step").parent, run.id);
    }
    let tool = only("execute_tool web_search");
    assert_eq!(tool.parent, agents[0].id);
    assert_eq!(tool.attributes["gen_ai.tool.type"], "function");

    let chats = &spans["chat offline"];
    for (agent, turns) in [(agents[0], 2), (agents[1], 1)] {
        let own: Vec<_> = chats.iter().filter(|c| c.parent == agent.id).collect();
        assert_eq!(own.len(), turns, "{chats:?}");
        for chat in own {
            assert_eq!(chat.kind, json!(3), "client");
            assert_eq!(chat.attributes["gen_ai.provider.name"], "agno");
            assert_eq!(chat.attributes["gen_ai.request.model"], "offline");
            let written = &chat.attributes["gen_ai.usage.output_tokens"];
            assert!(written.as_str().is_some_and(|n| n != "0"), "{chat:?}");
        }
    }
    assert_eq!(chats.len(), 3);
    let all = || spans.values().flatten();
    assert!(all().all(|span| span.trace == run.trace), "one trace");

    let traces = collector.bodies("/v1/traces");
    let resource = attributes(&traces[0]["resourceSpans"][0]["resource"]);
    assert_eq!(resource["service.name"], "agno-example-telemetry");
    let everything = format!("{traces:?}{:?}", collector.bodies("/v1/metrics"));
    assert!(
        !everything.contains("cats at work"),
        "no word of the conversation"
    );
}

#[test]
fn measurements_arrive_with_units_and_bounds() {
    let collector = Collector::start();
    let output = run(&collector.address, &[]);
    assert!(output.status.success(), "{}", error(&output));
    let mut metrics = BTreeMap::new();
    for body in collector.bodies("/v1/metrics") {
        for metric in each(&body, &["resourceMetrics", "scopeMetrics", "metrics"]) {
            let name = metric["name"].as_str().expect("a name").to_owned();
            metrics.insert(name, metric);
        }
    }
    let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
    for name in [
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
        "gen_ai.execute_tool.duration",
        "gen_ai.invoke_agent.duration",
    ] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let points = |name: &str| each(&metrics[name]["histogram"], &["dataPoints"]);
    assert_eq!(metrics["gen_ai.client.token.usage"]["unit"], "{token}");
    let tokens = points("gen_ai.client.token.usage");
    let kinds: Vec<_> = tokens
        .iter()
        .map(|point| attributes(point)["gen_ai.token.type"].clone())
        .collect();
    assert!(kinds.contains(&json!("input")) && kinds.contains(&json!("output")));
    assert_eq!(tokens[0]["explicitBounds"][13], json!(67_108_864.0));

    assert_eq!(metrics["gen_ai.invoke_agent.duration"]["unit"], "s");
    let agents = points("gen_ai.invoke_agent.duration");
    let mut names: Vec<_> = agents
        .iter()
        .map(|point| attributes(point)["gen_ai.agent.name"].clone())
        .collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, [json!("Researcher"), json!("Writer")]);
    assert_eq!(agents[0]["explicitBounds"][0], json!(0.01));
}

#[test]
fn words_arrive_where_they_are_wanted() {
    let collector = Collector::start();
    let wanted = ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true");
    let output = run(&collector.address, &[wanted]);
    assert!(output.status.success(), "{}", error(&output));
    let spans = collector.spans();
    let asked = spans["chat offline"]
        .iter()
        .filter_map(|chat| chat.attributes["gen_ai.input.messages"].as_str());
    assert!(asked.filter(|asked| asked.contains("cats at work")).count() >= 2);
}

#[test]
fn without_a_collector_the_workflow_ends_as_ever() {
    // A port that was free a moment ago: nobody listens.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let output = run(&address, &[]);
    let told = error(&output);
    assert!(output.status.success(), "{told}");
    assert!(!output.stdout.is_empty(), "the article");
    for what in ["spans", "metrics"] {
        let line = format!("telemetry: the {what} did not reach {address}");
        assert!(told.contains(&line), "{told}");
    }
    assert!(told.contains("is a collector listening there?"), "{told}");
}
