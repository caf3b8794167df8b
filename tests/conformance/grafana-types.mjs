// Holds dashboards against the types that Grafana itself is built with: grafana-types.mjs FILE...
// Each dashboard becomes a literal of the type Dashboard, and what that type leaves open (options and
// fields of a panel, links of data) a literal of the type of its own. The compiler of TypeScript then finds
// what is missing, misspelt or of another kind. The modules are found through NODE_PATH.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const ts = require("typescript");
const types = join(dirname(require.resolve("@grafana/schema/package.json")), "dist", "types");

const panels = {
  timeseries: "timeseries",
  stat: "stat",
  table: "table",
  "state-timeline": "statetimeline",
  logs: "logs",
};
// Kinds without fields of their own.
const plain = new Set(["stat", "logs"]);
// Numbers and words of an enumeration stand in JSON as what they are.
const head = [
  `import type { Dashboard } from ${JSON.stringify(join(types, "raw/dashboard/x/types.gen"))};`,
  ...Object.values(panels).map(
    (name) => `import type * as ${name} from ${JSON.stringify(join(types, `raw/composable/${name}/panelcfg/x/types.gen`))};`,
  ),
  // The package leaves the type of these links to Grafana's own code.
  "type DataLink = { title: string; url: string; targetBlank?: boolean };",
  "type Plain<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T :",
  "  T extends Array<infer U> ? Array<Plain<U>> : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;",
].join("\n");

const sources = new Map();
const faults = [];
let counter = 0;
for (const file of process.argv.slice(2)) {
  let board;
  try {
    board = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    faults.push(`${file}: ${error.message}`);
    continue;
  }
  const lines = [];
  // What JSON says, as an expression on one line, so that a line tells where a fault is.
  const hold = (where, type, value) => lines.push([where, `export const c${counter++}: Plain<${type}> = ${JSON.stringify(value)};`]);
  hold("dashboard", "Dashboard", board);
  // Provisioning wants what the type only allows.
  for (const key of ["title", "uid", "panels"]) {
    if (!(key in board)) faults.push(`${file}: no \`${key}\` at the top`);
  }
  const uses = new Set();
  for (const panel of board.panels ?? []) {
    if (panel.type === "row") continue;
    const where = `panel "${panel.title}"`;
    const name = panels[panel.type];
    if (name === undefined) {
      faults.push(`${file}: ${where}: unknown type ${panel.type}`);
      continue;
    }
    if (uses.has(panel.id)) faults.push(`${file}: ${where}: id ${panel.id} is used twice`);
    uses.add(panel.id);
    hold(`${where}: options`, `${name}.Options`, panel.options);
    const defaults = panel.fieldConfig?.defaults ?? {};
    if (!plain.has(name)) hold(`${where}: custom`, `${name}.FieldConfig`, defaults.custom);
    for (const link of defaults.links ?? []) hold(`${where}: links`, "DataLink", link);
    for (const { properties } of panel.fieldConfig?.overrides ?? []) {
      for (const { id, value } of properties) {
        if (id === "links") value.forEach((link) => hold(`${where}: links`, "DataLink", link));
      }
    }
  }
  const path = join(process.cwd(), `dashboard-${sources.size}.ts`);
  const offset = head.split("\n").length;
  sources.set(path, { file, text: [head, ...lines.map(([, line]) => line)].join("\n"), where: (line) => lines[line - offset]?.[0] ?? "types" });
}

const options = { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022, types: [] };
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (name, ...rest) =>
  sources.has(name) ? ts.createSourceFile(name, sources.get(name).text, options.target) : getSourceFile.call(host, name, ...rest);
host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
host.readFile = (name) => sources.get(name)?.text ?? readFile.call(host, name);

const program = ts.createProgram([...sources.keys()], options, host);
for (const found of ts.getPreEmitDiagnostics(program)) {
  const source = sources.get(found.file?.fileName);
  const line = found.file?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0;
  const text = ts.flattenDiagnosticMessageText(found.messageText, " ").slice(0, 600);
  faults.push(source ? `${source.file}: ${source.where(line)}: ${text}` : text);
}
faults.slice(0, 40).forEach((fault) => console.error(fault));
process.exit(faults.length ? 1 : 0);
