// A purchase in a running shop, which HOLDFAST_URL names; HOLDFAST_ADMIN is an administrator's token.
import assert from "node:assert/strict";
import test from "node:test";
import { Failure, Shop } from "../dist/index.js";

const baseUrl = process.env.HOLDFAST_URL;
const shippingAddress = { receiverName: "김하늘", receiverPhone: "010-1234-5678", zipCode: "04524", address1: "세종대로 110" };

test("a guest fills a cart, signs up, orders, pays and watches", { skip: !baseUrl && "HOLDFAST_URL names no shop" }, async () => {
  const admin = new Shop({ baseUrl, tokens: { accessToken: process.env.HOLDFAST_ADMIN } });
  const mug = await admin.post("/api/v1/shopping/admin/products", {
    body: { sku: "MUG-TS", name: "달항아리 머그", price: 18_000, stock: 2, status: "ACTIVE" },
  });

  let tokens;
  const shop = new Shop({ baseUrl, language: "ko", onTokens: (now) => (tokens = now) });
  await shop.post("/api/v1/shopping/cart/items", { body: { productId: mug.id, quantity: 1 } });
  assert.ok(shop.cartToken, "a guest has a cart");
  const account = { email: "haneul@example.com", password: "달항아리 일곱 개의 밤", nickname: "하늘" };
  await shop.post("/api/v1/users/signup", { body: account });
  assert.equal((await shop.signIn(account.email, account.password)).nickname, "하늘");
  const cart = await shop.get("/api/v1/shopping/cart");
  assert.deepEqual([cart.items.length, shop.cartToken], [1, undefined], "the cart is the user's now");

  await assert.rejects(
    shop.post("/api/v1/shopping/orders", { body: { items: [{ productId: mug.id, quantity: 3 }], shippingAddress } }),
    (error) => error instanceof Failure && error.status === 400 && error.code === "S402" && error.details.length === 1,
  );

  const purchase = { key: "purchase of haneul", body: { items: [{ productId: mug.id, quantity: 1 }], expectedAmount: 18_000, shippingAddress } };
  const { orderNumber } = await shop.post("/api/v1/shopping/orders", purchase);
  assert.equal((await shop.post("/api/v1/shopping/orders", purchase)).orderNumber, orderNumber, "a repetition orders nothing");

  const watched = [];
  const watching = (async () => {
    for await (const { event } of shop.stream("/api/v1/shopping/orders/{orderNumber}/stream", { path: { orderNumber } })) {
      watched.push(event);
      if (event === "order-paid") {
        return;
      }
    }
  })();
  const payment = await shop.post("/api/v1/shopping/payments", { body: { orderNumber, paymentMethod: "CARD", paymentKey: "approve" } });
  assert.equal(payment.status, "COMPLETED");
  await watching;
  assert.ok(watched.includes("order-paid"), watched.join());

  // the same session later, with an access token that is of no use any more: renewed once, for both
  const later = new Shop({ baseUrl, tokens: { ...tokens, accessToken: "worn out" }, onTokens: (now) => (tokens = now) });
  const [order, orders] = await Promise.all([
    later.get("/api/v1/shopping/orders/{orderNumber}", { path: { orderNumber } }),
    later.get("/api/v1/shopping/orders"),
  ]);
  assert.deepEqual([order.status, orders.content.length], ["PAID", 1]);
  await later.signOut();
  assert.equal(tokens, undefined);
  await assert.rejects(later.get("/api/v1/shopping/orders"), { code: "A001" });
});
