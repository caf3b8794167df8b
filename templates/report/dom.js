// Elements from data. Texts go in as text; nothing on this page reads markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// An element: a function among the attributes listens to the event of that name.
const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

const byId = (id) => document.getElementById(id);

const naturally = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

// A button that looks like a link and picks a host or a service in the drawing.
function pick(kind, at, text) {
  return el("button", { type: "button", class: "pick", "data-pick": `${kind}:${at}` }, text);
}

function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, text);
}

// Seconds, as people say them.
function duration(seconds) {
  if (!seconds) return "0 s";
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const said = [];
  for (const [unit, size] of parts) {
    const number = Math.floor(seconds / size);
    seconds -= number * size;
    if (number) said.push(`${number} ${unit}`);
  }
  return said.slice(0, 2).join(" ");
}

// Bytes of a size like `64GiB`, to sort by.
function bytes(size) {
  const found = /^([0-9.]+)\s*([KMGTP]?)(i?)B?$/.exec(String(size ?? ""));
  if (!found) return -1;
  const power = " KMGTP".indexOf(found[2] || " ");
  return Number(found[1]) * (found[3] ? 1024 : 1000) ** power;
}

