// The labels that Mermaid draws: mermaid-labels.mjs FILE
// FILE is a list of flowcharts in JSON; prints, for each, an object of node ids and the text of their
// labels. Line ends are those of <br>. A flowchart that Mermaid refuses ends it.
// The modules are found through NODE_PATH, which `import` does not look at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const { JSDOM } = require("jsdom");

// A document that can hold a drawing. It has no sizes: nothing is laid out.
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
const box = { x: 0, y: 0, left: 0, top: 0, width: 10, height: 10 };
window.SVGElement.prototype.getBBox = () => box;
window.SVGElement.prototype.getComputedTextLength = () => 10;
window.Element.prototype.getBoundingClientRect = () => box;
window.getComputedStyle = () => ({ getPropertyValue: () => "", fontSize: "16px" });
globalThis.window = window;
for (const name of ["document", "Element", "Node", "SVGElement", "DOMParser", "XMLSerializer", "CSSStyleSheet", "getComputedStyle"]) {
  globalThis[name] = window[name];
}

const { default: mermaid } = await import(pathToFileURL(require.resolve("mermaid")).href);

// Labels are made by Mermaid as for any layout, and read before they would be placed.
let labels = {};
const render = async (data, svg, { labelHelper }) => {
  const group = svg.insert("g");
  for (const node of data.nodes) {
    const { label } = await labelHelper(group, node, "");
    const shown = label.node();
    for (const br of shown.querySelectorAll("br")) br.replaceWith("\n");
    labels[node.id] = shown.textContent;
  }
};
mermaid.registerLayoutLoaders([{ name: "labels", loader: async () => ({ render }) }]);
mermaid.initialize({ startOnLoad: false, layout: "labels", maxTextSize: 2 ** 30, suppressErrorRendering: true });

const drawn = [];
for (const flowchart of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  labels = {};
  try {
    await mermaid.render(`flowchart${drawn.length}`, flowchart);
  } catch (error) {
    console.error(String(error.message).split("\n").slice(0, 4).join(" | "));
    process.exit(1);
  }
  drawn.push(labels);
}
process.stdout.write(JSON.stringify(drawn));
