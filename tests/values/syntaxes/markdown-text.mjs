// The text that a browser shows of Markdown: markdown-text.mjs FILE
// FILE is a list of pages in JSON; prints a list of texts. Line ends are those of <br> and of code.
// The modules are found through NODE_PATH, which `import` does not look at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { JSDOM } = require("jsdom");
const { marked } = require("marked");

const pages = JSON.parse(readFileSync(process.argv[2], "utf8"));
const sections = pages.map((page) => `<section>${marked.parse(page)}</section>`);
const { document } = new JSDOM(`<!DOCTYPE html><body>${sections.join("")}</body>`).window;
for (const br of document.querySelectorAll("br")) br.replaceWith("\n");
// What is shown stands in one of these, and there is one of them.
const places = "p, td, h2, pre code, section > code";
// How many empty lines end a block of code is not told.
const text = (shown) => (shown.matches("pre code") ? shown.textContent.replace(/\n+$/, "") : shown.textContent);
const texts = [...document.querySelectorAll("section")].map((section) => {
  const shown = section.querySelectorAll(places);
  return shown.length === 1 ? text(shown[0]) : `${shown.length} places: ${section.innerHTML}`;
});
process.stdout.write(JSON.stringify(texts));
