// The shop and its console by people without a mouse: everything that the other tests do with one, by the keyboard alone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Keyboard } from "./lib/keyboard.mjs";
import { PASSWORD, Shop } from "./lib/shop.mjs";
import { Visitor, browser } from "./lib/visitor.mjs";

const ADDRESS = { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "서울특별시 중구 세종대로 110", address2: "3층" };
const DAY_MS = 86_400_000;
const email = (name) => `${name}@example.com`;

let shop;
let chromium;
let cup;
let buyer;
before(async () => {
  [shop, chromium] = await Promise.all([Shop.open(), browser()]);
  cup = await shop.product({ name: "찻잔 · Tea Cup", price: 24_000, stock: 60 });
  buyer = await shop.signedUp(email("buyer"), "하늘");
  await shop.signedUp(email("boss"), "boss");
  shop.command("grant", email("boss"), "--role", "ADMIN");
});
after(async () => {
  await chromium?.close();
  if (shop) assert.deepEqual(await shop.close(), []);
});

/** Somebody at a desk who reads English, without a mouse. */
async function arrives(name, path) {
  const visitor = await Visitor.at(chromium, shop, { size: "desk", language: "en", name: `keyboard-${name}` });
  await visitor.open(path);
  return { visitor, page: visitor.page, keys: new Keyboard(visitor) };
}

async function signsIn({ page, keys }, action, who) {
  await keys.fill(action, { email: email(who), password: PASSWORD });
  await keys.press("Enter");
  await page.waitForURL((url) => url.pathname !== action);
}

/** An order that is paid, and has arrived if it shall. */
async function ordered({ units = 1, delivered = false } = {}) {
  const order = { items: [{ productId: cup.id, quantity: units }], shippingAddress: ADDRESS };
  const { orderNumber } = await shop.call("POST", "/orders", order, buyer.token);
  await shop.call("POST", "/payments", { orderNumber, paymentMethod: "CARD", paymentKey: "approve" }, buyer.token);
  for (const status of delivered ? ["SHIPPING", "DELIVERED"] : []) {
    await shop.until(status, async () => (await shop.ask("PUT", `/admin/orders/${orderNumber}/status`, { status })).status === 200);
  }
  return orderNumber;
}

describe("a buyer without a mouse", () => {
  test("buys what the home page shows", async () => {
    const { visitor, page, keys } = await arrives("buys", "/");
    await keys.skip();
    await keys.go("main .card a");
    await visitor.arrived(/^\/products\//);
    await keys.skip();
    await keys.send("/cart/items");
    // goods that go into the cart without a new page leave the focus where it is
    await keys.keeps(".toast");
    await keys.reach("form[action='/cart/items'] [name=quantity]", { back: true });
    await keys.reach(".cart-link", { back: true });
    await keys.press("Enter");
    await visitor.arrived("/cart");
    await keys.skip();
    await keys.go("a[href='/checkout']");
    await visitor.arrived("/sign-in");
    await keys.skip();
    await keys.go("main a[href^='/sign-up']");
    await visitor.arrived("/sign-up");
    await keys.fill("/sign-up", { email: email("buys"), password: PASSWORD, nickname: "Key" });
    await keys.press("Enter");
    await visitor.arrived("/checkout");
    await keys.skip();
    await keys.fill("/checkout", ADDRESS);
    await keys.send("/checkout");
    await visitor.arrived(/^\/orders\/ORD-/);
    await keys.skip();
    await keys.choose("[name=outcome]", "approve");
    await keys.send(`${visitor.path()}/pay`);
    await visitor.reads("The payment is complete.");
    await visitor.leave();
  });

  test("signs up, finds with suggestions and choices, and goes back", async () => {
    const { visitor, page, keys } = await arrives("finds", "/");
    await keys.go(".menu a[href='/account']");
    await visitor.arrived("/sign-in");
    await keys.skip();
    await keys.go("main a[href^='/sign-up']");
    await visitor.arrived("/sign-up");
    await keys.fill("/sign-up", { email: email("finds"), password: PASSWORD, nickname: "Key" });
    await keys.go("[name=marketing]", "Space");
    assert.ok(await page.locator("[name=marketing]").isChecked());
    await keys.send("/sign-up");
    await visitor.arrived("/account");
    // the arrows go round through the suggestions and what was typed
    await keys.reach("#q");
    await page.keyboard.type("moon");
    await page.locator("#suggestions li").first().waitFor();
    await keys.press("ArrowDown", "ArrowDown", "ArrowUp");
    assert.equal(await page.locator("#q").getAttribute("aria-activedescendant"), "suggestion-0");
    await keys.press("ArrowUp");
    assert.equal(await page.locator("#suggestions [aria-selected=true]").count(), 0);
    await keys.press("Escape");
    await page.locator("#suggestions").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#q").inputValue(), "moon");
    await page.keyboard.type(" j");
    await page.locator("#suggestions li").first().waitFor();
    await keys.press("ArrowDown", "Enter");
    await visitor.arrived(/^\/(search|products)/);
    await keys.type("#q", "mug");
    await keys.press("Enter");
    await visitor.arrived("/search");
    // a choice, the way back out of it, and another order
    await keys.skip();
    await keys.go(page.locator(".facets a[href*='category='], .facets a[href*='brand=']"));
    await page.waitForURL(/category=|brand=/);
    await keys.skip();
    await keys.go("main .chips a");
    await page.waitForURL((url) => !/category=|brand=/.test(url.search));
    await keys.skip();
    await keys.choose("main .filters [name=sort]", "cheap");
    await keys.go("main .filters button");
    await page.waitForURL(/sort=cheap/);
    await keys.reach(".cart-link", { back: true });
    await visitor.leave();
  });

  test("waits in the room of a deal, and buys", async () => {
    const jar = await shop.product({ name: "달항아리 · Moon Jar", price: 90_000, stock: 5 });
    const deal = await shop.deal(jar, { price: 45_000, units: 3 });
    await shop.queue("TIME_DEAL", deal.id);
    const first = shop.token("buyer");
    await shop.call("POST", `/queue/TIME_DEAL/${deal.id}/enter`, undefined, first);
    await shop.until("the first one's turn", async () => (await shop.call("GET", `/queue/TIME_DEAL/${deal.id}/status`, undefined, first)).status === "ENTERED");
    await shop.signedUp(email("waits"), "Key");
    const someone = await arrives("waits", "/sign-in?return=/deals");
    const { visitor, page, keys } = someone;
    await signsIn(someone, "/sign-in", "waits");
    await keys.skip();
    await keys.go(`main a[href="/deals/${deal.id}"]`);
    await visitor.arrived(`/deals/${deal.id}`);
    await keys.skip();
    await keys.send(`/deals/${deal.id}`);
    const room = `/queue/TIME_DEAL/${deal.id}`;
    await visitor.arrived(room);
    await keys.skip();
    await keys.send(room);
    await visitor.sees("[data-position]", "1");
    await keys.skip();
    await keys.reach(`form[action="${room}"] [name=leave]`);
    await shop.call("DELETE", `/queue/TIME_DEAL/${deal.id}/leave`, undefined, first);
    await visitor.arrived(`/deals/${deal.id}`);
    await keys.skip();
    await keys.reach(`form[action="/deals/${deal.id}"] [name=quantity]`);
    await keys.press("ArrowUp", "ArrowDown");
    await keys.send(`/deals/${deal.id}`);
    await visitor.arrived(/^\/orders\/ORD-/);
    const path = visitor.path();
    await keys.skip();
    await keys.fill(`${path}/address`, ADDRESS);
    await keys.send(`${path}/address`);
    await page.locator(`form[action="${path}/pay"]`).waitFor();
    await keys.skip();
    await keys.reach("[name=method]");
    await keys.press("ArrowDown", "ArrowUp");
    await keys.choose("[name=outcome]", "approve");
    await keys.send(`${path}/pay`);
    await visitor.reads("The payment is complete.");
    await visitor.leave();
  });

  test("takes a coupon in the rush, which leaves the focus on the page", async () => {
    const coupon = await shop.coupon({ name: "선착순 · First come", totalQuantity: 1 });
    await shop.signedUp(email("rush"), "Key");
    const someone = await arrives("rush", "/sign-in?return=/coupons");
    const { visitor, page, keys } = someone;
    await signsIn(someone, "/sign-in", "rush");
    await keys.skip();
    await keys.send(`/coupons/${coupon.id}`);
    await visitor.reads("The coupon is yours.");
    await keys.keeps("main [role=status]");
    assert.ok(await page.locator("main").evaluate((main) => main.contains(document.activeElement)));
    await keys.type("[name=code]", "no-such-coupon");
    visitor.expect(404);
    await keys.press("Enter");
    await visitor.sees("main [role=alert]");
    await visitor.leave();
  });

  test("sends goods back", async () => {
    const number = await ordered({ units: 2, delivered: true });
    const someone = await arrives("returns", "/sign-in?return=/orders");
    const { visitor, keys } = someone;
    await signsIn(someone, "/sign-in", "buyer");
    await keys.skip();
    await keys.go(`a[href="/orders/${number}"]`);
    await visitor.arrived(`/orders/${number}`);
    await keys.skip();
    const path = `/orders/${number}/returns`;
    await keys.go(`a[href="${path}"]`);
    await visitor.arrived(path);
    await keys.skip();
    await keys.reach("[name^=units-]");
    await keys.press("ArrowUp");
    await keys.reach("[name=kind]");
    await keys.press("ArrowDown", "ArrowUp");
    await keys.choose("[name=reason]", "DEFECTIVE");
    await keys.type("[name=description]", "금이 갔어요. A crack.");
    await keys.send(path);
    await visitor.arrived("/returns");
    await visitor.reads("We have your request");
    await visitor.leave();
    const { content } = await shop.call("GET", "/returns", undefined, buyer.token);
    assert.deepEqual(content.map(({ orderNumber, reason, lines }) => [orderNumber, reason, lines[0].quantity]), [[number, "DEFECTIVE", 1]]);
    await takesBack(content[0].returnNumber);
  });
});

/** Somebody who works in the shop, at this page of the console. */
async function works(name, path) {
  const someone = await arrives(name, path);
  await signsIn(someone, "/console/sign-in", "boss");
  await someone.visitor.arrived(path);
  return someone;
}

/** The steps of a return in the console, each by its form. */
async function takesBack(returned) {
  const { visitor, page, keys } = await works("takes-back", "/console/returns");
  await keys.skip();
  await keys.go(`a[href="/console/returns/${returned}"]`);
  const path = `/console/returns/${returned}`;
  await visitor.arrived(path);
  const step = async (act, next) => {
    await keys.skip();
    if (act === "collect") await keys.fill(`${path}/collect`, { carrier: "CJ 123456" });
    if (act === "refund") await keys.go(`form[action="${path}/refund"] [name=sure]`, "Space");
    await keys.send(`${path}/${act}`);
    await page.locator(next).first().waitFor({ state: "attached" });
  };
  await step("approve", `form[action="${path}/collect"]`);
  await step("collect", `form[action="${path}/receive"]`);
  await step("receive", `form[action="${path}/refund"]`);
  await step("refund", "main .notice");
  await visitor.reads("Given back");
  await visitor.leave();
}

describe("somebody without a mouse who works in the shop", () => {
  test("makes a product with variants and an image", async () => {
    const { visitor, page, keys } = await works("makes", "/console/products");
    await keys.skip();
    await keys.go("a[href='/console/products/new']");
    await visitor.arrived("/console/products/new");
    await keys.skip();
    await keys.fill("/console/products/new", { name: "등 · Lamp", sku: "LAMP-K", price: "18000" });
    await keys.choose("[name=status]", "ACTIVE");
    await keys.fill("/console/products/new", { stock: "5" });
    await keys.send("/console/products/new");
    await visitor.arrived(/^\/console\/products\/\d+$/);
    const path = visitor.path();
    await keys.skip();
    await keys.go("td a[href*='/variants/']");
    await visitor.arrived(/\/variants\/\d+$/);
    await keys.skip();
    await keys.fill(visitor.path(), { options: "size: large" });
    await keys.send(visitor.path());
    await visitor.arrived(path);
    await keys.skip();
    await keys.unfold(`${path}/variants`);
    await keys.fill(`${path}/variants`, { name: "작은 등 · small", sku: "LAMP-K-S", options: "size: small", priceAdjustment: "-3000", stock: "2" });
    await keys.send(`${path}/variants`);
    await visitor.sees("td", "LAMP-K-S");
    await keys.skip();
    await keys.go(`a[href="${path}/images"]`);
    await visitor.arrived(`${path}/images`);
    const photo = await page.screenshot({ type: "jpeg", clip: { x: 0, y: 0, width: 320, height: 400 } });
    await keys.skip();
    await keys.reach("[name=file]");
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), keys.press("Space")]);
    await chooser.setFiles({ name: "lamp.jpg", mimeType: "image/jpeg", buffer: photo });
    await keys.send(`${path}/images`);
    await visitor.sees("[name='text-0']");
    await keys.skip();
    await keys.fill(`${path}/images`, { "text-0": "앞모습 · the front" });
    await keys.send(`${path}/images`);
    await visitor.sees("[name='text-0'][value='앞모습 · the front']");
    await visitor.leave();
    const product = await shop.call("GET", `/admin/products/${path.split("/").at(-1)}`);
    assert.deepEqual([product.variants.length, product.images.length], [2, 1]);
  });

  test("runs a coupon, and changes a queue while it runs", async () => {
    const { visitor, page, keys } = await works("coupon", "/console/coupons/new");
    await keys.skip();
    await keys.fill("/console/coupons/new", { code: "KEYS", name: "자판 · Keys", discountValue: "3000", total: "5" });
    await keys.time("[name=startsAt]", new Date(Date.now() - DAY_MS));
    await keys.time("[name=expiresAt]", new Date(Date.now() + 30 * DAY_MS));
    await keys.send("/console/coupons/new");
    await visitor.arrived("/console/coupons");
    await keys.skip();
    await keys.go(page.locator("td a", { hasText: "KEYS" }));
    await visitor.arrived(/^\/console\/coupons\/\d+$/);
    const path = visitor.path();
    const id = path.split("/").at(-1);
    await keys.skip();
    await keys.fill(path, { total: "7" });
    await keys.send(path);
    await visitor.reads("It is done.");
    await keys.skip();
    const queue = `/console/queues/COUPON/${id}`;
    await keys.go(`a[href="${queue}"]`);
    await visitor.arrived(queue);
    assert.match(await page.locator("h1").innerText(), /Coupon: 자판 · Keys/);
    for (const capacity of ["2", "3"]) {
      await keys.skip();
      await keys.fill(`${queue}/rules`, { capacity, batch: "1", interval: "1" });
      await keys.send(`${queue}/rules`);
      await visitor.sees(".live", `0 / ${capacity}`);
    }
    await keys.skip();
    await keys.send(`${queue}/process`);
    await visitor.reads("It is done.");
    await keys.skip();
    await keys.go(`form[action="${queue}/stop"] [name=sure]`, "Space");
    await keys.send(`${queue}/stop`);
    await visitor.reads("Does not run");
    await visitor.leave();
    assert.equal((await shop.call("GET", `/admin/coupons/${id}`)).totalQuantity, 7);
  });

  test("finds an order by the keys that the page lists, refunds a line, ships it, and acts on chosen rows", async () => {
    const numbers = [await ordered({ units: 2 }), await ordered(), await ordered()];
    const { visitor, page, keys } = await works("orders", "/console");
    // the list of keys comes over the page, keeps the focus, and gives it back
    await keys.reach(".brand");
    await keys.press("?");
    await visitor.sees("#keys[open]");
    await keys.reach("#keys button");
    await keys.press("Escape");
    await page.locator("#keys[open]").waitFor({ state: "detached" });
    assert.ok(await page.locator(".brand").evaluate((one) => one === document.activeElement), "the focus is back");
    await keys.press("/");
    await page.keyboard.type(numbers[0]);
    await keys.press("Enter");
    const path = `/console/orders/${numbers[0]}`;
    await visitor.arrived(path);
    const { payments, items } = await shop.call("GET", `/admin/orders/${numbers[0]}`);
    const refund = `${path}/refund/${payments[0].paymentNumber}`;
    await keys.skip();
    await keys.unfold(refund);
    await keys.fill(refund, { [`line-${items[0].id}`]: "1", reason: "scratched" });
    await keys.go(`form[action="${refund}"] [name=sure]`, "Space");
    await keys.send(refund);
    await visitor.reads("It is done.");
    const { refunds } = await shop.call("GET", `/admin/orders/${numbers[0]}`);
    assert.deepEqual(refunds.map(({ amount }) => amount), [24_000]);
    await keys.skip();
    await keys.unfold(`${path}/ship`);
    await keys.fill(`${path}/ship`, { reason: "handed over" });
    await keys.send(`${path}/ship`);
    await visitor.form(`${path}/deliver`).waitFor({ state: "attached" });
    // rows are chosen with Space, and their form stands above them
    await visitor.open("/console/orders?status=PAID");
    await keys.skip();
    for (const number of numbers.slice(1)) await keys.go(`td.pick [value="${number}"]`, "Space");
    await keys.reach("#chosen [name=act]", { back: true });
    await keys.type("#chosen [name=reason]", "handed over");
    await keys.go("#chosen button");
    await visitor.reads("Done: 2");
    await visitor.leave();
  });

  test("sorts tables and turns their pages, and goes on from there", async () => {
    await shop.until("many movements", async () => {
      await shop.call("PUT", `/inventory/${cup.id}/add`, { variantId: cup.variants[0].id, quantity: 1, reason: "delivered" });
      return (await shop.call("GET", `/inventory/${cup.id}/movements?size=1`)).totalElements > 26;
    });
    const { visitor, page, keys } = await works("tables", `/console/products/${cup.id}`);
    const head = (name) => `#sort-${name}`;
    await keys.skip();
    await keys.go(head("variants-1"));
    await page.waitForURL(/sort-variants=1/);
    // the focus is on the head again, so that another press turns the order
    await page.waitForFunction(() => document.activeElement.id === "sort-variants-1");
    await keys.press("Enter");
    await page.waitForURL(/sort-variants=-1/);
    await page.waitForFunction(() => document.activeElement.id === "sort-variants-1");
    assert.equal(await page.locator("th[aria-sort=descending]").count(), 1);
    await keys.go("#table-movements [rel=next]");
    await page.waitForURL(/page-movements=2/);
    assert.match(page.url(), /sort-variants=-1/, "the other table stays as it was");
    await keys.go("#table-movements [rel=prev]");
    await page.waitForURL(/page-movements=1/);
    await visitor.open("/console/products");
    await keys.skip();
    await keys.go("th.num a");
    await page.waitForURL(/order=price/);
    await keys.go(".pages [rel=next]");
    await page.waitForURL(/page=2/);
    assert.match(page.url(), /order=price/);
    await visitor.leave();
  });
});
