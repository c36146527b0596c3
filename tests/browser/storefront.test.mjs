// The storefront as buyers use it: on a phone and on a desk, in Korean and in English, in both themes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PASSWORD, Shop } from "./lib/shop.mjs";
import { Visitor, browser } from "./lib/visitor.mjs";

const ADDRESS = { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "서울특별시 중구 세종대로 110", address2: "3층" };
const LONG_NAME = "산들바람공방 손으로 물레질한 백자 달항아리 무드등 겸 디퓨저 특별 한정판 선물세트(대형, 받침 포함) · Hand-thrown Moon Jar Lamp and Diffuser, Limited Gift Set";

const WORDS = {
  ko: {
    inCart: "장바구니에 담았습니다.", paid: "결제가 완료되었습니다.", declined: "처리하지 못했습니다", cancelled: "취소됨", sent: "배송 중",
    deposit: "아래 계좌로 입금해 주세요", charged: "충전했습니다.", position: "내 순서", lobby: "아직 대기열이 열리지 않았습니다.", soldOut: "품절",
    nothing: "검색 결과가 없습니다.", got: "쿠폰을 받았습니다.", points: "포인트 사용", coupon: "쿠폰 할인", asked: "신청이 접수되었습니다.",
    returned: "원 환불",
  },
  en: {
    inCart: "Added to your cart.", paid: "The payment is complete.", declined: "That did not work", cancelled: "cancelled", sent: "on its way",
    deposit: "Deposit into this account", charged: "Your balance is topped up.", position: "Your place", lobby: "The queue is not open yet.", soldOut: "Sold out",
    nothing: "We found nothing", got: "The coupon is yours.", points: "Points", coupon: "Coupon", asked: "We have your request",
    returned: "came back",
  },
};
const VISITS = [
  { size: "phone", language: "ko", scheme: "light" },
  { size: "desk", language: "en", scheme: "dark" },
  { size: "phone", language: "en", scheme: "dark" },
  { size: "desk", language: "ko", scheme: "light" },
];

let shop;
let chromium;
let goods;
before(async () => {
  chromium = await browser();
  shop = await Shop.open();
  const variant = (color, size, stock) => ({ sku: `BAG-${color}-${size}`, name: `${color} · ${size}`, options: { color, size }, stock });
  const variants = [variant("네이비", "S", 0), variant("네이비", "L", 30), variant("아이보리", "S", 30)];
  goods = {
    bag: await shop.product({ name: "캔버스 토트백 · Canvas Tote", brand: "무릇가마", price: 48_000, category: "패션 > 가방", variants, stock: undefined, description: "두꺼운 면 캔버스로 지은 가방.\nA bag of heavy cotton canvas." }),
    long: await shop.product({ name: LONG_NAME, brand: "산들바람공방 아틀리에 컬렉션", price: 1_234_500, salePrice: 987_600, stock: 3 }),
    gone: await shop.product({ name: "품절된 머그 · Sold-out Mug", price: 12_000, stock: 0 }),
  };
  await shop.coupon({ name: "첫 구매 감사 5,000원", discountValue: 5_000, minimumOrderAmount: 20_000, description: "감사의 마음을 담아 · With our thanks" });
  await shop.deal(await shop.product({ name: "오늘의 찻주전자 · Teapot of the Day", price: 60_000 }), { name: "오늘의 타임딜 · Deal of the Day", price: 39_000, units: 20, perPerson: 2 });
});
after(async () => {
  await chromium?.close();
  if (shop) assert.deepEqual(await shop.close(), []);
});

const email = ({ name }, more = "") => `${name}${more}@example.com`;

async function signsUp(visitor, more) {
  await visitor.send("/sign-up", { email: email(visitor, more), password: PASSWORD, nickname: "하늘" });
}

/** Opens the product from the list, chooses the variant, and puts it into the cart. */
async function putsIntoCart(visitor, product, { variant, units = "1" } = {}) {
  await visitor.open(`/products/${product.id}`);
  const fields = variant ? { variant: String(variant), quantity: units } : { quantity: units };
  await visitor.send("/cart/items", fields);
  await visitor.page.locator(".toast", { hasText: WORDS[visitor.language].inCart }).waitFor();
}

/** Pays the order on the page; gives its number. */
async function pays(visitor, fields) {
  const number = visitor.path().split("/")[2];
  await visitor.send(`/orders/${number}/pay`, fields);
  return number;
}

/** What everybody sees without a session. */
async function looksAround(visitor) {
  const says = WORDS[visitor.language];
  const pages = [
    ["home", "/"],
    ["list", "/products"],
    ["category", "/products?category=1&sort=cheap"],
    ["deals", "/deals"],
    ["coupons-guest", "/coupons"],
    ["cart-empty", "/cart"],
    ["sign-in", "/sign-in?return=/account"],
    ["product-long-name", `/products/${goods.long.id}`],
    ["product-sold-out", `/products/${goods.gone.id}`],
    ["search", "/search?q=머그"],
    ["search-start", "/search"],
  ];
  for (const [name, path] of pages) {
    await visitor.open(path);
    await visitor.look(name);
  }
  visitor.expect(401);
  await visitor.open("/sign-in");
  await visitor.send("/sign-in", { email: "unknown@example.com", password: PASSWORD });
  await visitor.sees("[role=alert]");
  await visitor.look("sign-in-refused");
  await visitor.open("/search?q=qqqqqqqqq");
  await visitor.reads(says.nothing);
  await visitor.look("search-nothing");
  visitor.expect(404);
  await visitor.open("/nothing");
  await visitor.look("not-found");
}

/** Half-typed words are completed below the field, and the arrows choose. */
async function searches(visitor) {
  await visitor.open("/");
  const field = visitor.page.locator("#q");
  await field.pressSequentially("moon");
  await visitor.page.locator("#suggestions li").first().waitFor();
  await visitor.look("suggestions");
  await field.press("ArrowDown");
  assert.equal(await visitor.page.locator("#suggestions [aria-selected=true]").count(), 1);
  await field.press("Enter");
  await visitor.arrived(/^\/(search|products)/);
  // every choice is a link, also without scripts
  await visitor.open("/search?q=머그");
  const facets = visitor.page.locator("details.facets");
  if (!(await facets.getByRole("link").first().isVisible())) await facets.locator("summary").click();
  await facets.getByRole("link").first().click();
  await visitor.page.waitForURL(/category=|brand=|min=|option=|stock=/);
  await visitor.look("search-narrowed");
}

/** From the cart of a guest to the order that is paid with a coupon, points and a card. */
async function buys(visitor) {
  const says = WORDS[visitor.language];
  const variant = goods.bag.variants.find((one) => one.stock > 0).id;
  await putsIntoCart(visitor, goods.bag, { variant });
  await visitor.look("product");
  assert.equal(await visitor.page.locator("[data-cart-count]").innerText(), "1");
  await visitor.page.locator(".cart-link").click();
  await visitor.arrived("/cart");
  const item = visitor.page.locator("form[action^='/cart/items/']");
  await item.locator("[name=quantity]").fill("2");
  await item.locator("button:not([name])").click();
  await visitor.reads(/96,000/);
  await visitor.look("cart");
  await visitor.page.locator("a[href='/checkout']").click();
  await visitor.arrived("/sign-in");
  await visitor.page.locator("main a[href^='/sign-up']").click();
  await visitor.arrived("/sign-up");
  await visitor.look("sign-up");
  await signsUp(visitor);
  await visitor.arrived("/checkout");

  const buyer = await shop.signedIn(email(visitor));
  await shop.call("POST", `/admin/wallets/${buyer.id}/points`, { points: 3_000, reason: "환영합니다 · welcome" });
  await visitor.open("/coupons");
  await visitor.page.locator("form[action^='/coupons/'] button:enabled").first().click();
  await visitor.reads(says.got);
  await visitor.look("coupons");
  await visitor.open("/checkout");
  const coupon = await visitor.page.locator("[name=coupon] option").nth(1).getAttribute("value");
  // the sums follow what is chosen
  await visitor.fill(visitor.form("/checkout"), { coupon, points: "3000" });
  await visitor.page.locator("[name=memo]").focus();
  const sums = visitor.page.locator("[data-sums]");
  await sums.filter({ hasText: says.coupon }).filter({ hasText: says.points }).waitFor();
  await visitor.look("checkout");
  await visitor.send("/checkout", { ...ADDRESS, keep: true, memo: "문 앞에 놓아 주세요" });
  await visitor.arrived(/^\/orders\/ORD-/);
  await visitor.look("order-unpaid");
  const number = await pays(visitor, { method: "CREDIT_CARD", outcome: "approve" });
  await visitor.reads(says.paid);
  await visitor.look("order-paid");
  const order = await shop.call("GET", `/orders/${number}`, undefined, buyer.token);
  assert.deepEqual([order.status, order.discountAmount, order.pointsUsed, order.payments[0].amount], ["PAID", 5_000, 3_000, order.finalAmount]);
  return { number, buyer };
}

/** The parcel moves while the buyer looks at the order. */
async function follows(visitor, number) {
  const { trackingNumber } = await shop.call("GET", `/deliveries/order/${number}`);
  const moves = (status) => shop.call("PUT", `/deliveries/${trackingNumber}/status`, { status, location: "옥천 HUB", description: null });
  await moves("SHIPPED");
  await visitor.sees(".steps li.done:nth-child(3)");
  await visitor.sees(".history li", "옥천 HUB");
  await visitor.look("order-sent");
  await moves("IN_TRANSIT");
  await moves("DELIVERED");
  await visitor.sees(".steps li.done:nth-child(4)");
}

/** One of the goods goes back, and its money comes back. */
async function returns(visitor, { number, buyer }) {
  const says = WORDS[visitor.language];
  await visitor.page.locator(`a[href="/orders/${number}/returns"]`).click();
  await visitor.arrived(`/orders/${number}/returns`);
  await visitor.look("return");
  const { items } = await shop.call("GET", `/orders/${number}`, undefined, buyer.token);
  const path = `/orders/${number}/returns`;
  await visitor.send(path, { [`units-${items[0].id}`]: "1", reason: "DEFECTIVE", description: "손잡이 박음질이 풀렸어요. The seam of the handle is open." });
  await visitor.arrived("/returns");
  await visitor.reads(says.asked);
  await visitor.look("returns");
  const { returnNumber, lines } = (await shop.call("GET", "/returns", undefined, buyer.token)).content[0];
  const step = (act, body) => shop.call("POST", `/admin/returns/${returnNumber}/${act}`, body);
  await step("approve", {});
  await step("collect", {});
  await step("receive", { lines: lines.map(({ id }) => ({ id, restocked: 0 })) });
  await step("refund", {});
  await visitor.open("/returns");
  await visitor.reads(says.returned);
  await visitor.look("returns-done");
}

/** A card that is declined, an account for a deposit, and the balance beside a card. */
async function paysOtherwise(visitor) {
  const says = WORDS[visitor.language];
  await putsIntoCart(visitor, goods.long);
  await visitor.open("/checkout");
  await visitor.send("/checkout");
  await visitor.arrived(/^\/orders\/ORD-/);
  visitor.expect(400);
  await pays(visitor, { method: "KAKAO_PAY", outcome: "decline-insufficient-funds" });
  await visitor.reads(says.declined);
  await visitor.reads(says.cancelled);
  await visitor.look("order-declined");
  await visitor.open("/cart");
  await visitor.look("cart-long-name");

  await visitor.open("/balance");
  await visitor.send("/balance/charge", { amount: "30,000", outcome: "approve" });
  await visitor.reads(says.charged);
  await visitor.look("balance");
  await visitor.open("/checkout");
  await visitor.send("/checkout");
  await visitor.arrived(/^\/orders\/ORD-/);
  const number = await pays(visitor, { method: "VIRTUAL_ACCOUNT", outcome: "deposit-never" });
  await visitor.reads(says.deposit);
  await visitor.look("order-deposit");
  await visitor.send(`/orders/${number}/withdraw`);
  await visitor.page.locator(`form[action="/orders/${number}/pay"]`).waitFor();
  await pays(visitor, { method: "CREDIT_CARD", own: "30000", outcome: "approve" });
  await visitor.reads(says.paid);
  await visitor.look("order-shares");
  await visitor.send(`/orders/${number}/cancel`);
  await visitor.page.waitForURL(/done=cancelled/);
  await visitor.look("order-refunded");
}

/** What a buyer has of their own. */
async function looksAtOwn(visitor) {
  for (const [name, path] of [["orders", "/orders"], ["points", "/points"], ["account", "/account"], ["search-recent", "/search"], ["checkout-empty", "/checkout"]]) {
    await visitor.open(path);
    await visitor.look(name);
  }
  await visitor.page.locator("a[href='/account']").first().click();
  await visitor.page.locator("a[href^='/account/addresses/']").first().click();
  await visitor.arrived(/^\/account\/addresses\//);
  await visitor.look("address");
  visitor.expect(400);
  await visitor.send(visitor.path(), { receiverPhone: "" });
  await visitor.reads(WORDS[visitor.language].declined);
  await visitor.look("address-refused");
}

describe("a buyer", () => {
  for (const visit of VISITS) {
    test(`looks around, buys with coupon and points, sends back, is declined, and pays otherwise, ${visit.size}, ${visit.language}`, async () => {
      const visitor = await Visitor.at(chromium, shop, visit);
      await looksAround(visitor);
      await searches(visitor);
      const order = await buys(visitor);
      await follows(visitor, order.number);
      await returns(visitor, order);
      await paysOtherwise(visitor);
      await looksAtOwn(visitor);
      await visitor.leave();
    });
  }

  test("works without scripts", async () => {
    const visitor = await Visitor.at(chromium, shop, { size: "phone", language: "ko", name: "without-scripts", scripts: false });
    await visitor.open(`/products/${goods.bag.id}`);
    await visitor.send("/cart/items", { quantity: "1" });
    await visitor.arrived("/cart");
    await visitor.page.locator("a[href='/checkout']").click();
    await visitor.page.locator("main a[href^='/sign-up']").click();
    await signsUp(visitor);
    await visitor.arrived("/checkout");
    await visitor.send("/checkout", ADDRESS);
    await visitor.arrived(/^\/orders\/ORD-/);
    await pays(visitor, { method: "CREDIT_CARD", outcome: "approve" });
    await visitor.reads(WORDS.ko.paid);
    await visitor.leave();
  });
});

describe("a waiting room", () => {
  test("opens by lottery and lets two in, who race for the last unit of a deal", async () => {
    const jar = await shop.product({ name: "마지막 달항아리 · The Last Moon Jar", price: 90_000, stock: 5 });
    const deal = await shop.deal(jar, { price: 45_000, units: 1 });
    const people = await Promise.all([VISITS[0], VISITS[1]].map((visit) => Visitor.at(chromium, shop, { ...visit, name: `${visit.size}-${visit.language}-race` })));
    await Promise.all(people.map(async (visitor) => {
      await visitor.open(`/sign-up?return=/deals/${deal.id}`);
      await signsUp(visitor);
      await visitor.arrived(`/deals/${deal.id}`);
      await visitor.look("deal");
    }));
    await shop.queue("TIME_DEAL", deal.id, { maxCapacity: 2, entryBatchSize: 2, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    await Promise.all(people.map(async (visitor) => {
      await visitor.send(`/deals/${deal.id}`);
      await visitor.arrived(`/queue/TIME_DEAL/${deal.id}`);
      await visitor.send(`/queue/TIME_DEAL/${deal.id}`);
      await visitor.reads(WORDS[visitor.language].lobby);
      await visitor.look("lobby");
    }));
    // it opens, and the room moves on by itself
    await shop.queue("TIME_DEAL", deal.id, { maxCapacity: 2, entryBatchSize: 2 });
    await Promise.all(people.map((visitor) => visitor.arrived(`/deals/${deal.id}`)));
    people.forEach((visitor) => visitor.expect(409));
    await Promise.all(people.map((visitor) => visitor.send(`/deals/${deal.id}`)));
    await Promise.all(people.map((visitor) => visitor.page.locator("main .trouble, main [name=receiverName]").first().waitFor()));
    const winners = people.filter((visitor) => visitor.path().startsWith("/orders/"));
    const losers = people.filter((visitor) => visitor.path() === `/deals/${deal.id}`);
    assert.deepEqual([winners.length, losers.length], [1, 1]);
    await losers[0].reads(WORDS[losers[0].language].soldOut);
    await losers[0].look("deal-sold-out");
    await winners[0].look("order-without-address");
    await winners[0].send(`${winners[0].path()}/address`, ADDRESS);
    await winners[0].page.locator("form[action$='/pay']").waitFor();
    await pays(winners[0], { method: "CREDIT_CARD", outcome: "approve" });
    await winners[0].reads(WORDS[winners[0].language].paid);
    for (const visitor of people) await visitor.leave();
  });

  for (const visit of VISITS.slice(0, 2)) test(`shows the position, keeps it when the page is loaded again, and moves on, ${visit.size}, ${visit.language}`, async () => {
    const coupon = await shop.coupon({ name: "선착순 10,000원 · First come", discountValue: 10_000, totalQuantity: 2 });
    await shop.queue("COUPON", coupon.id, { admissionSeconds: 600 });
    const first = shop.token("buyer");
    await shop.call("POST", `/queue/COUPON/${coupon.id}/enter`, undefined, first);
    await shop.until("the first one's turn", async () => (await shop.call("GET", `/queue/COUPON/${coupon.id}/status`, undefined, first)).status === "ENTERED");
    const visitor = await Visitor.at(chromium, shop, { ...visit, name: `${visit.size}-${visit.language}-waiting` });
    await visitor.open("/sign-up?return=/coupons");
    await signsUp(visitor);
    await visitor.arrived("/coupons");
    await visitor.send(`/coupons/${coupon.id}`);
    await visitor.arrived(`/queue/COUPON/${coupon.id}`);
    await visitor.look("queue-before");
    await visitor.send(`/queue/COUPON/${coupon.id}`);
    await visitor.reads(WORDS[visit.language].position);
    const position = () => visitor.page.locator("[data-position]").innerText();
    assert.equal(await position(), "1");
    await visitor.look("queue");
    await visitor.page.reload();
    assert.equal(await position(), "1");
    await shop.call("POST", `/coupons/${coupon.id}/issue`, undefined, first);
    await visitor.arrived("/coupons");
    await visitor.send(`/coupons/${coupon.id}`);
    await visitor.reads(WORDS[visit.language].got);
    await visitor.leave();
  });
});

for (const visit of VISITS.slice(0, 2)) test(`the payment window of another site takes the payment, and leads back, ${visit.size}, ${visit.language}`, async (t) => {
  const paid = await Shop.open({ catalogue: false, window: true });
  t.after(() => paid.end());
  const mug = await paid.product({ name: "창구 머그 · Window Mug", price: 21_000 });
  const visitor = await Visitor.at(chromium, paid, { ...visit, name: `${visit.size}-${visit.language}-window` });
  const { page } = visitor;
  await putsIntoCart(visitor, mug);
  await visitor.open("/sign-up?return=/checkout");
  await signsUp(visitor);
  await visitor.arrived("/checkout");
  await visitor.send("/checkout", ADDRESS);
  await visitor.arrived(/^\/orders\/ORD-/);
  const number = await pays(visitor, { method: "CREDIT_CARD" });
  await page.waitForURL(`${paid.window}/window**`);
  await page.locator("button.leave").click();
  await page.waitForURL(/done=left/);
  await visitor.look("order-left-window");
  await pays(visitor, { method: "KAKAO_PAY" });
  await page.waitForURL(`${paid.window}/window**`);
  await page.locator("form button:not(.leave)").click();
  await visitor.arrived(`/orders/${number}`);
  await visitor.reads(WORDS[visit.language].paid);
  // who goes back to the window and agrees once more pays nothing more
  await page.goBack();
  await page.waitForURL(`${paid.window}/window**`);
  visitor.expect(400);
  await page.locator("form button:not(.leave)").click();
  await visitor.arrived(`/orders/${number}/paid`);
  await visitor.reads(WORDS[visit.language].declined);
  await visitor.leave();
  const { token } = await paid.signedIn(email(visitor));
  const { status, payments } = await paid.call("GET", `/orders/${number}`, undefined, token);
  assert.deepEqual([status, payments.filter((payment) => payment.status === "COMPLETED").length], ["PAID", 1]);
  assert.deepEqual(await paid.close(), []);
});
