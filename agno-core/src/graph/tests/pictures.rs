use super::*;

fn drawn(format: GraphFormat) -> String {
    render(&SAMPLE, &RunPath::default(), format)
}

/// Labels that mean something to every format.
const HOSTILE: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[
            step("</text><script>alert(1)</script>"),
            Node::If {
                condition: "s == \"end]|`;#&quot;\" && c == '\\\\' || s == \"\\N\u{1b}[31m\u{7}\u{202e}\"",
                then: &[Node::End {
                    text: "return [\"a\\\\\", '<&>']",
                }],
                otherwise: &[Node::Opaque {
                    text: "end\n  subgraph x[1. \"**y**\"]",
                }],
            },
        ],
    }],
};

/// Well-formed enough: tags are closed in order, and no other `<` or `&` is left.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {tag}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap_or(tag));
        }
        assert!(!tag.contains('<'), "{tag}");
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    for entity in svg.split('&').skip(1) {
        let name = entity.split(';').next().unwrap_or(entity);
        assert!(["lt", "gt", "amp", "quot", "#39"].contains(&name), "{name}");
    }
}

#[test]
fn hostile_source_text_stays_text() {
    for format in GraphFormat::ALL {
        let picture = render(&HOSTILE, &RunPath::default(), format);
        assert!(
            picture.chars().all(|c| c == '\n' || !c.is_control()),
            "{format}: {picture}"
        );
    }
    let svg = render(&HOSTILE, &RunPath::default(), GraphFormat::Svg);
    assert_well_formed(&svg);
    assert!(!svg.contains("<script"), "{svg}");
}

#[test]
fn the_svg_is_well_formed_and_calls_nobody() {
    for path in [RunPath::default(), half_a_run()] {
        let svg = render(&SAMPLE, &path, GraphFormat::Svg);
        assert_well_formed(&svg);
        let links = svg.replace("http://www.w3.org/2000/svg", "");
        for word in [
            "http",
            "href",
            "url(",
            "<script",
            "@import",
            "<foreignObject",
        ] {
            assert!(!links.contains(word), "{word}");
        }
    }
}

#[test]
fn the_svg_shows_every_node_and_its_status() {
    let svg = render(&SAMPLE, &half_a_run(), GraphFormat::Svg);
    for text in [
        "<text class=\"done\"",
        "search  ✔<",
        "rank  ○<",
        "read  ✔ ×3 · cached ×2<",
        "write  ▶ running<",
        "cite  cached<",
        "if sources.is_empty()<",
        "match flow.judge(draft)<",
        "Verdict::Redo(better)<",
        "↻ for _ in 0..3<",
        "map over sources<",
        ">parallel<",
        "race, the first one wins<",
        "confirm (a person)  ○<",
        "sleep Duration::from_secs(3600)  ○<",
        "workflow Newsletter  ○<",
        "not readable: helper(flow, draft)<",
        "return Ok(url)<",
    ] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    // The sub-flow is drawn at its first call and referred to at the next one and in itself.
    assert_eq!(svg.matches(">flow release<").count(), 1);
    assert_eq!(svg.matches(">flow release (see there)  ○<").count(), 2);
}

#[test]
fn a_small_svg() {
    const SMALL: Graph = Graph {
        flows: &[FlowGraph {
            name: "run",
            nodes: &[step("a"), step("b")],
        }],
    };
    let svg = render(&SMALL, &RunPath::default(), GraphFormat::Svg);
    let body = svg.split("</style>\n").nth(1).unwrap_or_default();
    insta::assert_snapshot!(body, @r#"
    <g transform="translate(16 16)">
    <rect class="node" x="0.0" y="0.0" width="72.0" height="34.0" rx="17"/>
    <text class="plain" x="36.0" y="21.5" text-anchor="middle">run</text>
    <path class="line" d="M36.0 34.0L36.0 60.0"/>
    <path class="head" d="M36.0 60.0L32.0 53.0L40.0 53.0Z"/>
    <rect class="node" x="0.0" y="60.0" width="72.0" height="34.0" rx="4"/>
    <text class="plain" x="36.0" y="81.5" text-anchor="middle">a</text>
    <path class="line" d="M36.0 94.0L36.0 120.0"/>
    <path class="head" d="M36.0 120.0L32.0 113.0L40.0 113.0Z"/>
    <rect class="node" x="0.0" y="120.0" width="72.0" height="34.0" rx="4"/>
    <text class="plain" x="36.0" y="141.5" text-anchor="middle">b</text>
    </g>
    </svg>
    "#);
}

#[test]
fn text() {
    insta::assert_snapshot!(drawn(GraphFormat::Text), @r#"
    run
    ├─ search
    ├─ if sources.len() > 3 && topic == "<rust>"
    │  └─ rank
    ├─ else if sources.is_empty()
    │  └─ ⏹ bail!("no sources")
    ├─ ↻ for _ in 0..3
    │  ├─ map over sources
    │  │  ├─ read
    │  │  └─ summarize
    │  ├─ write
    │  └─ match flow.judge(draft)
    │     ├─ Verdict::Good(post) =>
    │     │  ├─ flow release
    │     │  │  ├─ race, the first one wins
    │     │  │  │  ├─ ☝ confirm (a person)
    │     │  │  │  └─ ⏲ sleep Duration::from_secs(3600)
    │     │  │  ├─ workflow Newsletter
    │     │  │  └─ flow release (see there)
    │     │  └─ ⏹ return Ok(url)
    │     └─ Verdict::Redo(better) =>
    ├─ parallel
    │  ├─ check_links
    │  └─ branch 2
    │     ├─ check_facts
    │     └─ cite
    ├─ flow release (see there)
    └─ not readable: helper(flow, draft)
    "#);
}

#[test]
fn text_of_a_run() {
    let text = render(&SAMPLE, &half_a_run(), GraphFormat::Text);
    insta::assert_snapshot!(text, @r#"
    run
    ├─ search  ✔
    ├─ if sources.len() > 3 && topic == "<rust>"  ○
    │  └─ rank  ○
    ├─ else if sources.is_empty()
    │  └─ ⏹ bail!("no sources")
    ├─ ↻ for _ in 0..3
    │  ├─ map over sources
    │  │  ├─ read  ✔ ×3 · cached ×2
    │  │  └─ summarize  ✔ ×4 · ✘
    │  ├─ write  ▶ running
    │  └─ match flow.judge(draft)
    │     ├─ Verdict::Good(post) =>  ○
    │     │  ├─ flow release  ○
    │     │  │  ├─ race, the first one wins
    │     │  │  │  ├─ ☝ confirm (a person)  ○
    │     │  │  │  └─ ⏲ sleep Duration::from_secs(3600)  ○
    │     │  │  ├─ workflow Newsletter  ○
    │     │  │  └─ flow release (see there)  ○
    │     │  └─ ⏹ return Ok(url)
    │     └─ Verdict::Redo(better) =>
    ├─ parallel
    │  ├─ check_links  ○
    │  └─ branch 2
    │     ├─ check_facts  ○
    │     └─ cite  cached
    ├─ flow release (see there)  ○
    └─ not readable: helper(flow, draft)

    ✔ completed   ✘ failed   ▶ running   ☝ waits for a person   ○ not reached
    "#);
}

#[test]
fn mermaid() {
    insta::assert_snapshot!(drawn(GraphFormat::Mermaid), @r#"
    flowchart TD
        n0(["run"])
        n1["search"]
        n2{"if sources.len() #62; 3 #38;#38; topic #61;#61; #34;#60;rust#62;#34;"}
        n3["rank"]
        n4{"if sources.is_empty()"}
        n5(["bail#33;(#34;no sources#34;)"])
        subgraph f6["loop"]
            n7{{"for _ in 0..3"}}
            subgraph f8["map"]
                n9{{"each of sources"}}
                n10["read"]
                n11["summarize"]
            end
            n12["write"]
            n13{"match flow.judge(draft)"}
            subgraph f14["flow release"]
                subgraph f15["race"]
                    n16{{"first of 2"}}
                    n17[/"confirm (a person)"/]
                    n18(["sleep Duration::from_secs(3600)"])
                end
                n19[["workflow Newsletter"]]
                n20[["flow release (see there)"]]
            end
            n21(["return Ok(url)"])
        end
        subgraph f22["parallel"]
            n23{{"all of 2"}}
            n24["check_links"]
            n25["check_facts"]
            n26["cite"]
        end
        n27[["flow release (see there)"]]
        n28["not readable: helper(flow, draft)"]
        style n28 stroke-dasharray:4 3
        n0 --> n1
        n1 --> n2
        n2 -->|"yes"| n3
        n2 -->|"no"| n4
        n4 -->|"yes"| n5
        n3 --> n7
        n4 -->|"no"| n7
        n7 -->|"next"| n9
        n9 --> n10
        n10 --> n11
        n11 --> n12
        n12 --> n13
        n13 -->|"Verdict::Good(post)"| n16
        n16 --> n17
        n16 --> n18
        n17 --> n19
        n18 --> n19
        n19 --> n20
        n20 --> n21
        n13 -.->|"Verdict::Redo(better)"| n7
        n7 -->|"done"| n23
        n23 --> n24
        n23 --> n25
        n25 --> n26
        n24 --> n27
        n26 --> n27
        n27 --> n28
    "#);
}

#[test]
fn mermaid_of_hostile_text() {
    let mermaid = render(&HOSTILE, &RunPath::default(), GraphFormat::Mermaid);
    insta::assert_snapshot!(mermaid, @r##"
    flowchart TD
        n0(["run"])
        n1["#60;#47;text#62;#60;script#62;alert(1)#60;#47;script#62;"]
        n2{"if s #61;#61; #34;end#93;#124;#96;#59;#35;#38;quot#59;#34; #38;#38; c #61;#61; #39;#92;#92;#39; #124;#124; s #61;#61; #34;#92;N#92;u#123;1b#125;#91;31m…"}
        n3(["return #91;#34;a#92;#92;#34;, #39;#60;#38;#62;#39;#93;"])
        n4["not readable: end subgraph x#91;1. #34;#42;#42;y#42;#42;#34;#93;"]
        style n4 stroke-dasharray:4 3
        n0 --> n1
        n1 --> n2
        n2 -->|"yes"| n3
        n2 -->|"no"| n4
    "##);
}

#[test]
fn mermaid_of_a_run_marks_steps() {
    let mermaid = render(&SAMPLE, &half_a_run(), GraphFormat::Mermaid);
    for line in [
        "n1[\"search ✔\"]:::done",
        "[\"rank ○\"]:::dim",
        "[\"write ▶ running\"]:::running",
        "[\"summarize ✔ ×4 · ✘\"]:::failed",
        "[\"cite cached\"]:::cached",
        "classDef done ",
    ] {
        assert!(mermaid.contains(line), "{line} in {mermaid}");
    }
}

#[test]
fn a_return_leaves_a_sub_flow_only() {
    const RETURNS: Graph = Graph {
        flows: &[
            FlowGraph {
                name: "run",
                nodes: &[
                    Node::Subflow {
                        name: "inner",
                        at: AT,
                    },
                    step("after"),
                ],
            },
            FlowGraph {
                name: "inner",
                nodes: &[Node::If {
                    condition: "done",
                    then: &[Node::End {
                        text: "return Ok(x)",
                    }],
                    otherwise: &[Node::End {
                        text: "bail!(\"no\")",
                    }],
                }],
            },
        ],
    };
    let mermaid = render(&RETURNS, &RunPath::default(), GraphFormat::Mermaid);
    insta::assert_snapshot!(mermaid, @r#"
    flowchart TD
        n0(["run"])
        subgraph f1["flow inner"]
            n2{"if done"}
            n3(["return Ok(x)"])
            n4(["bail#33;(#34;no#34;)"])
        end
        n5["after"]
        n0 --> n2
        n2 -->|"yes"| n3
        n2 -->|"no"| n4
        n3 --> n5
    "#);
}

#[test]
fn dot() {
    insta::assert_snapshot!(render(&SAMPLE, &half_a_run(), GraphFormat::Dot), @r##"
    digraph workflow {
        graph [fontname="sans-serif", compound=true, color="#8b949e", fontcolor="#6e7781"];
        node [fontname="sans-serif", shape=box, style="filled", fillcolor="#f6f8fa", color="#57606a", fontcolor="#1f2328"];
        edge [fontname="sans-serif", fontsize=11, color="#8b949e", fontcolor="#6e7781"];
        n0 [label="run", style="filled,rounded"];
        n1 [label="search ✔", fillcolor="#dafbe1", color="#1a7f37", fontcolor="#1f2328"];
        n2 [label="if sources.len() > 3 &amp;&amp; topic == \"<rust>\"", shape=diamond];
        n3 [label="rank ○", fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
        n4 [label="if sources.is_empty()", shape=diamond];
        n5 [label="bail!(\"no sources\")", style="filled,rounded"];
        subgraph cluster_6 {
            label="loop"; labeljust=l; style=rounded;
            n7 [label="for _ in 0..3", shape=hexagon];
            subgraph cluster_8 {
                label="map"; labeljust=l; style=rounded;
                n9 [label="each of sources", shape=hexagon];
                n10 [label="read ✔ ×3 · cached ×2", fillcolor="#dafbe1", color="#1a7f37", fontcolor="#1f2328"];
                n11 [label="summarize ✔ ×4 · ✘", fillcolor="#ffebe9", color="#cf222e", fontcolor="#1f2328"];
            }
            n12 [label="write ▶ running", fillcolor="#fff8c5", color="#9a6700", fontcolor="#1f2328"];
            n13 [label="match flow.judge(draft)", shape=diamond];
            subgraph cluster_14 {
                label="flow release"; labeljust=l; style=dashed;
                subgraph cluster_15 {
                    label="race"; labeljust=l; style=dashed;
                    n16 [label="first of 2", shape=hexagon, fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
                    n17 [label="confirm (a person) ○", shape=parallelogram, fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
                    n18 [label="sleep Duration::from_secs(3600) ○", style="filled,rounded", fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
                }
                n19 [label="workflow Newsletter ○", peripheries=2, fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
                n20 [label="flow release (see there) ○", peripheries=2, fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
            }
            n21 [label="return Ok(url)", style="filled,rounded", fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
        }
        subgraph cluster_22 {
            label="parallel"; labeljust=l; style=rounded;
            n23 [label="all of 2", shape=hexagon];
            n24 [label="check_links ○", fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
            n25 [label="check_facts ○", fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
            n26 [label="cite cached", fillcolor="#ddf4ff", color="#0969da", fontcolor="#1f2328"];
        }
        n27 [label="flow release (see there) ○", peripheries=2, fillcolor="#eaeef2", color="#afb8c1", fontcolor="#656d76"];
        n28 [label="not readable: helper(flow, draft)", style="filled,dashed"];
        n0 -> n1;
        n1 -> n2;
        n2 -> n3 [label="yes"];
        n2 -> n4 [label="no"];
        n4 -> n5 [label="yes"];
        n3 -> n7;
        n4 -> n7 [label="no"];
        n7 -> n9 [label="next"];
        n9 -> n10;
        n10 -> n11;
        n11 -> n12;
        n12 -> n13;
        n13 -> n16 [label="Verdict::Good(post)"];
        n16 -> n17;
        n16 -> n18;
        n17 -> n19;
        n18 -> n19;
        n19 -> n20;
        n20 -> n21;
        n13 -> n7 [label="Verdict::Redo(better)", style=dashed, constraint=false];
        n7 -> n23 [label="done"];
        n23 -> n24;
        n23 -> n25;
        n25 -> n26;
        n24 -> n27;
        n26 -> n27;
        n27 -> n28;
    }
    "##);
}

#[test]
fn dot_of_hostile_text() {
    let dot = render(&HOSTILE, &RunPath::default(), GraphFormat::Dot);
    let labels: Vec<&str> = dot.lines().filter(|line| line.contains("label=")).collect();
    insta::assert_snapshot!(labels.join("\n"), @r#"
    n0 [label="run", style="filled,rounded"];
    n1 [label="</text><script>alert(1)</script>"];
    n2 [label="if s == \"end]|`;#&amp;quot;\" &amp;&amp; c == '\\\\' || s == \"\\N\\u{1b}[31m…", shape=diamond];
    n3 [label="return [\"a\\\\\", '<&amp;>']", style="filled,rounded"];
    n4 [label="not readable: end subgraph x[1. \"**y**\"]", style="filled,dashed"];
    n2 -> n3 [label="yes"];
    n2 -> n4 [label="no"];
    "#);
}

#[test]
fn json() -> serde_json::Result<()> {
    let json = render(&SAMPLE, &half_a_run(), GraphFormat::Json).replace(&AT.to_string(), "AT");
    let json: serde_json::Value = serde_json::from_str(&json)?;
    let lines: Vec<String> = json["flows"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|flow| flow["nodes"].as_array().into_iter().flatten())
        .map(ToString::to_string)
        .collect();
    assert_eq!(json["entry"], "run");
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"at":"AT","kind":"step","name":"search","tally":{"cached":0,"completed":1,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}
    {"condition":"sources.len() > 3 && topic == \"<rust>\"","kind":"if","otherwise":[{"condition":"sources\n    .is_empty()","kind":"if","otherwise":[],"then":[{"kind":"end","text":"bail!(\"no sources\")"}]}],"then":[{"at":"AT","kind":"step","name":"rank","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}]}
    {"body":[{"at":"AT","body":[{"at":"AT","kind":"step","name":"read","tally":{"cached":2,"completed":3,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}},{"at":"AT","kind":"step","name":"summarize","tally":{"cached":0,"completed":4,"failed":1,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}],"kind":"map","over":"sources"},{"at":"AT","kind":"step","name":"write","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":1,"skipped":0,"waiting":0}},{"arms":[{"body":[{"at":"AT","kind":"subflow","name":"release","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}},{"kind":"end","text":"return Ok(url)"}],"pattern":"Verdict::Good(post)"},{"body":[],"pattern":"Verdict::Redo(better)"}],"kind":"match","on":"flow.judge(draft)"}],"head":"for _ in 0..3","kind":"loop"}
    {"at":"AT","branches":[[{"at":"AT","kind":"step","name":"check_links","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}],[{"at":"AT","kind":"step","name":"check_facts","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}},{"at":"AT","kind":"step","name":"cite","tally":{"cached":1,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}]],"kind":"parallel"}
    {"at":"AT","kind":"subflow","name":"release","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}
    {"kind":"opaque","text":"helper(flow, draft)"}
    {"at":"AT","branches":[[{"asks":"confirm","at":"AT","kind":"human","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}],[{"at":"AT","duration":"Duration::from_secs(3600)","kind":"sleep","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}]],"kind":"race"}
    {"at":"AT","kind":"workflow","name":"Newsletter","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}
    {"at":"AT","kind":"subflow","name":"release","tally":{"cached":0,"completed":0,"failed":0,"lost":0,"replayed":0,"running":0,"skipped":0,"waiting":0}}
    "#);
    Ok(())
}
