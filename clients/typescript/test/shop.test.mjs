import assert from "node:assert/strict";
import test from "node:test";
import { Failure, Shop, Unreachable } from "../dist/index.js";
import { pauseMs, retryAfterMs } from "../dist/patience.js";
import { answers, failure, success, unreachable } from "./answers.mjs";

const ORDERS = "/api/v1/shopping/orders";
const ORDER = { body: { items: [{ productId: 1, quantity: 1 }] } };
const NOW = { "Retry-After": "0" };

/** A client that waits a few milliseconds where others wait seconds. */
function shop(prepared, settings = {}) {
  return new Shop({ baseUrl: "http://shop.example/", fetch: prepared.fetch, ...settings });
}

test("a success is its data", async () => {
  const prepared = answers(success({ content: [] }), success(undefined));
  const found = await shop(prepared).get("/api/v1/shopping/search/products", { query: { keyword: "달 항아리", option: ["a", "b"], brand: undefined } });
  assert.deepEqual(found, { content: [] });
  assert.equal(prepared.asked[0].url, "http://shop.example/api/v1/shopping/search/products?keyword=%EB%8B%AC+%ED%95%AD%EC%95%84%EB%A6%AC&option=a&option=b");
  assert.equal(await shop(prepared).delete("/api/v1/users/me/sessions/{id}", { path: { id: "a/b" } }), undefined);
  assert.equal(prepared.asked[1].url, "http://shop.example/api/v1/users/me/sessions/a%2Fb");
  await assert.rejects(shop(prepared).get("/api/v1/shopping/orders/{orderNumber}", { path: { orderNumber: "" } }), /needs orderNumber/);
});

test("a failure has its code and its details, and a page of a proxy has none", async () => {
  const page = () => new Response("<h1>Bad Gateway</h1>", { status: 500, statusText: "Server Error" });
  const prepared = answers(failure(400, "S402"), page);
  await assert.rejects(shop(prepared).post(ORDERS, ORDER), (error) => {
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.status, error.code, error.message, error.details], [400, "S402", "because of S402", [{ message: "wrong" }]]);
    return true;
  });
  await assert.rejects(shop(prepared).post(ORDERS, ORDER), { status: 500, code: "", message: "Server Error" });
  assert.equal(prepared.asked.length, 2, "neither is repeated");
});

test("an order is sent again with the key of the first time, whatever went wrong", async () => {
  const prepared = answers(unreachable(), failure(503, "C018", NOW), failure(409, "C015", NOW), success({ orderNumber: "ORD-1" }));
  assert.deepEqual(await shop(prepared).post(ORDERS, ORDER), { orderNumber: "ORD-1" });
  const keys = prepared.asked.map(({ headers }) => headers["idempotency-key"]);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
  assert.deepEqual(new Set(keys).size, 1);
  const again = answers(success({}), success({}));
  const client = shop(again);
  await client.post(ORDERS, ORDER);
  await client.post(ORDERS, { ...ORDER, key: "mine" });
  assert.notEqual(again.asked[0].headers["idempotency-key"], keys[0], "each call has its own");
  assert.equal(again.asked[1].headers["idempotency-key"], "mine");
});

test("what takes no key is sent again only where the shop has done nothing", async () => {
  const enter = (prepared) =>
    shop(prepared).post("/api/v1/shopping/queue/{eventType}/{eventId}/enter", { path: { eventType: "COUPON", eventId: 7 } });
  const later = answers(failure(429, "C012", NOW), failure(503, "C013", NOW), success({ position: 1 }));
  assert.deepEqual(await enter(later), { position: 1 });
  assert.equal(later.asked[0].headers["idempotency-key"], undefined);
  for (const open of [unreachable(), failure(503, "C018", NOW), () => new Response("", { status: 502 })]) {
    const prepared = answers(open);
    await assert.rejects(enter(prepared), (error) => error instanceof Unreachable || error instanceof Failure);
    assert.equal(prepared.asked.length, 1);
  }
});

test("patience has an end", async () => {
  const busy = answers(...Array.from({ length: 9 }, () => failure(503, "C013", NOW)));
  await assert.rejects(shop(busy, { patience: { attempts: 3 } }).get(ORDERS), { code: "C013" });
  assert.equal(busy.asked.length, 3);
  const closed = answers(failure(429, "A009", { "Retry-After": "900" }));
  await assert.rejects(shop(closed).get(ORDERS), { code: "A009", retryAfterMs: 900_000 });
  const silent = answers((_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  const hasty = shop(silent, { patience: { attempts: 1, timeoutMs: 20 } });
  await assert.rejects(hasty.get(ORDERS), (error) => error instanceof Unreachable && /20 ms/.test(error.cause.message));
});

test("the caller can stop a call, also while it waits", async () => {
  const [stop, prepared] = [new AbortController(), answers(failure(503, "C013", { "Retry-After": "9" }))];
  const call = shop(prepared).get(ORDERS, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("the page was left")), 20);
  await assert.rejects(call, /the page was left/);
});

test("pauses follow the shop, grow without it, and are never the same for all", () => {
  assert.deepEqual([pauseMs(1, 2_000, () => 0), pauseMs(1, 2_000, () => 1)], [2_000, 3_000]);
  assert.deepEqual([1, 2, 3].map((n) => pauseMs(n, undefined, () => 1)), [200, 400, 800]);
  assert.equal(pauseMs(1, 0, () => 0.5), 100);
  const wait = (text) => retryAfterMs(new Headers({ "Retry-After": text }), Date.parse("2026-02-06T00:00:00Z"));
  assert.deepEqual([wait("7"), wait("Fri, 06 Feb 2026 00:00:05 GMT"), wait("Thu, 05 Feb 2026 00:00:00 GMT"), wait("soon")], [7_000, 5_000, 0, undefined]);
});

const SESSION = { accessToken: "new", refreshToken: "refresh-2", expiresIn: 900, user: { id: "u" } };

test("an access token that expired is renewed once for all who wait", async () => {
  const seen = [];
  const prepared = answers(failure(401, "A003"), failure(401, "A003"), success(SESSION), success(1), success(2));
  const client = shop(prepared, { tokens: { accessToken: "old", refreshToken: "refresh-1" }, onTokens: (tokens) => seen.push(tokens) });
  assert.deepEqual((await Promise.all([client.get(ORDERS), client.get(ORDERS)])).sort(), [1, 2]);
  assert.equal(prepared.asked.filter(({ url }) => url.endsWith("/auth/refresh")).length, 1);
  assert.equal(prepared.asked[2].headers.authorization, undefined);
  assert.deepEqual(prepared.asked.slice(3).map(({ headers }) => headers.authorization), ["Bearer new", "Bearer new"]);
  assert.deepEqual([seen.length, seen[0].refreshToken, client.tokens.accessToken], [1, "refresh-2", "new"]);
});

test("an access token is renewed before it expires, and the end of a session is reported", async () => {
  const early = answers(success(SESSION), success(1));
  await shop(early, { tokens: { accessToken: "old", refreshToken: "r", expiresAt: Date.now() + 5_000 } }).get(ORDERS);
  assert.deepEqual(early.asked.map(({ headers }) => headers.authorization), [undefined, "Bearer new"]);
  const seen = [];
  const over = answers(failure(401, "A004"), failure(401, "A005"));
  const client = shop(over, { tokens: { accessToken: "old", refreshToken: "r" }, onTokens: (tokens) => seen.push(tokens) });
  await assert.rejects(client.get(ORDERS), { code: "A004" });
  assert.deepEqual([seen, client.tokens], [[undefined], undefined]);
  const without = answers(failure(401, "A003"));
  await assert.rejects(shop(without, { tokens: { accessToken: "old" } }).get(ORDERS), { code: "A003" });
});

test("a guest's cart follows the guest, and becomes the user's", async () => {
  const cart = "/api/v1/shopping/cart";
  const prepared = answers(success({}, { headers: { "X-Cart-Token": "guest" } }), success({}), success({}), success(SESSION), success({}), success({}));
  const client = shop(prepared);
  await client.get(cart);
  await client.get(cart);
  await client.get("/api/v1/shopping/products");
  await client.signIn("mina@example.com", "secret");
  await client.get(cart);
  await client.get(cart);
  const sent = prepared.asked.map(({ headers }) => headers["x-cart-token"]);
  assert.deepEqual(sent, [undefined, "guest", undefined, undefined, "guest", undefined]);
  assert.equal(client.cartToken, undefined);
});
