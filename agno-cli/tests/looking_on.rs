//! Looking on from other processes while a run goes on.
#![cfg(unix)]

mod common;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use common::{Answer, Place};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// A store whose owner runs gated steps.
struct Gates {
    place: Place,
}

impl Gates {
    fn new() -> Self {
        Self {
            place: Place::new(),
        }
    }

    fn input(&self, steps: u32) -> Value {
        json!({"steps": steps, "place": self.place.directory.path()})
    }

    /// Starts a run and waits until it stands at its second gate.
    fn start(&self, steps: u32, more: &[&str]) -> Child {
        let input = self.input(steps).to_string();
        let run = [&["run", "-i", &input, "--run-id", "look"], more].concat();
        self.open(0);
        let child = self.place.command("gated", &run).spawn().expect("starts");
        self.wait_for("at.1");
        child
    }

    fn look(&self, args: &[&str]) -> Answer {
        Answer::of(self.place.command("gated", args).output())
    }

    fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.place.command("gated", args);
        command.spawn().expect("starts")
    }

    fn open(&self, gate: u32) {
        self.place.write(&format!("go.{gate}"), b"");
    }

    fn wait_for(&self, name: &str) {
        let begun = Instant::now();
        while !self.place.file(name).exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no {name}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn socket(&self) -> PathBuf {
        self.place.file(".agno/owner.sock")
    }

    /// A client of its own, with the owner's hello taken.
    fn connect(&self) -> UnixStream {
        let mut stream = UnixStream::connect(self.socket()).expect("somebody listens");
        assert_eq!(receive(&mut stream), Some(json!({"agno_owner": 2})));
        stream
    }

    /// The events, a value per line.
    fn events(&self) -> Vec<Value> {
        lines(&self.look(&["events", "look", "--json"]).exits(0).out)
    }
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("an object per line")
}

fn send(stream: &mut UnixStream, value: &Value) {
    let body = value.to_string();
    let length = u32::try_from(body.len()).expect("is short");
    let frame = [&length.to_be_bytes(), body.as_bytes()].concat();
    stream.write_all(&frame).expect("is taken");
}

/// The next frame, or `None` at the end.
fn receive(stream: &mut UnixStream) -> Option<Value> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("is JSON"))
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), signal).expect("is running");
}

/// What does not change with the time of day.
fn without_age(shown: &str) -> Vec<&str> {
    let lines = shown.lines();
    lines.filter(|line| !line.starts_with("status")).collect()
}

#[test]
fn a_run_is_looked_at_while_it_goes_on() {
    let gates = Gates::new();
    let child = gates.start(3, &["--json"]);
    let runs = gates.look(&["runs", "--json"]).exits(0).json();
    assert_eq!(runs["runs"][0]["run_id"], "look");
    assert_eq!(runs["runs"][0]["status"], "running");
    let text = gates.look(&["runs"]).exits(0);
    text.prints("running").prints("show look --follow");
    let of = |status| gates.look(&["runs", "--status", status]).exits(0);
    of("running").prints("look");
    assert_eq!(of("interrupted").out, "");

    let early = gates.look(&["show", "lo", "--json"]).exits(0).json();
    assert_eq!(early["status"], "running");
    assert_eq!(early["steps"].as_array().map(Vec::len), Some(1));
    gates
        .look(&["show", "look"])
        .exits(0)
        .says("show look --follow");
    let told = gates.events();
    gates
        .look(&["events", "look"])
        .exits(0)
        .prints("step_completed");
    let drawn = gates.look(&["graph", "--run", "look"]).exits(0);
    gates.look(&["cache"]).exits(0).says("cache is empty");
    gates.look(&["show", "other"]).exits(2).says("running");

    gates.open(1);
    gates.open(2);
    let ended = Answer::of(child.wait_with_output()).exits(0).json();
    assert_eq!(ended["output"], 3);
    assert!(!gates.socket().exists(), "a socket without an owner");

    // The same from the store itself.
    let late = gates.look(&["show", "look", "--json"]).exits(0).json();
    assert_eq!(late["status"], "completed");
    assert_eq!(late["steps"][0], early["steps"][0]);
    assert_eq!(late["input"], early["input"]);
    let all = gates.events();
    assert!(told.len() < all.len() && all.starts_with(&told));
    let numbers = all.iter().map(|event| event["number"].as_u64());
    assert!(numbers.eq((0..all.len() as u64).map(Some)));
    let later = gates.look(&["graph", "--run", "look"]).exits(0);
    assert_eq!(
        drawn.out.lines().next(),
        later.out.lines().next(),
        "{later:?}"
    );
    let some = gates.look(&["events", "look", "--json", "--from", "2"]);
    assert_eq!(lines(&some.exits(0).out), all[2..]);
}

#[test]
fn whoever_follows_sees_it_to_its_end() {
    let gates = Gates::new();
    let owner = gates.start(3, &[]);
    let mut events = gates.spawn(&["events", "look", "--follow", "--json"]);
    let shown = gates.spawn(&["show", "look", "--follow"]);
    let as_json = gates.spawn(&["show", "look", "--follow", "--json", "--from", "3"]);
    // Each of them is there before the run goes on: the first has told what is stored.
    let mut out = BufReader::new(events.stdout.take().expect("a pipe")).lines();
    let mut heard: Vec<Value> = Vec::new();
    let mut hear_until = |path: &str| {
        while !heard
            .iter()
            .any(|event| event["type"] == "step_completed" && event["path"] == path)
        {
            let line = out.next().expect("more to come").expect("text");
            heard.push(serde_json::from_str(&line).expect("is JSON"));
        }
    };
    hear_until("pass#0");
    gates.open(1);
    hear_until("pass#1");
    gates.wait_for("at.2");
    gates.open(2);
    Answer::of(owner.wait_with_output()).exits(0);
    for line in out {
        heard.push(serde_json::from_str(&line.expect("text")).expect("is JSON"));
    }
    assert!(events.wait().expect("ends").success());

    let all = gates.events();
    assert_eq!(heard, all, "each event once, in order");
    let as_json = Answer::of(as_json.wait_with_output()).exits(0);
    assert_eq!(lines(&as_json.out), all[3..]);
    let shown = Answer::of(shown.wait_with_output()).exits(0);
    let now = gates.look(&["show", "look"]).exits(0);
    assert_eq!(without_age(&shown.out), without_age(&now.out));
    assert!(shown.out.contains("completed"), "{shown:?}");
    let again = gates.look(&["events", "look", "--follow", "--json"]);
    assert_eq!(lines(&again.exits(0).out), all);
}

#[test]
fn ctrl_c_ends_the_looking_on_and_not_the_run() {
    let gates = Gates::new();
    let owner = gates.start(2, &[]);
    for args in [
        &["events", "look", "--follow"][..],
        &["show", "look", "--follow"],
    ] {
        let mut looking = gates.spawn(args);
        let pipe: Box<dyn Read> = match args[0] {
            "events" => Box::new(looking.stdout.take().expect("a pipe")),
            _ => Box::new(looking.stderr.take().expect("a pipe")),
        };
        let mut lines = BufReader::new(pipe).lines();
        // It listens by the time it tells of the first step.
        let told = |line: &String| line.contains("pass");
        let line = lines.by_ref().map(|line| line.expect("text")).find(told);
        assert!(line.is_some(), "{args:?}");
        signal(&looking, Signal::INT);
        assert_eq!(looking.wait().expect("ends").code(), Some(130), "{args:?}");
    }
    gates.open(1);
    Answer::of(owner.wait_with_output()).exits(0).prints("2");
}

#[test]
fn a_run_is_cancelled_from_elsewhere() {
    let gates = Gates::new();
    let owner = gates.start(2, &["--json"]);
    let cancelled = gates.look(&["cancel", "look", "--json"]).exits(0).json();
    assert_eq!(cancelled, json!({"run_id": "look", "status": "cancelled"}));
    let ended = Answer::of(owner.wait_with_output()).exits(1).json();
    assert_eq!(ended["status"], "cancelled");
    let shown = gates.look(&["show", "look", "--json"]).exits(0).json();
    assert_eq!(shown["status"], "cancelled");
    assert_eq!(shown["steps"].as_array().map(Vec::len), Some(1));
    // Cancelled is cancelled; what has completed cannot be.
    gates.look(&["cancel", "look"]).exits(0);
    gates.look(&["cancel", "other"]).exits(2);
    let input = gates.input(1).to_string();
    let done = ["run", "-i", &input, "--run-id", "done"];
    gates.look(&done).exits(0);
    let refused = gates.look(&["cancel", "done"]).exits(2);
    refused.says("there is nothing to cancel");
    // One that was interrupted is cancelled in the store itself.
    fs::remove_file(gates.place.file("at.1")).expect("was there");
    let input = gates.input(2).to_string();
    let mut owner = gates.spawn(&["run", "-i", &input, "--run-id", "lost"]);
    gates.wait_for("at.1");
    signal(&owner, Signal::KILL);
    owner.wait().expect("ends");
    gates
        .look(&["cancel", "lost"])
        .exits(0)
        .says("is cancelled");
    gates.look(&["show", "lost"]).exits(0).prints("cancelled");
}

#[test]
fn a_killed_owner_leaves_a_store_that_anybody_opens() {
    let gates = Gates::new();
    let mut owner = gates.start(3, &[]);
    let follower = gates.spawn(&["events", "look", "--follow", "--json"]);
    let told = gates.events();
    signal(&owner, Signal::KILL);
    owner.wait().expect("ends");
    assert!(gates.socket().exists(), "nobody could remove it");
    let followed = Answer::of(follower.wait_with_output()).exits(0);
    assert_eq!(lines(&followed.out), told);
    let runs = gates.look(&["runs", "--json"]).exits(0).json();
    assert_eq!(runs["runs"][0]["status"], "interrupted");
    assert_eq!(gates.events(), told);

    // The next owner takes the place of the dead one's socket, and goes on for others.
    fs::remove_file(gates.place.file("at.1")).expect("was there");
    let owner = gates.spawn(&["run", "-i", &gates.input(4).to_string(), "--run-id", "next"]);
    gates.wait_for("at.1");
    let ask = |id: &str| {
        let mut client = gates.connect();
        send(&mut client, &json!({"agno_owner": 2}));
        send(&mut client, &json!({"control": {"resume": id}}));
        receive(&mut client)
    };
    let unknown = json!({"failed": {"run_not_found": {"run": "other"}}});
    assert_eq!(ask("other"), Some(unknown));
    let mut client = gates.connect();
    send(&mut client, &json!({"agno_owner": 2}));
    let answer = json!({"decision": "approve", "at": 0});
    let answer = json!({"answer": {"request": "look:confirm#0", "answer": answer}});
    send(&mut client, &json!({"control": answer}));
    let refused = receive(&mut client).expect("an answer");
    assert_eq!(refused["failed"]["run"]["code"], "not_found_here");
    for _ in 0..2 {
        assert_eq!(ask("look"), Some(json!({"more": ["look"]})));
    }
    let runs = gates.look(&["runs", "--json"]).exits(0).json();
    let status = |at: usize| runs["runs"][at]["status"].as_str();
    assert_eq!((status(0), status(1)), (Some("running"), Some("running")));
    let follower = gates.spawn(&["show", "look", "--follow"]);
    gates.open(1);
    gates.open(2);
    let followed = Answer::of(follower.wait_with_output()).exits(0);
    followed.prints("completed").prints("1 resume");
    gates.open(3);
    Answer::of(owner.wait_with_output()).exits(0).prints("4");
}

#[test]
fn many_look_at_once() {
    let gates = Gates::new();
    let owner = gates.start(2, &[]);
    let lookers: Vec<_> = (0..8)
        .map(|_| gates.spawn(&["events", "look", "--json"]))
        .collect();
    let told = gates.events();
    for looker in lookers {
        let answer = Answer::of(looker.wait_with_output()).exits(0);
        assert_eq!(lines(&answer.out), told);
    }
    gates.open(1);
    Answer::of(owner.wait_with_output()).exits(0);
}

#[test]
fn a_hostile_client_disturbs_nobody() {
    let gates = Gates::new();
    let owner = gates.start(2, &[]);
    let hello = json!({"agno_owner": 2});
    let frames: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 64],
        &[0, 0, 0, 5, b'{', 0, 0, 0, 0],
        &[0, 0, 0, 0],
        // The ask of a gigabyte, after a hello.
        b"\0\0\0\x10{\"agno_owner\":2}\x40\0\0\0",
    ];
    for frame in frames {
        let mut stream = gates.connect();
        // It may be refused before it is whole.
        let _ = stream.write_all(frame);
        assert_eq!(receive(&mut stream), None, "{frame:?}");
    }
    for hello in [json!({"agno_owner": 1}), json!({}), json!([])] {
        let mut stream = gates.connect();
        send(&mut stream, &hello);
        let _ = stream.write_all(b"\0\0\0\x02{}");
        assert_eq!(receive(&mut stream), None, "{hello}");
    }
    for ask in [
        json!({"read": "everything"}),
        json!({"control": {"cancel": "../look"}}),
        json!({"commit": {}}),
        json!(null),
    ] {
        let mut stream = gates.connect();
        send(&mut stream, &hello);
        send(&mut stream, &ask);
        assert_eq!(receive(&mut stream), None, "{ask}");
    }
    // More connections than it takes, with half a frame or nothing: they run out of time.
    let flood: Vec<_> = (0..100)
        .map(|number| {
            let mut stream = UnixStream::connect(gates.socket()).expect("queues");
            if number % 2 == 0 {
                stream.write_all(&[0, 0]).expect("is taken");
            }
            stream
        })
        .collect();
    // One who follows and reads nothing.
    let mut idle = UnixStream::connect(gates.socket()).expect("queues");
    send(&mut idle, &hello);
    send(
        &mut idle,
        &json!({"follow": {"run": "look", "from": 0, "live": true}}),
    );
    let runs = gates.look(&["runs", "--json"]).exits(0).json();
    assert_eq!(runs["runs"][0]["status"], "running");
    gates.open(1);
    Answer::of(owner.wait_with_output()).exits(0).prints("2");
    drop((flood, idle));
    gates.look(&["store", "verify"]).exits(0);
}

#[test]
fn an_owner_that_cannot_answer_is_named() {
    let gates = Gates::new();
    gates.open(0);
    let input = gates.input(1).to_string();
    gates.look(&["run", "-i", &input]).exits(0);
    let lock = File::options()
        .read(true)
        .write(true)
        .open(gates.place.file(".agno/LOCK"));
    let lock = lock.expect("is there");
    lock.lock().expect("is free");
    // Nobody listens.
    let locked = gates.look(&["runs"]).exits(1).says("is in use by");
    locked.says("it answers no other process");
    // Somebody of another version does.
    let listener = UnixListener::bind(gates.socket()).expect("is free");
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        send(&mut stream, &json!({"agno_owner": 7}));
        receive(&mut stream)
    });
    let locked = gates.look(&["runs", "--json"]).exits(1);
    assert_eq!(locked.json()["error"]["code"], "locked");
    locked.says("another version of agno: it speaks version 7");
    assert_eq!(other.join().expect("ends"), Some(json!({"agno_owner": 2})));
    // What it left behind does not keep anybody from the store.
    drop(lock);
    gates.look(&["runs"]).exits(0).prints("completed");
}

#[test]
fn an_owner_sees_the_runs_of_others_through() {
    let gates = Gates::new();
    let owner = gates.start(2, &[]);
    let mut client = gates.connect();
    send(&mut client, &json!({"agno_owner": 2}));
    let start = json!({
        "workflow": "gated", "input": gates.input(3), "session": null, "user": null,
        "run_id": "guest", "cache": null,
    });
    send(&mut client, &json!({"control": {"start": start}}));
    assert_eq!(receive(&mut client), Some(json!({"more": ["guest"]})));
    assert_eq!(receive(&mut client), Some(json!("done")));
    let bad = json!({
        "workflow": "gated", "input": {"steps": "x"}, "session": null, "user": null,
        "run_id": null, "cache": null,
    });
    let mut client = gates.connect();
    send(&mut client, &json!({"agno_owner": 2}));
    send(&mut client, &json!({"control": {"start": bad}}));
    let refused = receive(&mut client).expect("an answer");
    assert_eq!(refused["failed"]["run"]["code"], "invalid_input");

    // Its own run ends; the guest stands at a gate.
    gates.open(1);
    gates.wait_for("at.2");
    let runs = gates
        .look(&["runs", "--status", "running", "--json"])
        .json();
    assert!(
        runs["runs"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|run| run["run_id"] == "guest")
    );
    let follower = gates.spawn(&["show", "guest", "--follow"]);
    gates.open(2);
    let owner = Answer::of(owner.wait_with_output()).exits(0);
    owner.prints("2");
    Answer::of(follower.wait_with_output())
        .exits(0)
        .prints("completed");
    gates.look(&["show", "guest"]).exits(0).prints("completed");
}

#[test]
fn a_store_with_a_long_path_is_looked_at_as_well() {
    let gates = Gates::new();
    let deep = format!("{}/{}", "d".repeat(100), "e".repeat(100));
    let runtime = tempfile::tempdir().expect("a directory");
    let command = |args: &[&str]| {
        let mut command = gates.place.command("gated", args);
        command
            .env("XDG_RUNTIME_DIR", runtime.path())
            .env("AGNO_STORE", &deep);
        command
    };
    let input = gates.input(1).to_string();
    let mut owner = command(&["run", "-i", &input, "--run-id", "look"]);
    let owner = owner.stderr(Stdio::null()).spawn().expect("starts");
    gates.wait_for("at.0");
    let sockets = || {
        fs::read_dir(runtime.path().join("agno"))
            .expect("is there")
            .count()
    };
    let looked = Answer::of(command(&["runs"]).output()).exits(0);
    looked.prints("running");
    assert_eq!(sockets(), 1);
    gates.open(0);
    Answer::of(owner.wait_with_output()).exits(0);
    assert_eq!(sockets(), 0);
}
