// What is otherwise than in another bundle: the diff, as `netgen diff` says it.

function shownValue(value) {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return code(text.length > 160 ? `${text.slice(0, 160)}...` : text);
}

// Names stand in backticks.
const prose = (text) => text.split("`").map((part, at) => (at % 2 ? code(part) : part));

const ORIGINS = { author: "the author", lock: "the lock", moved: "a moved default", follows: "it follows" };

function differences() {
  const diff = data.diff;
  if (!diff) return null;
  const { blast, rollout, changes, files } = diff;
  const same = !changes.length && !files.length;
  const power = blast.power;
  const section = el("section", { id: "differences", "aria-labelledby": "differences-title" },
    el("h2", { id: "differences-title" }, "Differences"),
    el("p", { class: "about" }, `From ${diff.old.kind} ${diff.old.name} to ${diff.new.kind} ${diff.new.name}.`));
  if (same) {
    section.append(el("p", { class: "notice" }, "Both sides are the same."));
    return { id: "differences", title: "Differences", section };
  }
  fill(section, {}, [
    el("p", { class: "notice" }, "The worst that happens: ", badge(diff.effect, diff.effect), `. ${count(changes.length, "change")} on ${count(blast.hosts.length, "host")}, ${count(blast.services.length, "service")} touched, ${count(files.length, "file")} of the bundle.`),
    facts([
      ["Voting power down at once", power && `${power.down} of ${power.after}`],
      ["Quorum margin", power && `${power["margin-before"]} before, ${power["margin-during"]} during, ${power["margin-after"]} after`],
      ["Takes at most", rollout.waves.length ? `${duration(rollout["at-most"])} in ${count(rollout.waves.length, "wave")}` : ""],
      ["Go back to", rollout.rollback && code(rollout.rollback)],
      ["Not brought back", rollout["beyond-rollback"].join("; ")],
    ]),
    blast.opened.length > 0 && openings("Opened ports", blast.opened),
    blast.closed.length > 0 && openings("Closed ports", blast.closed),
    few("Alerts gained", blast["alerts-gained"].map((one) => `${one.severity} ${one.alert}`)),
    few("Alerts lost", blast["alerts-lost"].map((one) => `${one.severity} ${one.alert}`)),
    rollout.waves.length > 0 && el("div", { class: "group" }, el("h3", {}, "Waves"),
      el("ol", { class: "waves" }, rollout.waves.map((wave) => el("li", {},
        el("strong", {}, wave.hosts.length > 8 ? count(wave.hosts.length, "host") : wave.hosts.join(", ")),
        wave.services.length ? ` restarts ${wave.services.length > 6 ? count(wave.services.length, "service") : wave.services.join(", ")}` : " restarts nothing",
        wave.lost ? `; ${wave.lost} voting power is down, margin ${wave.margin}` : "",
        `; at most ${duration(wave["at-most"])}`)))),
    table({
      id: "changes", title: "Changes", about: "What changes, whose doing it is, and what it does to what runs.", noun: ["change", "changes"],
      level: 3, first: 20, rows: changes, facets: ["Whose doing", "Effect"],
      columns: [
        { label: "What", value: (one) => `${one.subject.kind} ${one.subject.name}` },
        { label: "Value", value: (one) => one.value, show: (one) => code(one.value) },
        { label: "Action", value: (one) => one.action },
        { label: "Before", value: (one) => JSON.stringify(one.old), show: (one) => shownValue(one.old) },
        { label: "After", value: (one) => JSON.stringify(one.new), show: (one) => shownValue(one.new) },
        { label: "Whose doing", value: (one) => ORIGINS[one.origin] },
        { label: "Effect", value: (one) => one.effect, show: (one) => badge(one.effect, one.effect) },
        { label: "Why", value: (one) => one.reason, show: (one) => prose(one.reason) },
      ],
    }).section,
    table({
      id: "touched", title: "Services touched", about: "Services that come, go, restart or read something anew.", noun: ["service", "services"],
      level: 3, first: 20, rows: blast.services, facets: ["Effect", "Host"],
      columns: [
        { label: "Service", value: (one) => one.service },
        { label: "Host", value: (one) => one.host },
        { label: "Action", value: (one) => one.action },
        { label: "Effect", value: (one) => one.effect, show: (one) => badge(one.effect, one.effect) },
        { label: "Why", value: (one) => one.why.join(", ") },
      ],
    }).section,
    table({
      id: "files", title: "Files", about: "Every file of the bundle that differs, with the changes that it comes from.", noun: ["file", "files"],
      level: 3, first: 20, rows: files, facets: ["Action"],
      columns: [
        { label: "File", value: (one) => one.path, show: (one) => code(one.path) },
        { label: "Action", value: (one) => one.action },
        { label: "Comes from", value: (one) => one.causes.map((at) => changes[at - 1]).map((one) => one && `${one.subject.kind} ${one.subject.name}${one.value && ` ${one.value}`}`).join(", ") },
      ],
    }).section,
  ]);
  return { id: "differences", title: "Differences", section };
}

function who(from) {
  if (from === undefined) return "nobody listened";
  if (typeof from === "string") return from;
  return from.hosts.length > 4 ? count(from.hosts.length, "host") : from.hosts.join(", ");
}

function openings(title, found) {
  const line = (one) => [el("code", {}, `${one.host}:${one.port}`), ` ${one.service} ${one.interface}: ${who(one.before)} → `,
    one.after === "anyone" ? badge("open", "anyone") : who(one.after ?? "nobody listens")];
  return few(title, found.map(line), 20);
}

