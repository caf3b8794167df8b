// What is known of the picked host or service, beside the drawing.

function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false);
  return el("dl", {}, known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

const sorted = (items, name) => [...items].sort((a, b) => naturally(name(a), name(b)));

// A list that does not fill the panel with hundreds of lines.
function few(title, items, most = 12) {
  if (!items.length) return null;
  const rest = items.slice(most);
  return el("div", { class: "group" }, el("h4", {}, `${title} (${items.length})`),
    el("ul", {}, items.slice(0, most).map((item) => el("li", {}, item))),
    rest.length > 0 && el("details", {}, el("summary", {}, `${rest.length} more`), el("ul", {}, rest.map((item) => el("li", {}, item)))));
}

function ofHost(host) {
  return [
    el("p", { class: "kind" }, "Host"), el("h3", {}, host.name),
    facts([
      ["Region", host.region], ["Rack", host.rack], ["Provider", host.provider], ["Address", code(host.address)],
      ["Private address", code(host.private)], ["Runtime", `${host.runtime}, ${host.architecture}`],
      ["Has", [host.cpus && `${host.cpus} CPUs`, host.memory, host.disk && `disk ${host.disk}`].filter(Boolean).join(", ")],
      ["Voting power", host.power && totalPower ? `${host.power} of ${totalPower}` : ""],
      ["Open to anyone", host.open ? count(host.open, "port") : "no port"],
    ]),
    few("Services", host.services.map((one) => pick("service", one.at, one.name)), 40),
  ];
}

function ofService(service) {
  const change = touched.get(service.name);
  const uses = sorted(service.uses, (use) => use.interface);
  const usedBy = sorted(service.usedBy, (use) => serviceName(use.consumer));
  const stops = data.needs.filter((need) => need.spare === 0 && need.providers.includes(`service/${service.name}`));
  return [
    el("p", { class: "kind" }, "Service"), el("h3", {}, service.name),
    change && el("p", { class: "change" }, badge(change.effect, change.effect), ` ${change.why.join(", ")}`),
    facts([
      ["Component", [service.component, service.version].filter(Boolean).join(" ")],
      ["Host", pick("host", service.host, hostName(service.host))],
      ["Node", nodes[service.node]?.name],
      ["Image", code(imageOf(service))],
      ["May take", [service.cpus && `${service.cpus} CPUs`, service.memory].filter(Boolean).join(", ")],
      ["Marks", [service.signs && "signs for validators", service.job && "does its work once"].filter(Boolean).join(", ")],
    ]),
    few("Ports", service.ports.map((port) => [
      el("code", {}, `${port.port}/${port.transport.join("+")}`), ` ${port.interface}, `,
      access[port.from] === "anyone" ? badge("open", "anyone") : admitted(port.from),
    ])),
    few("Uses", uses.map((use) => [`${use.interface}: `, pick("service", use.provider, serviceName(use.provider))])),
    few("Used by", usedBy.map((use) => [pick("service", use.consumer, serviceName(use.consumer)), ` (${use.interface})`])),
    few("Stops with it", stops.map((need) => need.consumer)),
    few("Volumes", service.volumes.map(([name, size, saved]) => `${name}${size ? `, ${size}` : ""}${saved ? ", saved" : ""}`)),
  ];
}

function legend() {
  return [
    el("p", { class: "kind" }, "What the colours say"),
    el("ul", { class: "legend" },
      KINDS.map(([kind, text]) => el("li", {}, el("span", { class: `swatch ${kind}` }), `a service ${text}`)),
      el("li", {}, el("span", { class: "swatch dot" }), "open to anyone"),
      el("li", {}, el("span", { class: "swatch sign" }, "✎"), "signs for validators"),
      el("li", {}, el("span", { class: "swatch line uses" }), "what the picked one uses"),
      el("li", {}, el("span", { class: "swatch line used-by" }), "who uses the picked one"),
      data.diff && el("li", {}, el("span", { class: "swatch changed" }), "something on this host changes")),
    el("p", { class: "soft" }, "Pick a host or a service to see what it is and what hangs on it."),
  ];
}

