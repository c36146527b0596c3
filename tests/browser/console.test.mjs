// The console as those use it who work in the shop: on a phone and on a desk, in Korean and in English, in both themes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Keyboard } from "./lib/keyboard.mjs";
import { PASSWORD, Shop } from "./lib/shop.mjs";
import { Visitor, browser } from "./lib/visitor.mjs";

const ADDRESS = { receiverName: "남궁하늘별님", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "서울특별시 중구 세종대로 110", address2: "3층" };
const LONG_NAME = "산들바람공방 손으로 물레질한 백자 달항아리 무드등 겸 디퓨저 특별 한정판 선물세트 · Hand-thrown Moon Jar Lamp, Limited Gift Set";

const WORDS = {
  ko: { done: "처리했습니다.", none: "표시할 항목이 없습니다.", made: "등록 1", both: "처리: 2건", found: "위반 0", given: "환불 금액" },
  en: { done: "It is done.", none: "Nothing is here.", made: "Made 1", both: "Done: 2", found: "Violations 0", given: "Given back" },
};
const VISITS = [
  { size: "phone", language: "ko", scheme: "light" },
  { size: "desk", language: "en", scheme: "dark" },
  { size: "phone", language: "en", scheme: "dark" },
  { size: "desk", language: "ko", scheme: "light" },
];
const REPORTS = ["daily-sales", "hours", "top-products", "categories", "stock", "payments", "coupons", "time-deals", "orders", "cohorts"];
const email = (name) => `${name}@example.com`;
const boss = ({ size, language }) => email(`boss-${size}-${language}`);

let shop;
let chromium;
let buyer;
let jar;
let cup;

/** Somebody who has signed up, and works in this shop. */
async function worker(of, address, role = "ADMIN") {
  await of.signedUp(address, address.split("@")[0].slice(0, 20));
  of.command("grant", address, "--role", role);
}

/** Orders so many units of each product, and pays with this outcome of the simulated gateway; gives the number of the order. */
async function ordered(of, who, lines, outcome = "approve") {
  const items = lines.map(([product, quantity]) => ({ productId: product.id, quantity }));
  const order = { items, shippingAddress: ADDRESS, memo: "문 앞에 놓아 주세요" };
  const { orderNumber } = await of.call("POST", "/orders", order, who.token);
  await of.call("POST", "/payments", { orderNumber, paymentMethod: "CARD", paymentKey: outcome }, who.token);
  return orderNumber;
}

before(async () => {
  [shop, chromium] = await Promise.all([Shop.open(), browser()]);
  jar = await shop.product({ name: LONG_NAME, brand: "산들바람공방 아틀리에 컬렉션", price: 1_234_500, stock: 40 });
  cup = await shop.product({ name: "찻잔 · Tea Cup", brand: "무릇가마", price: 24_000, stock: 60 });
  buyer = await shop.signedUp(email("buyer"), "하늘");
  for (const visit of VISITS) await worker(shop, boss(visit));
  await worker(shop, email("seller"), "SELLER");
});
after(async () => {
  await chromium?.close();
  if (shop) assert.deepEqual(await shop.close(), []);
});

/** What a page says, without the blanks that only its layout has. */
async function says(visitor, text) {
  await visitor.page.waitForFunction((text) => document.querySelector("main").innerText.replace(/\s+/g, " ").includes(text), text);
}

async function signsIn(visitor, who = boss(visitor)) {
  await visitor.open("/console/orders");
  await visitor.arrived("/console/sign-in");
  await visitor.send("/console/sign-in", { email: who, password: PASSWORD });
  await visitor.arrived("/console/orders");
}

/** Without a session a visitor sees nothing, and a wrong password is refused. */
async function isRefused(visitor) {
  await visitor.open("/console/orders");
  await visitor.arrived("/console/sign-in");
  await visitor.look("sign-in");
  visitor.expect(401);
  await visitor.send("/console/sign-in", { email: boss(visitor), password: "wrong-Tiger-4821!" });
  await visitor.sees("[role=alert]");
  await visitor.look("sign-in-refused");
}

/** Something happens while the dashboard is open. */
async function watches(visitor) {
  const stream = visitor.page.waitForResponse(/\/console\/orders\/stream$/);
  await visitor.open("/console");
  await stream;
  const number = await ordered(shop, buyer, [[jar, 2], [cup, 3]]);
  await visitor.sees(".feed li", number);
  // the latest orders follow
  await visitor.sees(".part-orders", number);
  await visitor.look("dashboard");
  return number;
}

/** A product with two variants and images; buyers see them. */
async function makesProduct(visitor) {
  const words = WORDS[visitor.language];
  const { page } = visitor;
  visitor.expect(400);
  await visitor.open("/console/products/new");
  await visitor.look("product-new");
  const sku = `LAMP-${visitor.name}`;
  await visitor.send("/console/products/new", { name: `등 · Lamp ${visitor.name}`, sku, price: "18000", salePrice: "99000" });
  await visitor.sees("[role=alert]");
  await visitor.look("product-new-refused");
  await visitor.send("/console/products/new", { salePrice: "15000", stock: "5", category: "주방 > 등", description: "한지로 만든 등.\nA lamp of paper." });
  await visitor.reads(words.done);
  const path = visitor.path();
  await page.locator("a[href*='/variants/']").first().click();
  await visitor.arrived(/\/variants\/\d+$/);
  await visitor.look("variant");
  await visitor.send(visitor.path(), { name: "큰 등 · large", options: "크기: large" });
  await visitor.arrived(path);
  await visitor.send(`${path}/variants`, { name: "작은 등 · small", sku: `${sku}-S`, options: "크기: small", priceAdjustment: "-3000", stock: "2" });
  await says(visitor, "크기: small");
  await visitor.look("product");
  await addsImages(visitor, path);
  await visitor.open(path.replace("/console", ""));
  const image = page.getByAltText("뒷모습 · the back").first();
  await image.waitFor();
  assert.ok(await isLoaded(image), "the image is loaded");
  await visitor.look("product-in-the-shop");
  await showsImageOfOrder(visitor, Number(path.split("/").at(-1)));
}

/** Whether this image is loaded. */
const isLoaded = (image) => image.evaluate((one) => one.decode().then(() => one.naturalWidth > 0));

/** The line of an order shows the image of its product, in the smallest of its sizes. */
async function showsImageOfOrder(visitor, product) {
  const number = await ordered(shop, buyer, [[{ id: product }, 1]]);
  await visitor.open(`/console/orders/${number}`);
  const image = visitor.page.locator("td img").first();
  assert.equal(await image.getAttribute("alt"), "뒷모습 · the back");
  assert.match(await image.getAttribute("src"), /-160x\d+\.jpg$/);
  assert.ok(await isLoaded(image), "the image of the line is loaded");
  await visitor.look("order-with-image");
}

/** Something that is no image is refused; two images are uploaded, named, and their order is changed. */
async function addsImages(visitor, path) {
  const { page } = visitor;
  await page.locator(`a[href="${path}/images"]`).click();
  await visitor.arrived(`${path}/images`);
  const chosen = (...files) => visitor.form(`${path}/images`).locator("[name=file]").setInputFiles(files);
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  await chosen({ name: "drawing.png", mimeType: "image/png", buffer: drawing });
  await visitor.send(`${path}/images`);
  await visitor.sees("[role=alert]", "S1202");
  const clip = { x: 0, y: 0, width: 320, height: 400 };
  const photo = await page.screenshot({ type: "jpeg", clip });
  const other = await page.screenshot({ type: "png", clip: { ...clip, height: 320 } });
  await chosen({ name: "앞.jpg", mimeType: "image/jpeg", buffer: photo }, { name: "back.png", mimeType: "image/png", buffer: other });
  await visitor.send(`${path}/images`);
  await visitor.sees("[name='text-1']");
  const texts = { "text-0": "앞모습 · the front", "text-1": "뒷모습 · the back" };
  await visitor.send(`${path}/images`, { ...texts, "place-0": "2", "place-1": "1" });
  await visitor.sees(`[name="text-0"][value="${texts["text-1"]}"]`);
  await visitor.look("images");
}

/** Rows are found, sorted, chosen, and acted on. */
async function actsOnRows(visitor) {
  const words = WORDS[visitor.language];
  const { page } = visitor;
  const act = async (act) => {
    await page.locator("td.pick input").nth(0).check();
    await page.locator("td.pick input").nth(1).check();
    await page.locator("#chosen [name=act]").selectOption(act);
    await page.locator("#chosen button").click();
    await visitor.reads(words.both);
  };
  await visitor.open("/console/products");
  await visitor.look("products");
  await page.locator("th.num a").first().click();
  await page.waitForURL(/order=price/);
  assert.equal(await page.locator("th[aria-sort=ascending]").count(), 1);
  await act("close");
  await visitor.look("products-chosen");
  await visitor.open("/console/products?status=INACTIVE");
  await act("publish");
  await visitor.open("/console/products?status=DRAFT&brand=none");
  await visitor.reads(words.none);
  await visitor.look("products-none");
}

/** An order: found by the product, refunded by a line, and another one shipped. */
async function handlesOrder(visitor, number) {
  const words = WORDS[visitor.language];
  const { page } = visitor;
  await page.keyboard.press("/");
  await page.keyboard.insertText("달항아리");
  await page.keyboard.press("Enter");
  await visitor.arrived("/console/search");
  await visitor.look("search");
  await page.locator(`a[href="/console/orders/${number}"]`).click();
  const path = `/console/orders/${number}`;
  await visitor.arrived(path);
  await visitor.look("order-paid");
  const { payments, items } = await shop.call("GET", `/admin/orders/${number}`);
  const line = items.find((item) => item.productId === cup.id);
  await visitor.send(`${path}/refund/${payments[0].paymentNumber}`, { [`line-${line.id}`]: "2", reason: "흠집 · scratched", sure: true });
  await visitor.reads(words.done);
  await visitor.look("order-refunded");
  const { refunds } = await shop.call("GET", `/admin/orders/${number}`);
  assert.deepEqual(refunds.map((refund) => refund.amount), [48_000]);
  await visitor.send(`${path}/ship`, { reason: "우체국 · handed over" });
  await visitor.form(`${path}/deliver`).waitFor({ state: "attached" });
  await visitor.open("/console/orders?sort=-7");
  await visitor.look("orders");
}

/** Goods that come back, step by step. */
async function takesBack(visitor) {
  const number = await ordered(shop, buyer, [[cup, 1]]);
  for (const status of ["SHIPPING", "DELIVERED"]) {
    await shop.until(status, async () => (await shop.ask("PUT", `/admin/orders/${number}/status`, { status })).status === 200);
  }
  const { items } = await shop.call("GET", `/orders/${number}`, undefined, buyer.token);
  const wanted = { kind: "RETURN", reason: "DEFECTIVE", description: "금이 갔어요 · a crack", lines: [{ id: items[0].id, quantity: 1 }] };
  const { returnNumber } = await shop.call("POST", `/orders/${number}/returns`, wanted, buyer.token);
  await visitor.open("/console/returns?status=REQUESTED");
  await visitor.look("returns");
  await visitor.page.locator(`a[href="/console/returns/${returnNumber}"]`).click();
  const path = `/console/returns/${returnNumber}`;
  await visitor.arrived(path);
  await visitor.look("return");
  await visitor.send(`${path}/approve`);
  await visitor.send(`${path}/collect`, { carrier: "CJ 123456" });
  await visitor.send(`${path}/receive`);
  await visitor.send(`${path}/refund`, { sure: true });
  await visitor.reads(WORDS[visitor.language].given);
  await visitor.look("return-refunded");
}

/** A time as the field of a form takes it. */
const time = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);

/** A coupon that is issued, and changed while it runs. */
async function runsCoupon(visitor) {
  const words = WORDS[visitor.language];
  await visitor.open("/console/coupons/new");
  await visitor.look("coupon-new");
  const code = `SPRING-${visitor.size}-${visitor.language}`.toUpperCase();
  const coupon = { code, name: "봄맞이 할인 · Spring", discountValue: "3000", total: "1", startsAt: time(-1), expiresAt: time(30) };
  await visitor.send("/console/coupons/new", coupon);
  await visitor.reads(words.done);
  const { content } = await shop.call("GET", "/admin/coupons");
  const { id } = content.find((one) => one.code === code);
  const path = `/console/coupons/${id}`;
  await shop.call("POST", `/coupons/${id}/issue`, undefined, buyer.token);
  await visitor.open("/console/coupons");
  await visitor.sees("tr", code);
  await visitor.look("coupons");
  await visitor.page.locator("td a", { hasText: code }).click();
  await visitor.arrived(path);
  await visitor.look("coupon");
  await visitor.send(path, { total: "100" });
  await visitor.reads(words.done);
  const { issuedQuantity, totalQuantity } = await shop.call("GET", `/admin/coupons/${id}`);
  assert.deepEqual([issuedQuantity, totalQuantity], [1, 100]);
}

/** A deal with a queue in front of it. */
async function runsDeal(visitor) {
  const name = `반짝 · Flash ${visitor.name}`;
  await visitor.open("/console/deals/new");
  await visitor.look("deal-new");
  const lamp = await shop.product({ name: `반짝 특가 등 · Flash Lamp ${visitor.name}`, price: 30_000 });
  const good = { "product-0": String(lamp.id), "price-0": "20000", "quantity-0": "5", "each-0": "1" };
  await visitor.send("/console/deals/new", { name, startsAt: time(-1), endsAt: time(1), ...good });
  await visitor.reads(name);
  await visitor.look("deals");
  await visitor.page.locator("td a", { hasText: name }).click();
  await visitor.arrived(/^\/console\/deals\/\d+$/);
  await visitor.look("deal");
  const id = visitor.path().split("/").at(-1);
  const queue = `/console/queues/TIME_DEAL/${id}`;
  await visitor.open(queue);
  await visitor.send(`${queue}/rules`, { capacity: "1", batch: "1", interval: "1" });
  await visitor.reads(WORDS[visitor.language].done);
  await shop.call("POST", `/queue/TIME_DEAL/${id}/enter`, {}, buyer.token);
  // the count renews itself
  await visitor.sees(".live", "1 / 1");
  await visitor.look("queue");
  await visitor.open("/console/queues");
  await visitor.look("queues");
}

/** A catalogue from a file, with a row that is refused. */
async function imports(visitor) {
  const path = "/console/products/import";
  await visitor.open(path);
  await visitor.look("import-new");
  const table = `sku,name,price,stock\nCUP-${visitor.name},잔 ${visitor.name},9000,5\nBAD-1,broken,much,1\n`;
  await visitor.form(path).locator("[name=file]").setInputFiles({ name: "상품.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
  await visitor.send(path);
  await visitor.arrived(/^\/console\/products\/import\/\d+$/);
  await says(visitor, WORDS[visitor.language].made);
  await visitor.sees("td", "BAD-1");
  await visitor.look("import");
}

/** Every other page. */
async function looksAround(visitor) {
  for (const [name, path] of [
    ["customers", "/console/customers"],
    ["customers-found", "/console/customers?q=boss"],
    ["customer", `/console/customers/${buyer.id}`],
    ["categories", "/console/categories"],
    ["reports", "/console/reports"],
    ...REPORTS.map((name) => [`report-${name}`, `/console/reports/${name}`]),
    ["settlement", "/console/settlement"],
    ["captures", "/console/settlement/captures"],
    ["sagas", "/console/sagas"],
    ["events", "/console/events"],
    ["rebuild", "/console/rebuild"],
    ["settings", "/console/settings"],
    ["health", "/console/health"],
  ]) {
    await visitor.open(path);
    await visitor.look(name);
  }
  await visitor.open("/console/audit");
  await visitor.send("/console/audit");
  await says(visitor, WORDS[visitor.language].found);
  await visitor.look("audit");
  visitor.expect(404);
  await visitor.open("/console/nothing");
  await visitor.look("not-found");
}

describe("somebody who works in the shop", () => {
  for (const visit of VISITS) {
    test(`watches, makes a product, refunds a line, runs a coupon and a deal, ${visit.size}, ${visit.language}`, async () => {
      const visitor = await Visitor.at(chromium, shop, { ...visit, name: `console-${visit.size}-${visit.language}` });
      await isRefused(visitor);
      await signsIn(visitor);
      const number = await watches(visitor);
      await makesProduct(visitor);
      await actsOnRows(visitor);
      await handlesOrder(visitor, number);
      await takesBack(visitor);
      await runsCoupon(visitor);
      await runsDeal(visitor);
      await imports(visitor);
      await looksAround(visitor);
      await visitor.leave();
    });
  }

  test("sells here without seeing what is not theirs", async () => {
    const visitor = await Visitor.at(chromium, shop, { size: "phone", language: "ko", name: "console-seller" });
    await visitor.open("/console/sign-in");
    await visitor.send("/console/sign-in", { email: email("seller"), password: PASSWORD });
    await visitor.arrived("/console");
    await visitor.look("seller-dashboard");
    await visitor.open("/console/products/new");
    await visitor.send("/console/products/new", { name: "판매자 접시 · Plate", sku: "PLATE-1", price: "12000", stock: "3" });
    await visitor.reads(WORDS.ko.done);
    for (const path of ["products", "coupons", "deals", "reports", "reports/top-products"]) {
      await visitor.open(`/console/${path}`);
      await visitor.look(`seller-${path.replace("/", "-")}`);
    }
    visitor.expect(403);
    for (const path of ["/console/orders", "/console/settings", `/console/products/${jar.id}`]) {
      await visitor.open(path);
      await visitor.reads("이 계정으로는 볼 수 없습니다");
      await visitor.look("seller-refused");
    }
    await visitor.leave();
  });
});

/** The form of a stuck saga, with the keyboard alone. */
async function resolvesByKeys(visitor, action, reason) {
  const keys = new Keyboard(visitor);
  await keys.skip();
  await keys.unfold(action);
  await keys.fill(action, { reason });
  await keys.go(`form[action="${action}"] [name=sure]`, "Space");
  await keys.send(action);
}

for (const visit of VISITS.slice(0, 2)) test(`a saga that is stuck is resolved with a reason, ${visit.size}, ${visit.language}`, async (t) => {
  const other = await Shop.open({ catalogue: false });
  t.after(() => other.end());
  const mug = await other.product({ name: "달무늬 머그 · Moon Mug", price: 18_000 });
  await worker(other, email("boss"));
  const who = await other.signedUp(email("buyer"), "하늘");
  const number = await ordered(other, who, [[mug, 1]], "refund-declined");
  const visitor = await Visitor.at(chromium, other, { ...visit, name: `console-saga-${visit.size}` });
  await signsIn(visitor, email("boss"));
  await visitor.open(`/console/orders/${number}`);
  await visitor.send(`/console/orders/${number}/cancel`, { reason: "sold by mistake", sure: true });
  // its refund is refused; after the last attempt it waits for a person
  const stuck = "/admin/sagas?status=COMPENSATION_FAILED";
  await other.until("a stuck saga", async () => (await other.call("GET", stuck)).totalElements === 1);
  const { sagaId } = (await other.call("GET", stuck)).content[0];
  await visitor.open("/console");
  await visitor.page.locator(".part-work a[href*=COMPENSATION_FAILED]", { hasText: "1" }).click();
  await visitor.page.waitForURL(/status=COMPENSATION_FAILED/);
  await visitor.sees("td", number);
  await visitor.look("sagas-stuck");
  const reason = "paid back by bank transfer";
  const resolve = `/console/sagas/${sagaId}/resolve`;
  if (visit.size === "desk") await resolvesByKeys(visitor, resolve, reason);
  else await visitor.send(resolve, { reason, sure: true });
  await visitor.sees("td", reason);
  assert.equal((await other.call("GET", stuck)).totalElements, 0);
  await visitor.leave();
  // the gateway has money that was paid back outside of the shop, so the comparison with its records may name this order, and nothing else
  const broken = await other.close();
  assert.deepEqual(broken.filter((line) => !line.includes(number)), []);
});
