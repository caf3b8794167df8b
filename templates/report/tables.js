// What stands in the tables.

const code = (text) => text && el("code", {}, text);
const number = (value) => (value === undefined || value === null ? "" : Number(value));
const yes = (value, word = "yes") => (value ? word : "");

function listings() {
  return [
    table({
      id: "hosts", title: "Hosts", about: "Every machine, with what is placed on it.", noun: ["host", "hosts"],
      rows: hosts, facets: ["Region", "Provider", "Runtime"],
      columns: [
        { label: "Host", value: (host) => host.name, show: (host) => pick("host", host.at, host.name) },
        { label: "Region", value: (host) => host.region },
        { label: "Provider", value: (host) => host.provider },
        { label: "Address", value: (host) => host.address, show: (host) => code(host.address) },
        { label: "Private address", value: (host) => host.private, show: (host) => code(host.private) },
        { label: "Runtime", value: (host) => `${host.runtime}, ${host.architecture}` },
        { label: "CPUs", kind: "number", value: (host) => number(host.cpus) },
        { label: "Memory", kind: "number", value: (host) => host.memory, sort: (host) => bytes(host.memory) },
        { label: "Disk", kind: "number", value: (host) => host.disk, sort: (host) => bytes(host.disk) },
        { label: "Services", kind: "number", value: (host) => host.services.length },
        { label: "Voting power", kind: "number", value: (host) => host.power || "", sort: (host) => host.power },
      ],
    }),
    table({
      id: "services", title: "Services", about: "Every program, where it runs and what it may take.",
      noun: ["service", "services"], rows: services, facets: ["Component", "Region"],
      columns: [
        { label: "Service", value: (one) => one.name, show: (one) => pick("service", one.at, one.name) },
        { label: "Component", value: (one) => one.component },
        { label: "Version", value: (one) => one.version },
        { label: "Host", value: (one) => hostName(one.host), show: (one) => pick("host", one.host, hostName(one.host)) },
        { label: "Region", value: (one) => hosts[one.host]?.region },
        { label: "Node", value: (one) => nodes[one.node]?.name },
        { label: "CPUs", kind: "number", value: (one) => number(one.cpus) },
        { label: "Memory", kind: "number", value: (one) => one.memory, sort: (one) => bytes(one.memory) },
        { label: "Uses", kind: "number", value: (one) => one.uses.length },
        { label: "Used by", kind: "number", value: (one) => one.usedBy.length },
        {
          label: "Marks",
          value: (one) => [yes(one.signs, "signs"), yes(one.job, "job"), yes(one.open, "open to anyone")].filter(Boolean).join(", "),
          show: (one) => [one.signs && badge("signs", "signs"), one.job && badge("", "job"), one.open && badge("open", "open")],
        },
      ],
    }),
    table({
      id: "ports", title: "Ports", about: "Every published port, and who is let in from outside its host.",
      noun: ["port", "ports"], rows: ports, facets: ["Let in", "Interface"],
      columns: [
        { label: "Port", kind: "number", value: (port) => port.port },
        { label: "Transport", value: (port) => port.transport.join(", ") },
        { label: "Host", value: (port) => hostName(port.host), show: (port) => pick("host", port.host, hostName(port.host)) },
        { label: "Service", value: (port) => serviceName(port.service), show: (port) => pick("service", port.service, serviceName(port.service)) },
        { label: "Interface", value: (port) => port.interface },
        { label: "Address", value: (port) => port.address, show: (port) => code(port.address) },
        {
          label: "Let in", value: (port) => admitted(port.from),
          show: (port) => (access[port.from] === "anyone" ? badge("open", "anyone") : admitted(port.from)),
        },
      ],
    }),
    table({
      id: "connections", title: "Connections", about: "Who uses what of whom, and at which address.",
      noun: ["connection", "connections"], facets: ["Interface"],
      rows: services.flatMap((one) => one.uses.map((use) => ({ consumer: one.at, ...use }))),
      columns: [
        { label: "Service", value: (use) => serviceName(use.consumer), show: (use) => pick("service", use.consumer, serviceName(use.consumer)) },
        { label: "Interface", value: (use) => use.interface },
        { label: "Provider", value: (use) => serviceName(use.provider), show: (use) => pick("service", use.provider, serviceName(use.provider)) },
        { label: "Address", value: (use) => use.address, show: (use) => code(use.address) },
        { label: "Waits for it", value: (use) => yes(use.wait) },
      ],
    }),
    table({
      id: "images", title: "Images", about: "Every image with the digest that it is pinned by.",
      noun: ["image", "images"], rows: imageRows(),
      columns: [
        { label: "Image", value: (one) => one.name, show: (one) => code(one.name) },
        { label: "Digest", value: (one) => one.digest, show: (one) => (one.digest ? code(one.digest) : badge("bad", "not pinned")) },
        { label: "Services", kind: "number", value: (one) => one.services },
        { label: "Hosts", kind: "number", value: (one) => one.hosts.size },
      ],
    }),
    table({
      id: "alerts", title: "Alerts", about: "Every alert, when it fires and who is called.",
      noun: ["alert", "alerts"], rows: data.alerts, facets: ["Severity", "Component", "Receivers"],
      columns: [
        { label: "Alert", value: (alert) => alert.name },
        { label: "Severity", value: (alert) => alert.severity, show: (alert) => badge(alert.severity.toLowerCase(), alert.severity) },
        { label: "Component", value: (alert) => alert.component },
        { label: "Receivers", value: (alert) => alert.receivers.join(", "), show: (alert) => alert.receivers.join(", ") || badge("bad", "nobody") },
        { label: "Holds for", kind: "number", value: (alert) => duration(alert.hold), sort: (alert) => alert.hold },
        { label: "Fires when", kind: "query", value: (alert) => alert.expr, show: (alert) => code(alert.expr) },
      ],
    }),
    table({
      id: "survivability", title: "Survivability",
      about: totalPower
        ? `What the voting power of ${totalPower.toLocaleString("en")} survives, by kind of failure.`
        : "Nobody votes in this network.",
      noun: ["kind of failure", "kinds of failure"], rows: data.survives,
      columns: [
        { label: "Failure of", value: (one) => `a ${one.kind}` },
        { label: "There are", kind: "number", value: (one) => one.domains },
        { label: "Survives", value: (one) => survived(one), sort: (one) => one.halts ?? Infinity, show: (one) => badge(one.margin < 0 ? "bad" : "good", survived(one)) },
        { label: "Worst", value: (one) => one.worst },
        { label: "Power lost then", kind: "number", value: (one) => one.lost },
        { label: "Margin then", kind: "number", value: (one) => one.margin },
      ],
    }),
    table({
      id: "needs", title: "Needs", about: "What cannot go on without what, and how many providers may be down.",
      noun: ["need", "needs"], rows: data.needs, facets: ["May be down"],
      columns: [
        { label: "Consumer", value: (need) => need.consumer },
        { label: "Providers", value: (need) => need.providers.join(", ") },
        { label: "May be down", kind: "number", value: (need) => need.spare },
      ],
    }),
  ];
}

function imageRows() {
  const rows = images.map(([name, digest]) => ({ name, digest, services: 0, hosts: new Set() }));
  for (const service of services) {
    const row = rows[service.image];
    if (!row) continue;
    row.services += 1;
    row.hosts.add(service.host);
  }
  return rows;
}

function survived(one) {
  if (one.halts === undefined) return "all of them";
  return one.halts === 1 ? "none" : `any ${one.halts - 1}`;
}

