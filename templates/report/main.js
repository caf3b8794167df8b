// Puts the page together.

const { name, environment, chain, consensus } = data.network;
document.title = `${name}: netgen report`;
byId("network").textContent = name;
byId("facts").textContent = [environment, chain, consensus].filter(Boolean).join(" · ");

const map = topology();
const parts = [differences(), map, ...listings(), dashboards()].filter(Boolean);
byId("main").append(tiles(), ...parts.map((part) => part.section));
byId("sections").append(...parts.map((part) => el("li", {}, el("a", { href: `#${part.id}` }, part.title))));
map.fit();
addEventListener("resize", map.resize);

// A name in a table or in the panel shows its place.
document.addEventListener("click", (event) => {
  const found = event.target.closest?.("[data-pick]");
  if (!found) return;
  const [kind, at] = found.dataset.pick.split(":");
  map.choose({ kind, at: Number(at) }, true);
  if (!found.closest("#topology")) {
    map.section.scrollIntoView();
    map.section.querySelector(".panel").focus();
  }
});

// Light or dark: as the system says, unless somebody chose.
const system = matchMedia("(prefers-color-scheme: dark)");
function paint(theme) {
  const dark = theme === "dark" || (theme === "auto" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
const themes = document.querySelectorAll("input[name=theme]");
const chosen = () => [...themes].find((one) => one.checked).value;
themes.forEach((one) => one.addEventListener("change", () => paint(chosen())));
system.addEventListener("change", () => paint(chosen()));
paint("auto");

// On paper all rows are there, the drawing is whole, and the ground is white.
matchMedia("print").addEventListener("change", ({ matches }) => {
  if (matches) paint("light");
  else paint(chosen());
  map.print(matches);
  for (const one of tables) one.update(matches ? Infinity : undefined);
});
