// Where everything stands in the drawing: regions hold hosts, hosts hold services.

const HOST = { width: 196, head: 40, row: 22, pad: 10, gap: 16 };
const PILL = { width: HOST.width - 2 * HOST.pad, height: 18 };
const REGION = { pad: 20, gap: 36 };

// Boxes in columns, each put where there is room first, about as wide as `aspect` times their height.
function inColumns(boxes, aspect) {
  const tall = boxes.reduce((sum, box) => sum + box.height + HOST.gap, 0);
  const wish = Math.round(Math.sqrt((aspect * tall) / (HOST.width + HOST.gap)));
  const bottoms = Array(Math.max(1, Math.min(wish, boxes.length))).fill(0);
  for (const box of boxes) {
    const column = bottoms.indexOf(Math.min(...bottoms));
    box.x = column * (HOST.width + HOST.gap);
    box.y = bottoms[column];
    bottoms[column] += box.height + HOST.gap;
  }
  return {
    width: bottoms.length * (HOST.width + HOST.gap) - HOST.gap,
    height: Math.max(...bottoms) - HOST.gap,
  };
}

// Groups in lines, as one reads, broken where the whole fits best into a frame of this aspect.
function inLines(groups, aspect) {
  const lines = (most) => {
    let [x, y, high, wide] = [0, 0, 0, 0];
    for (const group of groups) {
      if (x && x + group.width > most) [x, y, high] = [0, y + high + REGION.gap, 0];
      Object.assign(group, { x, y });
      wide = Math.max(wide, x + group.width);
      x += group.width + REGION.gap;
      high = Math.max(high, group.height);
    }
    return Math.max(wide, (y + high) * aspect);
  };
  let so = 0;
  const widths = groups.map((group) => (so += group.width + REGION.gap));
  const best = widths.map((width) => [lines(width), width]).sort(([a], [b]) => a - b)[0];
  if (best) lines(best[1]);
}

function layout() {
  const byRegion = new Map(data.regions.map((region) => [region.name, { ...region, hosts: [] }]));
  for (const host of hosts) {
    const name = host.region ?? "";
    if (!byRegion.has(name)) byRegion.set(name, { name, hosts: [] });
    byRegion.get(name).hosts.push(host);
  }
  const groups = [...byRegion.values()].filter((group) => group.hosts.length);
  for (const group of groups) {
    group.hosts.sort((a, b) => naturally(a.name, b.name));
    const boxes = group.hosts.map((host) => {
      const height = HOST.head + host.services.length * HOST.row + HOST.pad;
      return (host.box = { x: 0, y: 0, width: HOST.width, height });
    });
    const inner = inColumns(boxes, 1.5);
    group.width = inner.width + 2 * REGION.pad;
    // A large region has a large name, so that it can be read from afar.
    group.head = Math.max(44, group.width / 14);
    group.height = inner.height + group.head + REGION.pad;
  }
  inLines(groups, 1.45);
  for (const group of groups) {
    for (const host of group.hosts) {
      host.box.x += group.x + REGION.pad;
      host.box.y += group.y + group.head;
      host.services.forEach((service, at) => {
        service.box = {
          x: host.box.x + HOST.pad, y: host.box.y + HOST.head + at * HOST.row,
          width: PILL.width, height: PILL.height,
        };
      });
    }
  }
  return {
    groups,
    width: Math.max(1, ...groups.map((group) => group.x + group.width)),
    height: Math.max(1, ...groups.map((group) => group.y + group.height)),
  };
}

// Rectangles as one path: thousands of boxes cost no more than one element.
const outline = (boxes) =>
  boxes.map((box) => `M${box.x} ${box.y}h${box.width}v${box.height}h${-box.width}z`).join("");

// A line from one box to another, with a head where it ends.
function arrow(from, to) {
  const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
  const right = to.x > from.x + from.width;
  const left = to.x + to.width < from.x;
  const x1 = left ? from.x : from.x + from.width;
  const x2 = right ? to.x : to.x + to.width;
  const bend = right || left ? Math.max(30, Math.abs(x2 - x1) / 2) : 40 + Math.min(60, Math.abs(y2 - y1) / 6);
  const [c1, c2] = right ? [x1 + bend, x2 - bend] : left ? [x1 - bend, x2 + bend] : [x1 + bend, x2 + bend];
  const tip = right ? -7 : 7;
  return {
    line: `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}`,
    head: `M${x2} ${y2}l${tip} -4v8z`,
  };
}

