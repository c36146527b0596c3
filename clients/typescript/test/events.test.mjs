import assert from "node:assert/strict";
import test from "node:test";
import { Failure, Shop, Unreachable } from "../dist/index.js";
import { Parser } from "../dist/events.js";
import { answers, failure, stream, unreachable } from "./answers.mjs";

const ORDER = "/api/v1/shopping/orders/{orderNumber}/stream";
const OF_ORDER = { path: { orderNumber: "ORD-1" } };

function shop(prepared, patience = {}) {
  return new Shop({ baseUrl: "http://shop.example", fetch: prepared.fetch, tokens: { accessToken: "a" }, patience });
}

async function seen(messages, enough) {
  const all = [];
  for await (const message of messages) {
    all.push(`${message.id} ${message.event} ${JSON.stringify(message.data)}`);
    if (all.length === enough) {
      break;
    }
  }
  return all;
}

test("messages are read in whatever pieces they come, with every kind of line end", () => {
  const text = ": heartbeat\n\nid: 7-1\r\nevent: order-paid\rdata: {\"a\":\ndata:1}\n\nid:8\n\ndata\n\nretry: 5\nother: x\n\n";
  const wanted = [
    { id: "7-1", event: "order-paid", data: "{\"a\":\n1}" },
    { id: "8", event: "message", data: undefined },
    { id: undefined, event: "message", data: "" },
  ];
  for (const size of [1, 2, 3, 7, text.length]) {
    const parser = new Parser();
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g"));
    assert.deepEqual(pieces.flatMap((piece) => parser.push(piece)), wanted, `pieces of ${size}`);
  }
});

test("a stream that ends, breaks or cannot be opened goes on after the last message", async () => {
  const prepared = answers(
    stream(["id: 1\n\n", "id: 2-1\nevent: order-created\ndata: {\"n\":1}\n\n"]),
    stream(["id: 3-1\nevent: order-confirmed\ndata: {}\n\n"], "breaks"),
    unreachable(),
    failure(503, "C013", { "Retry-After": "0" }),
    stream(["id: 4-1\nevent: order-paid\ndata: plain\n\n"], "stays"),
  );
  const all = await seen(shop(prepared).stream(ORDER, OF_ORDER), 3);
  assert.deepEqual(all, ["2-1 order-created {\"n\":1}", "3-1 order-confirmed {}", "4-1 order-paid \"plain\""]);
  const last = prepared.asked.map(({ headers }) => headers["last-event-id"]);
  assert.deepEqual(last, [undefined, "2-1", "3-1", "3-1", "3-1"]);
  assert.deepEqual(prepared.asked[0].headers.accept, "text/event-stream");
});

test("a silent stream is opened anew", async () => {
  const prepared = answers(
    stream([": heartbeat\n\nid: 5\n\n"], "stays"),
    stream(["id: 6-1\nevent: order-paid\ndata: {}\n\n"], "stays"),
  );
  assert.deepEqual(await seen(shop(prepared, { silenceMaxMs: 30 }).stream(ORDER, OF_ORDER), 1), ["6-1 order-paid {}"]);
  assert.equal(prepared.asked[1].headers["last-event-id"], "5");
});

test("a stream ends with a refusal, with the caller's signal, and when patience is over", async () => {
  await assert.rejects(seen(shop(answers(failure(404, "S201"))).stream(ORDER, OF_ORDER)), (error) => error instanceof Failure);
  const [stop, lasting] = [new AbortController(), answers(stream(["data: 1\n\n"], "stays"))];
  setTimeout(() => stop.abort(), 20);
  assert.equal((await seen(shop(lasting).stream(ORDER, { ...OF_ORDER, signal: stop.signal }))).length, 1);
  const never = answers(...Array.from({ length: 9 }, () => unreachable()));
  const hasty = shop(never, { attempts: 1, reconnects: 1 });
  await assert.rejects(seen(hasty.stream(ORDER, OF_ORDER)), (error) => error instanceof Unreachable);
  assert.equal(never.asked.length, 2);
});

test("who waits in a queue sees the place until the turn has come", async () => {
  const status = (status, position) => `data: ${JSON.stringify({ status, position })}\n\n`;
  const prepared = answers(stream([status("WAITING", 2)], "breaks"), stream([status("WAITING", 1), status("ENTERED", 0)]));
  const shown = [];
  for await (const standing of shop(prepared).place("TIME_DEAL", 7, "token")) {
    shown.push(standing.position);
  }
  assert.deepEqual(shown, [2, 1, 0]);
  assert.equal(prepared.asked[0].url, "http://shop.example/api/v1/shopping/queue/TIME_DEAL/7/subscribe/token");
});
