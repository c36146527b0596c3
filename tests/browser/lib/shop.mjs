// A shop for one run of tests: the program that cargo has built, with a database in a new folder. It is filled as its people fill it:
// with the command line and the API.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PROGRAM = process.env.HOLDFAST_TEST_PROGRAM ?? join(ROOT, "target/debug/holdfast");
const CATALOGUE = join(ROOT, "crates/server/demo/catalogue.ndjson");
const API = "/api/v1/shopping";
const ROLES = { admin: "ADMIN", buyer: "USER", seller: "SELLER" };
const START_MS = 60_000;

/** The password of everybody who signs up. */
export const PASSWORD = "purple-Tiger-4821!";

/** Starts a program that serves until it is stopped; gives it with the first match of `ready` in what it says. */
async function serving(name, folder, ready, options) {
  const running = spawn(PROGRAM, options, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  const address = new Promise((found, failed) => {
    const listen = (line) => {
      said.push(line);
      const match = line.match(ready);
      if (match) found(match[1]);
    };
    for (const stream of [running.stdout, running.stderr]) createInterface(stream).on("line", listen);
    running.on("error", failed);
    running.on("exit", (code) => failed(new Error(`${name} ended with ${code}:\n${said.join("\n")}`)));
    setTimeout(() => failed(new Error(`${name} does not serve:\n${said.join("\n")}`)), START_MS).unref();
  });
  return { running, said, address: await address };
}

/** Ends a program and waits until it has closed its database. */
async function stopped({ running }) {
  if (running.exitCode !== null || running.signalCode !== null) return;
  const ended = new Promise((done) => running.once("exit", done));
  running.kill("SIGTERM");
  await ended;
}

export class Shop {
  /** A running shop with the demo's catalogue, or an empty one. `settings` are those that differ from the defaults; `window` lets buyers
   * pay in the window of `holdfast fake-toss`. */
  static async open({ settings = {}, catalogue = true, window = false } = {}) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run \`cargo build\` first`);
    const shop = new Shop();
    shop.folder = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
    shop.settings = {
      "server.listen": "127.0.0.1:0",
      "server.costly_burst": "1000",
      "database.url": `sqlite:${join(shop.folder, "shop.db")}`,
      "search.folder": join(shop.folder, "search"),
      "gateway.journal": join(shop.folder, "gateway.ndjson"),
      "gateway.approve_percent": "100",
      "storefront.offer_outcomes": "true",
      "storefront.name": "Holdfast",
      ...settings,
    };
    shop.programs = [];
    try {
      await shop.begin(catalogue, window);
    } catch (failure) {
      await shop.end();
      throw failure;
    }
    return shop;
  }

  async begin(catalogue, window) {
    if (window) await this.paidInWindow();
    if (catalogue) this.command("import", CATALOGUE, "--strict");
    this.base = await this.serves("holdfast serve", /"address":"([\d.]+:\d+)"/, this.with(["serve"]));
    this.admin = this.token("admin");
    await this.until("the search index", async () => (await this.ask("GET", "/search/products?keyword=mug", undefined, "")).status === 200);
  }

  async paidInWindow() {
    const words = ["fake-toss", "--listen", "127.0.0.1:0", "--data", join(this.folder, "toss")];
    this.window = await this.serves("holdfast fake-toss", /serves http:\/\/([\d.]+:\d+)/, words);
    Object.assign(this.settings, {
      "gateway.kind": "toss",
      "toss.url": this.window,
      "toss.secret": "test_sk_browser",
      "storefront.payment_window": `${this.window}/window`,
    });
  }

  /** Starts a program, and remembers to end it; gives its address. */
  async serves(name, ready, words) {
    const program = await serving(name, this.folder, ready, words);
    this.programs.push(program);
    return `http://${program.address}`;
  }

  with(words) {
    return [...words, ...Object.entries(this.settings).flatMap(([key, value]) => ["-o", `${key}=${value}`])];
  }

  /** Runs a command of the program in the shop's folder; gives what it says. */
  command(...words) {
    return execFileSync(PROGRAM, this.with(words), { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  /** The token of somebody in this role, who has not signed up here. */
  token(role) {
    return this.command("token", "--role", ROLES[role], "--user", randomUUID(), "--expires", "1h");
  }

  /** The response of the API: its status and its data, or its error. */
  async ask(method, path, body, token = this.admin) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": randomUUID() };
    const address = this.base + (path.startsWith("/api/") ? path : API + path);
    const response = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    const read = text === "" ? {} : JSON.parse(text);
    return { status: response.status, data: read.data, error: read.error };
  }

  /** The data of a success; throws for anything else. */
  async call(method, path, body, token) {
    const { status, data, error } = await this.ask(method, path, body, token);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(error)}`);
    return data;
  }

  /** A product on sale. */
  product(fields) {
    return this.call("POST", "/admin/products", { status: "ACTIVE", price: 10_000, stock: 20, sku: randomUUID(), ...fields });
  }

  /** A time deal of one product, which runs now. */
  deal(product, { name = product.name, price, units, perPerson = 1, ...more }) {
    const time = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
    const products = [{ productId: product.id, dealPrice: price, dealQuantity: units, maxPerUser: perPerson }];
    return this.call("POST", "/admin/time-deals", { name, startsAt: time(-60), endsAt: time(7200), products, ...more });
  }

  /** A coupon that everybody can have. */
  coupon(fields) {
    const time = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
    const usual = { code: randomUUID().slice(0, 18), discountType: "FIXED", discountValue: 1_000, totalQuantity: 100 };
    return this.call("POST", "/admin/coupons", { ...usual, startsAt: time(-1), expiresAt: time(30), ...fields });
  }

  /** A waiting queue in front of something. */
  queue(kind, id, fields) {
    const rules = { maxCapacity: 1, entryBatchSize: 1, entryIntervalSeconds: 1, ...fields };
    return this.call("POST", `/admin/queue/${kind}/${id}/activate`, rules);
  }

  /** Somebody who signs up by the API; gives the user with a token. */
  async signedUp(email, nickname) {
    await this.call("POST", "/api/v1/users/signup", { email, password: PASSWORD, nickname }, "");
    return this.signedIn(email);
  }

  /** Signs in by the API; gives the user with a token. */
  async signedIn(email) {
    const { user, accessToken } = await this.call("POST", "/api/v1/auth/login", { email, password: PASSWORD }, "");
    return { ...user, token: accessToken };
  }

  /** Repeats a look until it holds, or fails. */
  async until(what, look, ms = 60_000) {
    const end = Date.now() + ms;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Ends the shop, and gives the promises that the audit finds broken after everything that the browsers did. */
  async close() {
    // the shop first: the audit compares its payments with the records of what it is paid through
    await stopped(this.programs.at(-1));
    const audit = this.audit();
    await this.end();
    assert.match(audit, /^\d+ broken promises in /m);
    return audit.split("\n").filter((line) => line.startsWith("BROKEN"));
  }

  audit() {
    try {
      return this.command("audit");
    } catch (failure) {
      // a broken promise is a failure of the command
      return `${failure.stdout}${failure.stderr}`;
    }
  }

  async end() {
    for (const program of this.programs) await stopped(program);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
