// Reads the LogQL in rule files and dashboards with the grammar that Grafana uses:
// logql-parse.mjs FILE... The rules of one file must have the shape that a ruler takes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { parser } = require("@grafana/lezer-logql");
const { parse } = require("yaml");

let rejected = 0;
const reject = (file, message) => {
  rejected += 1;
  console.error(`${file}: ${message}`);
};

// Variables of a dashboard are values by the time at which the store reads them.
const filledIn = (text) => text.replaceAll(/\$\{?\w+\}?/g, "x");

function query(file, what, text, metric) {
  const tree = parser.parse(text);
  let error;
  let counts = false;
  tree.iterate({
    enter(node) {
      if (node.type.isError) error ??= node.from;
      if (node.name === "MetricExpr") counts = true;
    },
  });
  if (error !== undefined) reject(file, `${what}: not LogQL at ${error}: ${text}`);
  else if (metric && !counts) reject(file, `${what}: a rule needs a number, these are lines: ${text}`);
}

const KEYS = ["alert", "expr", "for", "labels", "annotations"];

function rules(file, text) {
  const { groups } = parse(text);
  const names = new Set();
  for (const group of groups) {
    if (!group.name || names.has(group.name)) reject(file, `a group has no name of its own: ${group.name}`);
    names.add(group.name);
    for (const rule of group.rules) {
      const strange = Object.keys(rule).filter((key) => !KEYS.includes(key));
      if (strange.length > 0) reject(file, `${rule.alert}: unknown key ${strange}`);
      if (typeof rule.expr !== "string") reject(file, `${rule.alert}: no expression`);
      else query(file, rule.alert, rule.expr, true);
    }
  }
}

function dashboard(file, text) {
  for (const panel of JSON.parse(text).panels) {
    for (const target of panel.targets ?? []) query(file, panel.title, filledIn(target.expr), panel.type !== "logs");
  }
}

for (const file of process.argv.slice(2)) {
  try {
    const text = readFileSync(file, "utf8");
    if (file.endsWith(".json")) dashboard(file, text);
    else rules(file, text);
  } catch (error) {
    reject(file, String(error.message).split("\n").slice(0, 3).join(" | "));
  }
}
process.exit(rejected ? 1 : 0);
