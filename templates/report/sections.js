// The sections around tables and drawing.

function tiles() {
  const halts = (kind) => data.survives.find((one) => one.kind === kind);
  const region = halts("region") ?? halts("host");
  const all = [
    [hosts.length, hosts.length === 1 ? "host" : "hosts", "hosts"],
    [data.regions.length, data.regions.length === 1 ? "region" : "regions", "topology"],
    [services.length, services.length === 1 ? "service" : "services", "services"],
    [openPorts, "ports open to anyone", "ports"],
    [images.length, images.length === 1 ? "image" : "images", "images"],
    [data.alerts.length, data.alerts.length === 1 ? "alert" : "alerts", "alerts"],
    totalPower > 0 && region && [survived(region), `of ${count(region.domains, region.kind)} may fail`, "survivability"],
  ].filter(Boolean);
  return el("ul", { class: "tiles" }, all.map(([value, text, to]) =>
    el("li", {}, el("a", { href: `#${to}` }, el("strong", {}, Number.isFinite(value) ? value.toLocaleString("en") : value), el("span", {}, text)))));
}

function topology() {
  const panel = el("aside", { class: "panel", tabindex: "0", "aria-label": "The picked host or service", "aria-live": "polite" });
  const picked = drawing((what) => {
    panel.replaceChildren(...(what ? (what.kind === "host" ? ofHost(hosts[what.at]) : ofService(services[what.at])) : legend()).filter(Boolean));
    panel.scrollTop = 0;
  });
  panel.append(...legend());
  const interfaces = [...new Set(services.flatMap((one) => one.uses.map((use) => use.interface)))].sort(naturally);
  const drawnLines = el("output", { class: "count", "aria-live": "polite" });
  const lines = el("select", {
    change: () => {
      const number = picked.connect(lines.value);
      drawnLines.textContent = lines.value ? count(number, "line") : "";
    },
  }, el("option", { value: "" }, "of what is picked"), el("option", { value: "*" }, "all between hosts"),
  interfaces.map((name) => el("option", { value: name }, name)));
  const names = new Map([...services.map((one) => [one.name, ["service", one.at]]), ...hosts.map((one) => [one.name, ["host", one.at]])]);
  const said = el("output", { class: "count", "aria-live": "polite" });
  const find = el("input", {
    type: "search", list: "names", placeholder: "Find a host or a service", autocomplete: "off", spellcheck: "false",
    change: () => {
      const wanted = find.value.trim().toLowerCase();
      const found = names.get(wanted) ?? (wanted && [...names].find(([name]) => name.toLowerCase().includes(wanted))?.[1]);
      said.textContent = wanted && !found ? "Nothing has this name." : "";
      if (found) picked.choose({ kind: found[0], at: found[1] }, true);
    },
  });
  const button = (label, text, act) => el("button", { type: "button", "aria-label": label, title: label, click: act }, text);
  const section = el("section", { id: "topology", "aria-labelledby": "topology-title" },
    el("h2", { id: "topology-title" }, "Topology"),
    el("p", { class: "about", id: "topology-keys" },
      "Drag to move, Ctrl and the wheel to zoom. With the keyboard: arrows go from host to host, Enter picks one, Shift and arrows move, + and - zoom, 0 shows all, Escape lets go."),
    el("div", { class: "tools" },
      el("label", { class: "search" }, el("span", { class: "unseen" }, "Find a host or a service"), find),
      el("datalist", { id: "names" }, [...names.keys()].map((name) => el("option", { value: name }))),
      el("label", { class: "facet" }, "Connections", lines), drawnLines, said,
      el("div", { class: "buttons", role: "group", "aria-label": "Zoom" },
        button("Zoom out", "−", () => picked.zoom(1 / 1.4)), button("Fit all", "Fit", picked.fit), button("Zoom in", "+", () => picked.zoom(1.4)))),
    el("div", { class: "stage" }, picked.frame, panel));
  return { id: "topology", title: "Topology", section, ...picked };
}

// A picture of a dashboard, from its shapes.
function pictureOf({ title, width, height, shapes }) {
  const draw = {
    r: (kind, [x, y, w, h]) => svg("rect", { class: kind, x, y, width: w, height: h }),
    l: (kind, [x1, y1, x2, y2]) => svg("line", { class: kind, x1, y1, x2, y2 }),
    p: (kind, points) => svg("polyline", { class: kind, points: points.join(" ") }),
    t: (kind, [x, y], text, whole) => svg("text", { class: kind, x, y }, text, whole && svg("title", {}, whole)),
  };
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Layout of the dashboard ${title}` },
    svg("rect", { class: "ground", width, height }), shapes.map(([shape, ...rest]) => draw[shape](...rest)));
}

function dashboards() {
  if (!data.boards.length) return null;
  const one = (board) => {
    const inside = el("div", { class: "board" });
    const details = el("details", {
      id: `dashboard-${board.id}`,
      toggle: () => {
        if (details.open && !inside.firstChild) inside.append(pictureOf(board.picture), queries(board));
      },
    }, el("summary", {}, el("strong", {}, board.title), el("span", {}, board.about)), inside);
    return details;
  };
  return {
    id: "dashboards", title: "Dashboards",
    section: el("section", { id: "dashboards", "aria-labelledby": "dashboards-title" },
      el("h2", { id: "dashboards-title" }, "Dashboards"),
      el("p", { class: "about" }, "What Grafana lays out, drawn from the files of the bundle. Lines and cells are sketches: nothing here is data."),
      data.boards.map(one)),
  };
}

function queries(board) {
  const rows = board.queries.map(([title, about, query]) => ({ title, about, query }));
  return table({
    id: `queries-${board.id}`, title: `Queries of ${board.title}`, about: "What its panels ask.", noun: ["query", "queries"],
    level: 3, rows,
    columns: [
      { label: "Panel", value: (row) => row.title },
      { label: "What", value: (row) => row.about },
      { label: "Query", kind: "query", value: (row) => row.query, show: (row) => code(row.query) },
    ],
  }).section;
}

