// A shop for tests: it gives prepared answers, and remembers what it was asked.

/** What a success looks like. */
export function success(data, init = {}) {
  return () => Response.json({ success: true, data }, init);
}

/** What a failure looks like. */
export function failure(status, code, headers = {}) {
  const error = { code, message: `because of ${code}`, timestamp: "2026-02-06T00:00:00Z", path: "/", details: [{ message: "wrong" }] };
  return () => Response.json({ success: false, error }, { status, headers });
}

/** No connection. */
export function unreachable() {
  return () => {
    throw new TypeError("fetch failed");
  };
}

/** A stream with these pieces of text, which then ends, breaks or stays silent. */
export function stream(pieces, then = "ends") {
  return (_, init) => {
    const [encoder, left] = [new TextEncoder(), [...pieces]];
    const body = new ReadableStream({
      start(controller) {
        init.signal.addEventListener("abort", () => controller.error(init.signal.reason));
      },
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) {
          controller.enqueue(encoder.encode(piece));
        } else if (then === "ends") {
          controller.close();
        } else if (then === "breaks") {
          controller.error(new TypeError("terminated"));
        }
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
}

/** A `fetch` that gives these answers in turn, and the list of requests it got. */
export function answers(...prepared) {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url, method: init.method, headers: Object.fromEntries(init.headers), body: init.body });
    const next = prepared.shift();
    if (next === undefined) {
      throw new Error(`nothing is prepared for ${init.method} ${url}`);
    }
    return next(url, init);
  };
  return { fetch, asked, left: prepared };
}
