// The topology: pan with the pointer or the arrow keys, zoom with the wheel, two fingers or + and -.

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// From where on names can be read.
const NEAR = 0.42;
const ZOOM = { least: 0.02, most: 3 };

function drawing(onPick) {
  const place = layout();
  const view = { x: 0, y: 0, k: 1 };
  let [selected, hovered] = [null, null];
  const world = svg("g");
  const far = svg("g", { class: "boxes", "aria-hidden": "true" });
  const labels = svg("g", { class: "labels" });
  const all = svg("path", { class: "edge all", "aria-hidden": "true" });
  const over = svg("g", { class: "over", "aria-hidden": "true" });
  const regionLabels = [];
  const boxes = new Map();

  for (const group of place.groups) {
    const about = `${group.name ? `Region ${group.name}` : "No region"}, ${count(group.hosts.length, "host")}`;
    const label = svg("text", { class: "region-name", x: group.x + REGION.pad },
      group.name || "no region",
      svg("tspan", { class: "soft", dx: "0.6em" }, [group.provider, count(group.hosts.length, "host")].filter(Boolean).join(", ")));
    regionLabels.push({ label, group });
    world.append(svg("g", { role: "group", "aria-label": about },
      svg("rect", { class: "region", x: group.x, y: group.y, width: group.width, height: group.height, rx: 12 }),
      group.hosts.map(hostBox), label));
  }
  for (const [kind] of KINDS) {
    const these = services.filter((service) => service.box && kindOf(service) === kind);
    far.append(svg("path", { class: `pills ${kind}`, d: outline(these.map((service) => service.box)) }));
  }
  world.append(far, labels, all, over);

  const picture = svg("svg", { class: "topology", role: "group", "aria-labelledby": "topology-title", "aria-describedby": "topology-keys" }, world);
  const tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const frame = el("div", { class: "frame" }, picture, tip);

  function hostBox(host) {
    const { x, y, width, height } = host.box;
    const power = host.power ? `${host.power} power` : "";
    const about = `Host ${host.name}, ${count(host.services.length, "service")}${power && `, ${host.power} voting power`}`;
    const changed = host.services.some((service) => touched.has(service.name));
    const box = svg("g", {
      class: `host${changed ? " changed" : ""}`, role: "button", tabindex: "-1",
      "aria-label": about, "aria-pressed": "false", "data-host": host.at,
    },
      svg("rect", { x, y, width, height, rx: 7 }),
      svg("text", { class: "host-name", x: x + HOST.pad, y: y + 18 }, cut(host.name, 24)),
      svg("text", { class: "soft small", x: x + HOST.pad, y: y + 32 }, [host.rack, host.runtime].filter(Boolean).join(", ")),
      power && svg("text", { class: "soft small end", x: x + width - HOST.pad, y: y + 32 }, power));
    boxes.set(host.at, box);
    return box;
  }

  // ---- what is near enough to be read

  const written = new Map();

  function write() {
    const near = view.k >= NEAR;
    world.classList.toggle("near", near);
    const { clientWidth, clientHeight } = frame;
    const [left, top] = [-view.x / view.k, -view.y / view.k];
    const [right, bottom] = [left + clientWidth / view.k, top + clientHeight / view.k];
    for (const host of hosts) {
      const { x, y, width, height } = host.box ?? {};
      const seen = near && x < right && x + width > left && y < bottom && y + height > top;
      const there = written.get(host.at);
      if (seen && !there) {
        const texts = svg("g", {}, host.services.map(nameOf));
        labels.append(texts);
        written.set(host.at, texts);
      } else if (there && !seen) {
        there.remove();
        written.delete(host.at);
      }
    }
    // The names of regions stay as large as text, as far as there is room.
    for (const { label, group } of regionLabels) {
      const most = Math.min(group.head * 0.66, (1.5 * (group.width - 2 * REGION.pad)) / label.textContent.length);
      const size = Math.max(Math.min(16, most), Math.min(14 / view.k, most));
      label.setAttribute("font-size", size);
      label.setAttribute("y", group.y + group.head / 2 + size * 0.35);
    }
  }

  function nameOf(service) {
    const { x, y, width } = service.box;
    const host = hostName(service.host);
    // The node or the host that it belongs to stands above.
    const short = service.name.endsWith(`-${host}`) ? service.name.slice(0, -host.length - 1) : service.name;
    return [
      svg("text", { class: "pill-name", x: x + 8, y: y + 13 }, cut(short, service.open || service.signs ? 23 : 26)),
      service.open && svg("circle", { class: "open", cx: x + width - 9, cy: y + 9, r: 4 }),
      service.signs && svg("text", { class: "sign", x: x + width - (service.open ? 28 : 16), y: y + 13 }, "✎"),
    ].filter(Boolean);
  }

  // ---- where one looks

  let waiting = false;
  function show() {
    world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      write();
    });
  }

  function fit() {
    const { clientWidth, clientHeight } = frame;
    if (!clientWidth) return;
    const edge = 24;
    view.k = Math.min((clientWidth - 2 * edge) / place.width, (clientHeight - 2 * edge) / place.height, 1.25);
    view.x = (clientWidth - place.width * view.k) / 2;
    view.y = (clientHeight - place.height * view.k) / 2;
    show();
  }

  function zoom(by, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
    const k = Math.min(ZOOM.most, Math.max(ZOOM.least, view.k * by));
    view.x = x - ((x - view.x) * k) / view.k;
    view.y = y - ((y - view.y) * k) / view.k;
    view.k = k;
    show();
  }

  function move(dx, dy) {
    view.x += dx;
    view.y += dy;
    show();
  }

  // Brings a box into view, near enough to be read where `read` says so.
  function lookAt(box, read) {
    if (read && view.k < 0.7) zoom(0.9 / view.k);
    const { clientWidth, clientHeight } = frame;
    const [left, top] = [box.x * view.k + view.x, box.y * view.k + view.y];
    const [right, bottom] = [left + box.width * view.k, top + box.height * view.k];
    if (left < 10 || top < 10 || right > clientWidth - 10 || bottom > clientHeight - 10) {
      const height = Math.min(box.height * view.k, clientHeight - 60);
      move(clientWidth / 2 - (left + right) / 2, clientHeight / 2 - (top + height / 2));
    } else show();
  }

  // ---- what is under the pointer

  function under(event) {
    const edge = frame.getBoundingClientRect();
    const x = (event.clientX - edge.left - view.x) / view.k;
    const y = (event.clientY - edge.top - view.y) / view.k;
    const inside = (box) => box && x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
    const host = hosts.find((one) => inside(one.box));
    if (!host) return null;
    const service = view.k >= 0.25 && host.services.find((one) => inside(one.box));
    return service ? { kind: "service", at: service.at } : { kind: "host", at: host.at };
  }

  const same = (a, b) => a?.kind === b?.kind && a?.at === b?.at;

  const pointers = new Map();
  let travelled = 0;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, event);
    travelled = 0;
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return hover(under(event), event);
    const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      const edge = frame.getBoundingClientRect();
      const middle = [(event.clientX + other.clientX) / 2 - edge.left, (event.clientY + other.clientY) / 2 - edge.top];
      if (far(before) > 0) zoom(far(event) / far(before), ...middle);
    } else move(event.clientX - before.clientX, event.clientY - before.clientY);
    travelled += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    pointers.set(event.pointerId, event);
    frame.classList.toggle("dragged", travelled > 4);
  });
  const lift = (event) => {
    const was = pointers.delete(event.pointerId);
    frame.classList.remove("dragged");
    if (was && event.type === "pointerup" && travelled <= 4) choose(under(event));
  };
  frame.addEventListener("pointerup", lift);
  frame.addEventListener("pointercancel", lift);
  frame.addEventListener("pointerleave", () => hover(null));
  // The page scrolls where nobody works with the drawing.
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !frame.contains(document.activeElement)) return;
    event.preventDefault();
    const edge = frame.getBoundingClientRect();
    const lines = event.deltaMode ? 16 : 1;
    zoom(Math.exp((-event.deltaY * lines) / 400), event.clientX - edge.left, event.clientY - edge.top);
  }, { passive: false });
  frame.addEventListener("dblclick", (event) => {
    const edge = frame.getBoundingClientRect();
    zoom(1.6, event.clientX - edge.left, event.clientY - edge.top);
  });

  function hover(what, event) {
    frame.classList.toggle("over", Boolean(what));
    if (!same(what, hovered)) {
      hovered = what;
      if (!selected) mark(what);
      tip.hidden = !what;
      if (what) tip.replaceChildren(...tipOf(what));
    }
    if (!what || !event) return;
    const edge = frame.getBoundingClientRect();
    const [x, y] = [event.clientX - edge.left, event.clientY - edge.top];
    tip.style.left = `${Math.min(x + 14, edge.width - 240)}px`;
    tip.style.top = `${Math.min(y + 16, edge.height - 70)}px`;
  }

  function tipOf({ kind, at }) {
    if (kind === "host") return [el("strong", {}, hosts[at].name), el("span", {}, count(hosts[at].services.length, "service"))];
    const service = services[at];
    return [el("strong", {}, service.name), el("span", {}, `${service.component} on ${hostName(service.host)}`)];
  }

  // ---- what is picked

  const boxOf = ({ kind, at }) => (kind === "host" ? hosts : services)[at]?.box;

  function choose(what, read = false) {
    if (selected?.kind === "host") boxes.get(selected.at)?.setAttribute("aria-pressed", "false");
    selected = what && boxOf(what) ? what : null;
    mark(selected ?? hovered);
    if (selected) {
      const host = selected.kind === "host" ? selected.at : services[selected.at].host;
      if (selected.kind === "host") boxes.get(host).setAttribute("aria-pressed", "true");
      current(host);
      lookAt(boxOf(selected), read);
    }
    onPick(selected);
  }

  // Draws what something uses and who uses it.
  function mark(what) {
    over.replaceChildren();
    world.classList.toggle("marked", Boolean(what));
    if (!what) return;
    const own = what.kind === "host" ? hosts[what.at].services : [services[what.at]];
    const mine = new Set(own);
    const [out, back, ends] = [[], [], { uses: new Set(), "used-by": new Set() }];
    for (const service of own) {
      for (const use of service.uses) {
        const provider = services[use.provider];
        if (!provider.box || (what.kind === "host" && mine.has(provider))) continue;
        out.push(arrow(service.box, provider.box));
        ends.uses.add(provider);
      }
      for (const use of service.usedBy) {
        const consumer = services[use.consumer];
        if (!consumer.box || (what.kind === "host" && mine.has(consumer))) continue;
        back.push(arrow(consumer.box, service.box));
        ends["used-by"].add(consumer);
      }
    }
    const path = (arrows, kind) => [
      svg("path", { class: `edge ${kind}`, d: arrows.map((one) => one.line).join("") }),
      svg("path", { class: `head ${kind}`, d: arrows.map((one) => one.head).join("") }),
    ];
    // Hundreds of lines are a web behind what they end at.
    over.classList.toggle("many", out.length + back.length > 80);
    over.append(...path(back, "used-by"), ...path(out, "uses"));
    for (const [kind, found] of Object.entries(ends)) {
      over.append(svg("path", { class: `ring ${kind}`, d: outline([...found].map((one) => one.box)) }));
    }
    over.append(svg("path", { class: "ring self", d: outline([boxOf(what)]) }));
  }

  // Every connection of an interface, or of all, from host to host.
  function connect(name) {
    const seen = new Set();
    const arrows = [];
    for (const service of name ? services : []) {
      for (const use of service.uses) {
        const provider = services[use.provider];
        if ((name !== "*" && use.interface !== name) || provider.host === service.host) continue;
        const pair = name === "*" ? `${service.host}:${provider.host}` : `${service.at}:${provider.at}`;
        if (seen.has(pair) || !provider.box || !service.box) continue;
        seen.add(pair);
        arrows.push(arrow(service.box, provider.box));
      }
    }
    all.setAttribute("d", arrows.map((one) => one.line + one.head).join(""));
    return arrows.length;
  }

  // ---- the keyboard: one stop in the order of the page, and arrow keys within

  let at = place.groups[0]?.hosts[0].at;
  function current(host) {
    boxes.get(at)?.setAttribute("tabindex", "-1");
    at = host;
    boxes.get(at)?.setAttribute("tabindex", "0");
  }
  current(at);

  function step(dx, dy) {
    const { x, y } = hosts[at].box;
    let best = null;
    for (const host of hosts) {
      if (host.at === at || !host.box) continue;
      const { x: hx, y: hy } = host.box;
      const [along, aside] = dx ? [(hx - x) * dx, Math.abs(hy - y)] : [(hy - y) * dy, Math.abs(hx - x)];
      const cost = along + 3 * aside;
      // What lies more to the side than ahead is not that way.
      if (along > 1 && aside <= along && (!best || cost < best.cost)) best = { cost, host: host.at };
    }
    if (best) focus(best.host);
  }

  function focus(host) {
    current(host);
    boxes.get(host).focus({ preventScroll: true });
    lookAt(hosts[host].box, false);
  }

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  picture.addEventListener("keydown", (event) => {
    const keys = {
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fit,
      Enter: () => choose({ kind: "host", at }, true), " ": () => choose({ kind: "host", at }, true),
      Escape: () => choose(null),
      Home: () => focus(place.groups[0].hosts[0].at),
      End: () => focus(place.groups.at(-1).hosts.at(-1).at),
    };
    const way = ways[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (!way && !keys[event.key])) return;
    event.preventDefault();
    if (!way) keys[event.key]();
    else if (event.shiftKey) move(-80 * way[0], -80 * way[1]);
    else step(...way);
  });

  // A printed drawing is whole, and its names are written where they can be read.
  function print(on) {
    if (!on) {
      picture.removeAttribute("viewBox");
      return fit();
    }
    picture.setAttribute("viewBox", `-20 -60 ${place.width + 40} ${place.height + 80}`);
    world.removeAttribute("transform");
    const shown = services.length <= 800;
    world.classList.toggle("near", shown);
    for (const host of shown ? hosts : []) {
      if (written.has(host.at)) continue;
      const texts = svg("g", {}, host.services.map(nameOf));
      labels.append(texts);
      written.set(host.at, texts);
    }
  }

  return { frame, fit, zoom, choose, connect, print, resize: show };
}

