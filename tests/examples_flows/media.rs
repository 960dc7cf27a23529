//! Files in and out.

use std::fs;

use serde_json::json;

use crate::kit::{Place, told};

/// The beginning of a PNG, with something behind it that is to be found nowhere but in the store.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"pixels of a picture ".repeat(1_000));
    bytes
}

#[test]
fn media_analysis_reads_pictures_and_answers_references() {
    let place = Place::new("media_analysis");
    fs::write(place.file("cat.png"), picture(640, 480)).expect("is written");
    fs::write(place.file("dog.png"), picture(32, 16)).expect("is written");
    let run = place.run(&["--images", "cat.png", "--images", "dog.png"]);
    let output = &run.0["output"];
    assert_eq!(output["content"], "Image analysis complete: 2.");
    assert_eq!(output["media"][0]["name"], "cat.png");
    assert_eq!(output["media"][1]["media_type"], "image/png");
    assert_eq!(output["report"]["name"], "report.md");
    assert_eq!(output["report"]["media_type"], "text/markdown");
    assert_eq!(
        run.0["state"]["analyses"],
        json!({
            "cat.png": "cat.png: 640 by 480 pixels",
            "dog.png": "dog.png: 32 by 16 pixels",
        })
    );
    assert_eq!(run.steps("ran"), ["analyse", "analyse", "report"]);
    let recorded = run.0.to_string();
    assert!(!recorded.contains("pixels of a picture"), "{recorded}");

    let none = place.run(&["--input", "{}"]);
    assert_eq!(none.0["output"]["content"], "Image analysis complete: 0.");
}

#[test]
fn media_analysis_refuses_what_is_no_picture() {
    let place = Place::new("media_analysis");
    fs::write(place.file("notes.txt"), "no picture").expect("is written");
    for file in ["notes.txt", "missing.png"] {
        let output = place.output(&["run", "--images", file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", told(&output));
        assert!(told(&output).contains("images"), "{}", told(&output));
    }
    assert!(!place.file(".agno").exists(), "nothing was written");
}
