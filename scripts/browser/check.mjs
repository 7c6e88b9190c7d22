// Opens a page of `tanba report` in headless Chromium and checks it: nothing is loaded, nothing goes wrong, it fits narrow
// and wide windows, prints, reads without scripts, and axe finds nothing serious, light and dark.
//
//   scripts/browser-check PAGE [--screenshots DIR] [--seconds LIMIT]
//
// Prints one JSON document; the exit code is 1 where there are problems. Times depend on the machine, so they are
// told and not judged, unless --seconds gives a limit.

import { readFileSync, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshots: { type: "string" }, seconds: { type: "string" } },
});
if (positionals.length !== 1) {
  console.error("usage: scripts/browser-check PAGE [--screenshots DIR] [--seconds LIMIT]");
  process.exit(2);
}
// The packages lie in the cache of scripts/test, not beside this file.
const require = createRequire(join(process.env.TANBA_BROWSER, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const MOST_BYTES = 5_000_000;
const WIDE = { width: 1600, height: 1000 };
const NARROW = { width: 360, height: 740 };

const file = resolve(positionals[0]);
const url = pathToFileURL(file).href;
const problems = [];
const notes = [];
const result = { page: basename(file), bytes: statSync(file).size, chromium: "", seconds: [], pages: 0, axe: {} };
const wrong = (mode, what) => problems.push(`${mode}: ${what}`);
if (result.bytes >= MOST_BYTES) wrong("file", `${result.bytes} bytes`);

/** Opens the page in a context of its own and watches it. */
async function opened(browser, mode, settings) {
  const context = await browser.newContext({ bypassCSP: false, ...settings });
  const page = await context.newPage();
  page.on("request", (request) => {
    const asked = request.url();
    if (asked !== url && !asked.startsWith("data:")) wrong(mode, `asks for ${asked}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong(mode, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong(mode, `error: ${error.message}`));
  await page.goto(url, { waitUntil: "load" });
  return { context, page };
}

async function accessible(page, mode) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  result.axe[mode] = { passes: found.passes.length, incomplete: found.incomplete.map((rule) => rule.id) };
  for (const rule of found.violations) {
    const where = rule.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ");
    const text = `axe ${rule.impact}: ${rule.id} (${rule.nodes.length}): ${where}`;
    if (["serious", "critical"].includes(rule.impact)) wrong(mode, text);
    else notes.push(`${mode}: ${text}`);
  }
}

async function looked(browser, mode, settings) {
  const { context, page } = await opened(browser, mode, settings);
  const seconds = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd / 1000);
  result.seconds.push(seconds);
  if (options.seconds && seconds > Number(options.seconds)) wrong(mode, `opened in ${seconds} s`);
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (widths[0] > widths[1]) wrong(mode, `is ${widths[0]} wide in a window of ${widths[1]}`);
  if (options.screenshots) {
    const path = (name) => join(options.screenshots, `${mode.replaceAll(" ", "-")}${name}.png`);
    await page.screenshot({ path: path("") });
    await page.screenshot({ path: path("-whole"), fullPage: true });
  }
  await accessible(page, mode);
  // What is folded away must be as good as the rest.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const unfolded = await page.evaluate(() => document.documentElement.scrollWidth);
  if (unfolded > widths[1]) wrong(`${mode}, unfolded`, `is ${unfolded} wide in a window of ${widths[1]}`);
  await accessible(page, `${mode}, unfolded`);
  const tables = await page.locator("table").count();
  await context.close();
  return tables;
}

if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.TANBA_CHROMIUM || "/usr/bin/chromium",
  // A container has no namespaces to make a sandbox of; the page is ours and loads nothing.
  args: ["--no-sandbox"],
});
try {
  result.chromium = browser.version();
  let tables = 0;
  for (const scheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", WIDE], ["narrow", NARROW]]) {
      tables = await looked(browser, `${scheme} ${name}`, { colorScheme: scheme, viewport });
    }
  }
  result.tables = tables;

  const plain = await opened(browser, "without scripts", { javaScriptEnabled: false, viewport: WIDE });
  const seen = plain.page.locator("main table:visible");
  result.tables_without_scripts = await seen.count();
  if (result.tables_without_scripts < 5) wrong("without scripts", `${result.tables_without_scripts} tables are seen`);
  if ((await plain.page.locator("script").count()) > 0) wrong("without scripts", "the page has a script");
  const rows = await plain.page.locator("main table:visible tbody tr:visible").count();
  if (rows === 0) wrong("without scripts", "no row is seen");
  await plain.context.close();

  const printed = await opened(browser, "print", { viewport: WIDE, colorScheme: "dark" });
  const path = options.screenshots && join(options.screenshots, "print.pdf");
  const pdf = await printed.page.pdf({ path, preferCSSPageSize: true, printBackground: true });
  result.pages = (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
  if (result.pages === 0) wrong("print", "no pages");
  await printed.page.emulateMedia({ media: "print", colorScheme: "dark" });
  const paper = await printed.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  if (paper !== "rgb(255, 255, 255)") wrong("print", `the paper is ${paper}`);
  await printed.page.setViewportSize({ width: 720, height: 1000 });
  const width = await printed.page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 720) wrong("print", `is ${width} wide on paper of 720`);
  if (options.screenshots) {
    await printed.page.screenshot({ path: join(options.screenshots, "print.png"), fullPage: true });
  }
  await printed.context.close();
} finally {
  await browser.close();
}
console.log(JSON.stringify({ ...result, notes, problems }, null, 1));
process.exit(problems.length === 0 ? 0 : 1);
