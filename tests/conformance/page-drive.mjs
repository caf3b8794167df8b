// Reads the page of a report as people do, in Chromium: page-drive.mjs CHROMIUM PAGE [MUTANT]
// A mutant is a change of the page that must be noticed:
// {"changes": [[from, to], ...], "signed": bool, "check": NAME}
// With `signed` the policy of the page is made anew, so that only the change itself can be what is refused;
// `check` is the one that must notice it, and the others are left out.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(import.meta.url)("playwright-core");
const [program, file, mutant] = process.argv.slice(2);
const faults = [];
let listening = true;
const expect = (holds, fault) => holds || faults.push(fault);

function mutated(page, { changes, signed }) {
  for (const [from, to] of changes) {
    if (!page.includes(from)) throw new Error(`the page has no ${from}`);
    page = page.replace(from, () => to);
  }
  if (!signed) return page;
  for (const name of ["script", "style"]) {
    const [, text] = new RegExp(`<${name}>([^]*?)</${name}>`).exec(page);
    const digest = createHash("sha256").update(text).digest("base64");
    page = page.replace(new RegExp(`${name}-src 'sha256-[^']*'`), () => `${name}-src 'sha256-${digest}'`);
  }
  return page;
}

let shown = file;
let only;
if (mutant) {
  const change = JSON.parse(readFileSync(mutant, "utf8"));
  only = change.check;
  // Beside the page: what is below the folder of the run goes away with it.
  shown = join(dirname(file), "mutant.html");
  writeFileSync(shown, mutated(readFileSync(file, "utf8"), change));
}
const text = readFileSync(shown, "utf8");
const data = JSON.parse(text.split('id="data">')[1].split("</script>")[0]);
const url = pathToFileURL(shown).href;

const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: program, args: [...sandbox, "--disable-gpu"] });
try {
  const context = await browser.newContext({ viewport: { width: 1400, height: 950 }, colorScheme: "light" });
  await context.route("**", (route) => {
    if (route.request().url() === url) return route.continue();
    faults.push(`a request leaves the page: ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => listening && faults.push(`console: ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`console: ${error}`));
  await page.goto(url);
  // One check that goes wrong does not hide what the others find.
  for (const [name, check] of Object.entries(checks(page))) {
    if (faults.length > 5) break;
    if (only && name !== only) continue;
    await check().catch((error) => faults.push(`${name}: ${String(error.message).split("\n").slice(0, 3).join(" | ")}`));
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
process.exit(faults.length ? 1 : 0);

// A value as soon as it fits, or as it is after a second: a page is told a little later what changed around it.
async function settled(ask, fits) {
  for (let tries = 0; ; tries += 1) {
    const found = await ask();
    if (fits(found) || tries === 20) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function checks(page) {
  const rows = (id) => page.locator(`#${id} tbody tr`);
  const firsts = (id) => page.locator(`#${id} tbody th`).allTextContents();
  const counted = (id) => page.locator(`#${id} output`).textContent();
  const number = (text) => Number(text.match(/[\d,]+/)[0].replaceAll(",", ""));
  const tables = ["hosts", "services", "ports", "connections", "images", "alerts", "survivability", "needs"];

  return {
    async policy() {
      const policy = await page.locator("meta[http-equiv]").getAttribute("content");
      expect(policy.includes("default-src 'none'"), "policy: something may be loaded");
      expect(!policy.includes("unsafe"), "policy: it is not strict");
    },

    // Every part of the page says what it is to those who do not see it.
    async names() {
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const there = nodes.filter((node) => !node.ignored);
      const roles = new Set(there.map((node) => node.role?.value));
      for (const role of ["banner", "navigation", "main", "contentinfo"]) expect(roles.has(role), `names: there is no ${role}`);
      const named = ["button", "link", "textbox", "searchbox", "combobox", "radio", "table", "region", "complementary", "image"];
      for (const node of there.filter((one) => named.includes(one.role?.value))) {
        expect(node.name?.value?.trim(), `names: a ${node.role.value} has no name`);
      }
      expect(await page.locator("html").getAttribute("lang"), "names: the page has no language");
      expect((await page.title()).includes(data.network.name), "names: the title does not name the network");
    },

    async rows() {
      const { hosts, services, ports, images, alerts, survives, needs } = data;
      const all = { hosts, services, ports, images, alerts, survivability: survives, needs };
      for (const [id, list] of Object.entries(all)) {
        expect(number(await counted(id)) === list.length, `rows: ${id}: ${await counted(id)} of ${list.length}`);
        const heads = page.locator(`#${id} thead th`);
        for (const scope of await heads.evaluateAll((found) => found.map((one) => one.scope))) expect(scope === "col", `rows: a head of ${id} has no scope`);
      }
    },

    async words() {
      const said = await page.locator("body").innerText();
      for (const slip of ["undefined", "[object", "NaN", "nullnull", "falsefalse"]) expect(!said.includes(slip), `words: the page says ${slip}`);
      expect((await page.locator("#differences").count()) === (data.diff ? 1 : 0), "words: differences are not told");
    },

    async filter() {
      for (const id of tables) {
        const [before, [first]] = [await counted(id), await firsts(id)];
        if (!first) continue;
        const filter = page.locator(`#${id}-filter`);
        await filter.fill(first.toUpperCase());
        for (const row of await rows(id).allTextContents()) expect(row.toLowerCase().includes(first.toLowerCase()), `filter: ${id} shows ${row} for ${first}`);
        await filter.fill("no such thing anywhere");
        expect((await firsts(id)).length === 0, `filter: ${id} shows rows for what is in none`);
        expect(/^0 of /.test(await counted(id)), `filter: the count of ${id} is ${await counted(id)}`);
        expect((await page.locator(`#${id} output`).getAttribute("aria-live")) === "polite", `filter: the count of ${id} is not told`);
        await filter.fill("");
        expect((await counted(id)) === before, `filter: ${id} does not come back`);
      }
      const facet = page.locator("#services .facet select").first();
      if (await facet.count()) {
        await facet.selectOption({ index: 1 });
        expect(/ of /.test(await counted("services")), "filter: a choice leaves everything");
        await facet.selectOption({ index: 0 });
      }
    },

    async sort() {
      const compare = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
      const by = (id, label) => page.locator(`#${id} thead`).getByRole("button", { name: label, exact: true });
      const all = page.locator("#services .more");
      if (await all.isVisible()) await all.click();
      // The keyboard reaches a head as the pointer does.
      await by("services", "Service").focus();
      await page.keyboard.press("Enter");
      const head = page.locator("#services thead th").first();
      expect((await head.getAttribute("aria-sort")) === "ascending", "sort: the order is not said");
      const up = await firsts("services");
      expect(up.join() === [...up].sort(compare).join(), "sort: the names are not in order");
      await page.keyboard.press("Enter");
      expect((await firsts("services")).join() === [...up].reverse().join(), "sort: the names are not in the order from the end");
      await by("ports", "Port").click();
      const ports = (await page.locator("#ports tbody th").allTextContents()).map(Number);
      expect(ports.join() === [...ports].sort((a, b) => a - b).join(), "sort: ports are not sorted as numbers");
    },

    async zoom() {
      const frame = page.locator(".frame");
      await frame.scrollIntoViewIfNeeded();
      const view = async () => (await page.locator(".topology > g").getAttribute("transform")).match(/-?\d+(\.\d+)?(e-?\d+)?/g).map(Number);
      const [x, y, k] = await view();
      await page.getByRole("button", { name: "Zoom in" }).click();
      expect((await view())[2] > k, "zoom: the button does not bring it nearer");
      await page.getByRole("button", { name: "Fit all" }).click();
      expect((await view()).join() === [x, y, k].join(), "zoom: all is not shown again");
      const box = await frame.boundingBox();
      await page.mouse.move(box.x + 30, box.y + 30);
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -240);
      await page.keyboard.up("Control");
      expect((await view())[2] > k, "zoom: the wheel does not bring it nearer");
      const before = await view();
      await page.mouse.down();
      await page.mouse.move(box.x + 90, box.y + 60, { steps: 3 });
      await page.mouse.up();
      const after = await view();
      expect(Math.abs(after[0] - before[0] - 60) < 1 && Math.abs(after[1] - before[1] - 30) < 1, "zoom: it cannot be dragged");
    },

    async keyboard() {
      await page.evaluate(() => document.activeElement.blur());
      await page.reload();
      await page.keyboard.press("Tab");
      const skip = page.getByRole("link", { name: "Skip to the content" });
      expect(await skip.evaluate((link) => link === document.activeElement), "keyboard: the first stop does not skip the head");
      expect((await skip.evaluate((link) => getComputedStyle(link).outlineStyle)) !== "none", "keyboard: the focus is not seen");
      const stops = page.locator('.host[tabindex="0"]');
      expect((await stops.count()) === 1, "keyboard: the drawing is not one stop");
      await stops.focus();
      const label = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
      const first = await label();
      if (data.hosts.length > 1) {
        for (const key of ["ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
        expect((await label()) !== first && /^Host /.test(await label()), "keyboard: arrows go nowhere");
      }
      await page.keyboard.press("Enter");
      const pressed = page.locator('.host[aria-pressed="true"]');
      expect((await pressed.count()) === 1, "keyboard: Enter picks nothing");
      const name = (await label()).match(/^Host (\S+),/)[1];
      const panel = page.getByRole("complementary");
      expect((await panel.getByRole("heading").first().textContent()) === name, "keyboard: the panel shows another host");
      await panel.getByRole("button").first().click();
      expect((await panel.textContent()).startsWith("Service"), "keyboard: a service of the host cannot be picked");
      await stops.focus();
      await page.keyboard.press("Escape");
      expect((await pressed.count()) === 0, "keyboard: Escape does not let go");
    },

    async colours() {
      const body = () => page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]);
      const light = (colour) => {
        const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = ([ground, ink]) => {
        const [a, b] = [light(ground), light(ink)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
      };
      const ways = {
        "the light system": [() => page.emulateMedia({ colorScheme: "light" }), false],
        "the dark system": [() => page.emulateMedia({ colorScheme: "dark" }), true],
        "the switch to light": [() => page.getByText("Light", { exact: true }).click(), false],
        "the switch to dark": [() => page.getByText("Dark", { exact: true }).click(), true],
      };
      for (const [way, [act, dark]] of Object.entries(ways)) {
        await act();
        const found = await settled(body, ([ground]) => light(ground) < 0.2 === dark);
        expect(light(found[0]) < 0.2 === dark, `colours: ${way} gives ${found[0]}`);
        expect(contrast(found) >= 7, `colours: ${way} cannot be read: ${found}`);
      }
    },

    async dashboards() {
      expect((await page.locator("#dashboards details").count()) === data.boards.length, "dashboards: some are missing");
      if (!data.boards.length) return;
      const [board] = data.boards;
      const details = page.locator(`#dashboard-${board.id}`);
      await details.locator("summary").click();
      const panels = board.picture.shapes.filter(([shape, kind]) => shape === "r" && kind === "panel").length;
      await details.locator("svg").waitFor();
      expect((await details.locator("rect.panel").count()) === panels, "dashboards: panels are missing in a picture");
    },

    async print() {
      await page.emulateMedia({ media: "print" });
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      expect((await settled(theme, (found) => found === "light")) === "light", "print: the ground is dark");
      expect(!(await page.getByRole("navigation").isVisible()), "print: the menu is printed");
      const printed = await settled(() => rows("alerts").count(), (found) => found >= data.alerts.length);
      expect(printed >= data.alerts.length, "print: rows are missing");
      const sheet = await page.pdf({ preferCSSPageSize: true });
      expect(sheet.subarray(0, 5).toString() === "%PDF-", "print: there is no document");
      await page.emulateMedia({ media: "screen" });
    },

    // Last, for a refusal is told on the console.
    async markup() {
      listening = false;
      const markup = await page.evaluate(() => {
        try {
          document.createElement("p").innerHTML = "<b>x</b>";
          return "read";
        } catch {
          return "refused";
        }
      });
      expect(markup === "refused", "markup: a text is read as markup");
    },
  };
}
