// A person in front of Debian's chromium. Whatever a page complains about, by itself or to axe-core, fails the test when the visitor
// leaves: errors in the console, breaches of its Content-Security-Policy, requests to elsewhere, layout jumps, clipped texts.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.HOLDFAST_TEST_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
/** Where images of the pages go; none are made without it. */
const SCREENSHOTS = process.env.HOLDFAST_TEST_SCREENSHOTS;
/** Long, because machines that test are busy. */
const WAIT_MS = 30_000;
/** How far a page may jump while it loads: what Google's Web Vitals call good. */
const SHIFT_MAX = 0.1;
const SERIOUS = ["serious", "critical"];

export const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desk: { viewport: { width: 1280, height: 900 } },
};
export const LANGUAGES = { ko: "ko-KR", en: "en-GB" };

/** Starts the browser. */
export function browser() {
  assert.ok(CHROMIUM, "chromium is not installed");
  // the language of the browser itself, in which it orders the parts of a time; what a page gets is that of its visitor
  return chromium.launch({ executablePath: CHROMIUM, args: ["--lang=en-US", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

/** Runs in the page before its own scripts: remembers what the page would not say by itself. */
function watch() {
  globalThis.breaches = [];
  globalThis.shift = 0;
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => globalThis.breaches.push(`${violatedDirective} ${blockedURI}`));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}

/** Runs in the page: what a person cannot read, because it is cut off, or because the page is wider than its window. */
function hardToRead() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].find((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
    found.push(`wider than its window: ${wide?.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("body *")) {
    const style = getComputedStyle(one);
    const text = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    const seen = style.clipPath === "none" && one.checkVisibility() && one.clientWidth > 1;
    const cut = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
    const low = style.overflowY === "hidden" && one.scrollHeight > one.clientHeight + 1;
    if (text && seen && (cut || low)) found.push(`clipped: ${one.outerHTML.slice(0, 120)}`);
  }
  return found;
}

/** Runs in a page of the console: tables that cannot be sorted, and forms that say nowhere what they are for. What became of chosen rows is
 * no list, so it stays in the order in which they were chosen. */
function hardToUse() {
  const found = [];
  const isOutcome = location.pathname.endsWith("/chosen");
  for (const table of document.querySelectorAll("main table")) {
    if (!isOutcome && !table.querySelector("th[aria-sort] a")) found.push(`does not sort: ${table.innerText.slice(0, 60)}`);
  }
  for (const form of document.querySelectorAll("main form[method=post]:not([aria-label])")) {
    const heading = form.closest("section, main > div")?.querySelector("h1, h2, summary");
    if (!heading?.innerText) found.push(`a form without a heading: ${form.action}`);
  }
  return found;
}

/** The pages at which a visitor has looked closely, each with the size of the window. */
const looked = new Set();

export class Visitor {
  /** Somebody in front of a window of this size, who reads this language in this theme. */
  static async at(running, shop, { size, language, scheme = "light", name = `${size}-${language}`, scripts = true }) {
    const visitor = new Visitor();
    const context = await running.newContext({
      ...SIZES[size],
      locale: LANGUAGES[language],
      timezoneId: "Asia/Seoul",
      colorScheme: scheme,
      baseURL: shop.base,
      reducedMotion: "reduce",
      javaScriptEnabled: scripts,
    });
    context.setDefaultTimeout(WAIT_MS);
    await context.addInitScript(watch);
    Object.assign(visitor, { shop, size, language, scheme, name, context, page: await context.newPage(), complaints: [], expected: new Set() });
    visitor.listen();
    return visitor;
  }

  listen() {
    const complain = (text) => this.complaints.push(`${this.name} ${this.page.url()}: ${text}`);
    this.page.on("pageerror", (error) => complain(error.stack ?? error.message));
    this.page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      // a browser reports every status from 400 on; a refusal that the test looks for is none
      const status = Number(message.text().match(/status of (\d+)/)?.[1]);
      if (!this.expected.has(status)) complain(message.text());
    });
    this.page.on("request", (request) => {
      const url = new URL(request.url());
      const own = url.origin === this.shop.base || url.origin === this.shop.window;
      if (!own && !["data:", "blob:"].includes(url.protocol)) complain(`loads ${url}`);
    });
  }

  /** From now on pages with these statuses are what the test looks for. */
  expect(...statuses) {
    statuses.forEach((status) => this.expected.add(status));
  }

  async open(path) {
    const response = await this.page.goto(path);
    assert.ok(response.status() < 400 || this.expected.has(response.status()), `${path}: ${response.status()}`);
  }

  /** Waits until the visitor is at this path. */
  async arrived(path) {
    const there = (url) => (path instanceof RegExp ? path.test(url.pathname) : url.pathname === path);
    await this.page.waitForURL(there);
  }

  path() {
    return new URL(this.page.url()).pathname;
  }

  /** Waits until the page says so. */
  async reads(text) {
    await this.page.locator("main", { hasText: text }).waitFor();
  }

  /** Waits until this is to be seen. */
  async sees(selector, hasText) {
    await this.page.locator(selector, hasText && { hasText }).first().waitFor();
  }

  words() {
    return this.page.locator("main").innerText();
  }

  form(action) {
    return this.page.locator(`form[action="${action}"]`).first();
  }

  /** Opens what is below a summary, so that the form that leads to `action` can be used. */
  async unfold(action) {
    const form = this.form(action);
    if (await form.isVisible()) return;
    await this.page.locator(`details:has(form[action="${action}"]) > summary`).first().click();
  }

  /** Fills in the fields of a form as a person does. */
  async fill(form, fields) {
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="${name}"]`);
      const kind = await field.first().evaluate((one) => one.type);
      if (kind === "radio") await form.locator(`[name="${name}"][value="${value}"]`).check();
      else if (kind === "checkbox") await field.setChecked(value);
      else if (kind === "select-one") await field.selectOption(value);
      else await field.fill(value);
    }
  }

  /** Fills in the form that leads to `action`, also one that is folded, and presses its button, or the one with this name. */
  async send(action, fields = {}, button = "") {
    const form = this.form(action);
    await form.waitFor({ state: "attached" });
    await this.unfold(action);
    await this.fill(form, fields);
    await form.locator(button ? `button[name="${button}"]` : "button[type=submit]:not([name])").first().click();
  }

  /** Looks at the page: clipped texts, and jumps. The first time in this size also closely: axe-core, the contrast of the other theme,
   * and an image of it. */
  async look(name) {
    const complain = (text) => this.complaints.push(`${this.name} ${name} (${this.path()}): ${text}`);
    await this.page.evaluate(() => document.fonts.ready);
    for (const text of await this.page.evaluate(hardToRead)) complain(text);
    if (this.path().startsWith("/console")) for (const text of await this.page.evaluate(hardToUse)) complain(text);
    const first = !looked.has(`${this.size} ${name}`);
    looked.add(`${this.size} ${name}`);
    if (first) await this.lookClosely(name, complain);
    await this.settle(name);
  }

  async lookClosely(name, complain) {
    await this.axe(complain, { rules: { "target-size": { enabled: true } } });
    if (SCREENSHOTS) await this.screenshot(name);
    await this.page.emulateMedia({ colorScheme: this.scheme === "dark" ? "light" : "dark" });
    await this.axe(complain, { runOnly: ["color-contrast"] });
    await this.page.emulateMedia({ colorScheme: this.scheme });
  }

  async axe(complain, options) {
    await this.page.evaluate(`globalThis.axe || (() => { ${axe.source} })()`);
    const { violations } = await this.page.evaluate((options) => globalThis.axe.run(document, { resultTypes: ["violations"], ...options }), options);
    for (const { id, impact, help, nodes } of violations.filter((one) => SERIOUS.includes(one.impact))) {
      complain(`${impact} ${id}: ${help}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.any.map((any) => any.message).join("; ")}`).join("\n    ")}`);
    }
  }

  /** Takes over what the page has remembered. */
  async settle(name = this.path()) {
    // without scripts nothing is remembered
    const { breaches, shift } = await this.page.evaluate(() => ({ breaches: globalThis.breaches ?? [], shift: globalThis.shift ?? 0 }));
    for (const breach of breaches) this.complaints.push(`${this.name} ${name}: Content-Security-Policy: ${breach}`);
    if (shift > SHIFT_MAX) this.complaints.push(`${this.name} ${name}: jumps by ${shift.toFixed(3)}`);
  }

  async screenshot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    // everything below the first screen is loaded as somebody scrolls
    await this.page.evaluate(() => document.querySelectorAll("img").forEach((image) => (image.loading = "eager")));
    await this.page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
    await this.page.screenshot({ path: join(SCREENSHOTS, `${this.name}-${name}.png`), fullPage: true });
  }

  async leave() {
    await this.settle();
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}
