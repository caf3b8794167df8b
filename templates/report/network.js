// The data of the page, and what follows from it.

const data = JSON.parse(byId("data").textContent);
const { hosts, nodes, services, images, ports, access } = data;

hosts.forEach((host, at) => Object.assign(host, { at, services: [], nodes: new Set(), open: 0 }));
nodes.forEach((node) => (node.power = Number(node.power ?? 0)));
services.forEach((service, at) => {
  Object.assign(service, { at, ports: [], usedBy: [], open: false });
  service.uses ??= [];
  service.volumes ??= [];
  if (hosts[service.host]) {
    hosts[service.host].services.push(service);
    if (nodes[service.node]) hosts[service.host].nodes.add(service.node);
  }
});
services.forEach((service) => {
  service.uses = service.uses.map(([name, provider, address, wait]) => ({ interface: name, provider, address, wait }));
  for (const use of service.uses) services[use.provider].usedBy.push({ interface: use.interface, consumer: service.at });
});
for (const port of ports) {
  services[port.service]?.ports.push(port);
  if (access[port.from] !== "anyone") continue;
  if (services[port.service]) services[port.service].open = true;
  if (hosts[port.host]) hosts[port.host].open += 1;
}
hosts.forEach((host) => {
  host.power = [...host.nodes].reduce((sum, node) => sum + nodes[node].power, 0);
  host.services.sort((a, b) => (a.node ?? Infinity) - (b.node ?? Infinity) || naturally(a.name, b.name));
});

const totalPower = nodes.reduce((sum, node) => sum + node.power, 0);
const openPorts = ports.filter((port) => access[port.from] === "anyone").length;

// What a service is to the network: the colour of its box.
function kindOf(service) {
  const node = nodes[service.node];
  if (!node) return "shared";
  return node.power > 0 ? "voter" : "node";
}

const KINDS = [
  ["voter", "of a node with voting power"],
  ["node", "of another node"],
  ["shared", "of the network or its host"],
];

// Who is let in, in words.
function admitted(from) {
  const who = access[from];
  if (!Array.isArray(who)) return who === "network" ? "hosts of the network" : who;
  return who.length > 4 ? `${count(who.length, "host")}: ${who.slice(0, 3).join(", ")}, ...` : who.join(", ");
}

const hostName = (at) => hosts[at]?.name ?? "";
const serviceName = (at) => services[at]?.name ?? "";
const imageOf = (service) => images[service.image]?.[0] ?? "";

// What a change does to services, by name; empty without another side.
const touched = new Map((data.diff?.blast.services ?? []).map((touch) => [touch.service, touch]));

