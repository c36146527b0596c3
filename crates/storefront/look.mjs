// Opens every page of a running storefront in Debian's chromium, as a new buyer would: on a phone and on a desk, light and dark. It buys something on
// the way, takes a screenshot of each page, and ends with 1 if a page reports an error or breaks its Content-Security-Policy.
//
//   node --experimental-websocket look.mjs http://127.0.0.1:8080 FOLDER
//
// It needs Node 20 or newer and nothing else.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [at = "http://127.0.0.1:8080", folder = "screenshots"] = process.argv.slice(2);
const SIZES = { phone: [390, 844, "light"], desk: [1280, 900, "dark"] };
const PASSWORD = "purple-Tiger-4821!";
mkdirSync(folder, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), "look-"));
const chromium = spawn("chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
  "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
const endpoint = await new Promise((found, failed) => {
  let said = "";
  chromium.stderr.on("data", (text) => {
    said += text;
    const line = said.match(/DevTools listening on (ws:\S+)/);
    if (line) found(line[1]);
  });
  chromium.on("exit", () => failed(new Error(said)));
});

const socket = new WebSocket(endpoint);
await new Promise((open) => socket.addEventListener("open", open));
let last = 0;
const waiting = new Map();
const complaints = [];
let where = "";
socket.addEventListener("message", ({ data }) => {
  const { id, method, params, result, error } = JSON.parse(data);
  if (id) {
    waiting.get(id)?.(error ? { error } : result);
    return waiting.delete(id);
  }
  if (method === "Runtime.exceptionThrown") complaints.push(`${where}: ${params.exceptionDetails.text} ${params.exceptionDetails.exception?.description ?? ""}`);
  if (method === "Log.entryAdded" && params.entry.level === "error") complaints.push(`${where}: ${params.entry.text} ${params.entry.url ?? ""}`);
});
const raw = (method, params = {}, sessionId) => new Promise((done) => {
  waiting.set(++last, done);
  socket.send(JSON.stringify({ id: last, method, params, sessionId }));
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function tab(width, height, scheme, language) {
  const { browserContextId } = await raw("Target.createBrowserContext");
  const { targetId } = await raw("Target.createTarget", { url: "about:blank", browserContextId });
  const { sessionId } = await raw("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => raw(method, params, sessionId);
  await Promise.all([send("Page.enable"), send("Runtime.enable"), send("Log.enable"), send("Network.enable")]);
  await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  await send("Network.setExtraHTTPHeaders", { headers: { "accept-language": language } });
  const evaluate = async (expression) => (await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })).result?.value;
  const settled = async () => {
    for (let n = 0; n < 100; n += 1) {
      await pause(100);
      if ((await evaluate("document.readyState")) === "complete") break;
    }
    await pause(300);
  };
  return {
    evaluate,
    async open(path) {
      where = path;
      await send("Page.navigate", { url: at + path });
      await settled();
    },
    // Fills in the form that leads to a path, and presses its button.
    async submit(action, fields = {}) {
      where = action;
      const pressed = await evaluate(`(() => {
        const form = document.querySelector('form[method=post][action^="${action}"]');
        if (!form) return false;
        for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
          const field = form.elements[name];
          if (field) field.value = value;
        }
        form.querySelector("button[type=submit]").click();
        return true;
      })()`);
      if (!pressed) complaints.push(`${await evaluate("location.pathname")}: no form to ${action}`);
      await settled();
    },
    // Types into a field, as a person does, and waits for what appears.
    async type(name, text) {
      await evaluate(`document.querySelector("input[name=${name}]").focus()`);
      await send("Input.insertText", { text });
      await pause(800);
      if (await evaluate(`document.querySelector(".suggestions")?.hidden ?? true`)) complaints.push(`${where}: nothing is suggested for ${text}`);
    },
    async shot(name) {
      const wide = await evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
      if (wide) complaints.push(`${where}: wider than the window of ${width}`);
      const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
      writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
    },
    path: () => evaluate("location.pathname"),
  };
}

const ADDRESS = { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "서울특별시 중구 세종대로 110", address2: "3층" };
for (const [size, [width, height, scheme]] of Object.entries(SIZES)) {
  const page = await tab(width, height, scheme, size === "phone" ? "ko" : "en");
  const shot = async (path, name) => {
    await page.open(path);
    await page.shot(`${size}-${name}`);
  };
  await shot("/", "home");
  await shot("/products?sort=cheap", "list");
  await shot("/search?q=머그", "search");
  await shot("/search?q=moo&sort=cheap&stock=1", "search-narrowed");
  await shot("/search?q=nothing-at-all", "nothing-found");
  await page.open("/");
  await page.type("q", "moo");
  await page.shot(`${size}-suggestions`);
  await shot("/deals", "deals");
  await shot("/coupons", "coupons-guest");
  await shot("/cart", "cart-empty");
  await shot("/nothing", "not-found");
  await shot("/sign-in?return=/account", "sign-in");
  await page.open("/products?sort=cheap&stock=1");
  const product = await page.evaluate("document.querySelector('.card a').getAttribute('href')");
  await shot(product, "product");
  await page.submit("/cart/items");
  await shot("/cart", "cart");
  await shot("/sign-up?return=/checkout", "sign-up");
  await page.submit("/sign-up", { email: `look-${size}-${Date.now()}@example.com`, password: PASSWORD, nickname: "하늘" });
  await page.shot(`${size}-checkout`);
  await page.submit("/checkout", ADDRESS);
  const order = await page.path();
  await page.shot(`${size}-order-unpaid`);
  await page.submit(`${order}/pay`, { method: "VIRTUAL_ACCOUNT", outcome: "deposit-never" });
  await page.shot(`${size}-order-deposit`);
  await page.submit(`${order}/withdraw`);
  await page.open("/balance");
  await page.submit("/balance/charge", { amount: "1000", outcome: "approve" });
  await page.shot(`${size}-balance`);
  await page.open(order);
  await page.submit(`${order}/pay`, { own: "1000", outcome: "approve" });
  await page.shot(`${size}-order-paid`);
  await shot("/orders", "orders");
  await shot("/points", "points");
  await shot("/search", "search-start");
  await shot("/account", "account");
  await shot("/coupons", "coupons");
}
socket.close();
chromium.kill();
rmSync(profile, { recursive: true, force: true });
// a page that says "not found" is an error only where it was not looked for
const real = complaints.filter((complaint) => !complaint.startsWith("/nothing:"));
console.log(real.length ? real.join("\n") : "no page complained");
process.exit(real.length ? 1 : 0);
