// A table that people filter, sort and print.
//
// Rows beyond a page are made when they are asked for, or when the page is printed: a thousand rows are
// filtered and sorted as data, and only what is looked at becomes elements.

const ROWS = 50;
const tables = [];

// `columns`: { label, value(row), show(row)?, sort(row)?, kind? }; the first names the row. `facets` are the
// labels of columns with few values, to choose from.
function table({ id, title, about, noun, columns, rows, facets = [], level = 2, first = ROWS }) {
  const state = { words: [], chosen: new Map(), sort: null, limit: first };
  const texts = rows.map((row) => columns.map((column) => String(column.value(row) ?? "")));
  const haystacks = texts.map((cells) => cells.join("\n").toLowerCase());
  const order = rows.map((_, at) => at);

  const counter = el("output", { class: "count", for: `${id}-filter`, "aria-live": "polite" });
  const filter = el("input", {
    type: "search", id: `${id}-filter`, autocomplete: "off", spellcheck: "false", placeholder: `Filter ${noun[1]}`,
    "aria-controls": `${id}-table`,
    input: () => {
      state.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      update();
    },
  });
  const heads = columns.map((column, at) =>
    el("th", { scope: "col", class: column.kind, "aria-sort": "none", "data-label": column.label },
      el("button", { type: "button", class: "sort", click: () => sortBy(at) }, column.label)));
  const body = el("tbody");
  const more = el("button", { type: "button", class: "more", click: () => { state.limit = Infinity; update(); } });
  const tools = el("div", { class: "tools" },
    el("label", { class: "search" }, el("span", { class: "unseen" }, `Filter ${noun[1]}`), filter),
    facets.map(facet), counter);
  const grid = el("table", { id: `${id}-table` },
    el("caption", { class: "unseen" }, `${title}. ${about}`), el("thead", {}, el("tr", {}, heads)), body);
  const section = el("section", { id, class: "listing", "aria-labelledby": `${id}-title` },
    el(`h${level}`, { id: `${id}-title` }, title), el("p", { class: "about" }, about), tools,
    el("div", { class: "scroll", role: "region", "aria-labelledby": `${id}-title`, tabindex: "0" }, grid), more);

  function facet(label) {
    const at = columns.findIndex((column) => column.label === label);
    const values = new Map();
    for (const cells of texts) values.set(cells[at], (values.get(cells[at]) ?? 0) + 1);
    if (values.size < 2) return null;
    const options = [...values].sort(([a], [b]) => naturally(a, b));
    const select = el("select", {
      change: () => {
        if (select.selectedIndex) state.chosen.set(at, options[select.selectedIndex - 1][0]);
        else state.chosen.delete(at);
        update();
      },
    }, el("option", {}, "all"), options.map(([value, number]) => el("option", {}, `${value || "none"} (${number})`)));
    return el("label", { class: "facet" }, label, select);
  }

  function sortBy(at) {
    const again = state.sort?.at === at;
    state.sort = again && state.sort.down ? null : { at, down: again };
    heads.forEach((head, index) => {
      const way = state.sort?.at !== index ? "none" : state.sort.down ? "descending" : "ascending";
      head.setAttribute("aria-sort", way);
    });
    update();
  }

  function found() {
    const fits = (at) =>
      state.words.every((word) => haystacks[at].includes(word)) &&
      [...state.chosen].every(([column, value]) => texts[at][column] === value);
    const left = order.filter(fits);
    if (!state.sort) return left;
    const { at: by, down } = state.sort;
    const { sort, value } = columns[by];
    const keys = new Map(left.map((at) => [at, (sort ?? value)(rows[at])]));
    const numbers = left.every((at) => typeof keys.get(at) === "number");
    const compare = (a, b) =>
      numbers ? keys.get(a) - keys.get(b) : naturally(String(keys.get(a) ?? ""), String(keys.get(b) ?? ""));
    return left.sort((a, b) => (down ? compare(b, a) : compare(a, b)) || a - b);
  }

  function line(at) {
    const cells = columns.map((column, index) => {
      const shown = column.show ? column.show(rows[at]) : texts[at][index];
      return index
        ? el("td", { class: column.kind }, shown)
        : el("th", { scope: "row", class: column.kind }, shown);
    });
    return el("tr", {}, cells);
  }

  function update(limit = state.limit) {
    const left = found();
    const shown = left.slice(0, limit);
    body.replaceChildren(...shown.map(line));
    const all = count(rows.length, ...noun);
    counter.textContent = left.length === rows.length ? all : `${left.length.toLocaleString("en")} of ${all}`;
    more.hidden = shown.length === left.length;
    more.textContent = `Show all ${count(left.length, ...noun)}`;
    if (!left.length) body.append(el("tr", {}, el("td", { class: "none", colspan: columns.length }, "Nothing fits.")));
  }

  const handle = {
    section, id, title, update,
    filterBy(text) {
      filter.value = text;
      filter.dispatchEvent(new Event("input"));
    },
  };
  tables.push(handle);
  update();
  return handle;
}

