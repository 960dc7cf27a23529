// Checks the pictures of graphs with parsers that others wrote: Mermaid's own, and an XML parser.
//
// node pictures.mjs FOLDER PROGRAM..
//   FOLDER    pictures to check: *.mmd and *.svg
//   PROGRAM   programs with agno's command line, whose workflows are all drawn and checked

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { JSDOM } from "jsdom";

// Mermaid cleans labels with a library that wants a document.
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

const problems = [];
let checked = 0;

async function check(name, format, text) {
  checked += 1;
  try {
    await (format === "svg" ? svg(text) : flowchart(text));
  } catch (error) {
    problems.push(`${name} (${format}): ${error.message ?? error}\n${text}`);
  }
}

async function flowchart(text) {
  const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  if (!type.startsWith("flowchart")) throw new Error(`it was read as ${type}`);
  // A label that breaks out of its quotes makes nodes, links or styles of its own.
  const nodes = [...db.getVertices().keys()];
  const frames = db.getSubGraphs().map((frame) => frame.id);
  const own = (id) => /^[nf]\d+$/.test(id);
  for (const id of [...nodes, ...frames].filter((id) => !own(id)))
    throw new Error(`\`${id}\` is no node of the graph`);
  const lines = text.split("\n").map((line) => line.trim());
  const declared = lines.filter((line) => /^n\d+[[({]/.test(line)).length;
  if (nodes.length !== declared)
    throw new Error(`${declared} nodes were written and ${nodes.length} read`);
  const arrows = lines.filter((line) => /^n\d+ -(\.-|-)>/.test(line)).length;
  if (db.getEdges().length !== arrows)
    throw new Error(`${arrows} arrows were written and ${db.getEdges().length} read`);
  for (const { id, link, haveCallback } of db.getVertices().values())
    if (link || haveCallback) throw new Error(`\`${id}\` can be clicked`);
}

function svg(text) {
  const { document } = new JSDOM(text, { contentType: "image/svg+xml" }).window;
  const known = ["svg", "title", "style", "g", "rect", "path", "text"];
  for (const element of document.querySelectorAll("*")) {
    if (!known.includes(element.localName)) throw new Error(`it has a <${element.localName}>`);
    for (const { name, value } of element.attributes) {
      if (/^on|href|src/i.test(name)) throw new Error(`it has the attribute ${name}`);
      if (name !== "xmlns" && outside(value)) throw new Error(`it refers to ${value}`);
    }
    if (element.localName === "style" && outside(element.textContent))
      throw new Error("its style refers to something");
  }
}

const outside = (value) => /url\(|@import|[a-z]+:\/\/|javascript:|data:/i.test(value);

function run(program, ...args) {
  // No graph needs a model, but some programs want one to be set as soon as they start.
  const env = { OPENAI_API_KEY: "unused", ...process.env };
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", env });
  if (error || status !== 0)
    throw new Error(`${args.join(" ")}: ${error?.message ?? `exit code ${status}`}\n${stderr}`);
  return stdout;
}

const [folder, ...programs] = process.argv.slice(2);
for (const file of readdirSync(folder)) {
  const format = file.endsWith(".svg") ? "svg" : "mermaid";
  await check(file, format, readFileSync(join(folder, file), "utf8"));
}
const alone = checked;
for (const program of programs) {
  const name = basename(program);
  try {
    const { workflows } = JSON.parse(run(program, "workflows", "--json"));
    for (const { name: workflow } of workflows)
      for (const format of ["mermaid", "svg"])
        await check(`${name} ${workflow}`, format, run(program, "graph", workflow, "--format", format));
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}
if (alone === 0) problems.push(`there are no pictures in ${folder}`);
if (checked === alone) problems.push("no program has drawn anything");
problems.forEach((problem) => console.error(problem));
console.log(`${checked} pictures of ${programs.length} programs and a folder, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
