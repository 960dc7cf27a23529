//! Texts that are written of what was found.

use std::sync::{Arc, Mutex};

use super::*;

#[test]
fn a_researcher_and_a_writer() {
    let tools = [search(), read_article()];
    let request = asked(MARKDOWN, "Research heat pumps in old houses.", &tools);
    let (calls, research) = run(request, web);
    let writer = "You write blog posts of what you are given. Use short sentences.";
    let (none, post) = run(asked(writer, &research, &[]), web);
    assert!(none.is_empty());
    assert_snapshot!(format!(
        "{}\n\n{research}\n\n=====\n\n{post}",
        calls.join("\n")
    ));
}

#[test]
fn without_anything_to_quote_it_says_so_and_the_next_agent_too() {
    let (_, first) = run(
        asked("", "Write a short post about the future of Rust", &[]),
        web,
    );
    assert_snapshot!(first, @r"
    Future of Rust

    The offline model quotes what it is given, and it was given nothing on this. Give the agent a tool that finds something, or set a key for a real model.
    ");
    let (_, second) = run(asked(MARKDOWN, &first, &[]), web);
    assert_snapshot!(second, @r"
    # Future of Rust

    The offline model quotes what it is given, and it was given nothing on this. Give the agent a tool that finds something, or set a key for a real model.
    ");
}

#[test]
fn a_text_is_summarised_in_as_many_sentences_as_asked() {
    let prompt = format!("Summarise this in two sentences.\n\n{ARTICLE}");
    let (_, text) = run(asked("", &prompt, &[]), web);
    assert_snapshot!(text, @"A heat pump moves heat from the air or the ground into a house. A heat pump for a house costs 25,000 euros before grants.");
}

#[test]
fn what_others_found_is_put_together() {
    let articles = json!({
        "topic": "heat pumps in old houses",
        "articles": [
            { "title": "Heat pumps", "url": "https://energy.example/old", "content": ARTICLE },
            {
                "title": "Prices",
                "url": "https://money.example/",
                "content": "Prices of heat pumps fell by a tenth. Grants rose in most countries."
            },
        ],
    });
    let of_json = run(asked(MARKDOWN, &articles.to_string(), &[]), web).1;
    let findings = format!(
        "Topic: heat pumps\n\nFindings of economy:\nPrices of heat pumps fell by a tenth.\n\n\
         Findings of technology:\n{ARTICLE}"
    );
    let of_prose = run(asked("Combine the findings.", &findings, &[]), web).1;

    let members = "<members>\n- researcher (Researcher): Finds facts. Tools: web_search\n\
                   - writer (Writer): Writes posts.\n</members>";
    let team = asked(
        members,
        "Write a post about heat pumps in old houses",
        &[delegate(&["researcher", "writer"])],
    );
    let (calls, of_team) = run(team, |_, arguments| {
        let tools = [search(), read_article()];
        let tools: &[_] = if arguments["member_id"] == "researcher" {
            &tools
        } else {
            &[]
        };
        run(asked("", arguments["task"].as_str().unwrap(), tools), web).1
    });
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_snapshot!([of_json, of_prose, of_team].join("\n\n=====\n\n"));
}

#[tokio::test]
async fn the_pieces_are_the_text_and_the_words_are_counted() {
    let request = asked(MARKDOWN, ARTICLE, &[]);
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let heard = pieces.clone();
    let deltas = Deltas::to(move |delta| match delta {
        Delta::Text(text) => heard.lock().unwrap().push(text.to_owned()),
        other => panic!("{other:?}"),
    });
    let reply = Offline::new().respond(&request, &deltas).await.unwrap();
    let pieces = pieces.lock().unwrap().clone();
    assert_eq!(pieces.concat(), reply.message.text);
    assert!(pieces.len() > 50);
    let words = reply.message.text.split_whitespace().count();
    assert_eq!(reply.usage.output_tokens, u64::try_from(words).unwrap());
    assert!(reply.usage.input_tokens > 100);
    let again = Offline::new()
        .respond(&request, &Deltas::none())
        .await
        .unwrap();
    assert_eq!(again, reply);
}
