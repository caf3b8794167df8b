// Reads Mermaid diagrams with Mermaid's own parser: mermaid-parse.mjs FILE...
// One process for all of them, since loading the parser takes longer than parsing.
// The modules are found through NODE_PATH, which `import` does not look at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const { JSDOM } = require("jsdom");

// Mermaid cleans labels with DOMPurify, which wants a document when it is loaded.
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
globalThis.Element = window.Element;

const { default: mermaid } = await import(pathToFileURL(require.resolve("mermaid")).href);

let rejected = 0;
for (const file of process.argv.slice(2)) {
  try {
    await mermaid.parse(readFileSync(file, "utf8"));
  } catch (error) {
    rejected += 1;
    const message = String(error.message).split("\n").slice(0, 4).join(" | ");
    console.error(`${file}: ${message}`);
  }
}
process.exit(rejected ? 1 : 0);
