/** How long a client waits, and how often it tries. */
export interface Patience {
  /** Times that a request is sent at most. */
  attempts: number;
  /** Longest time for one answer, in milliseconds. */
  timeoutMs: number;
  /** Longest pause before a request is sent again; a failure that says "later" than that is given to the caller at once. */
  pauseMaxMs: number;
  /** A stream from which nothing came for so long is opened anew. The shop sends something every 15 seconds at least. */
  silenceMaxMs: number;
  /** Times in a row that a stream is opened anew without a message from it. */
  reconnects: number;
}

export const PATIENCE: Patience = {
  attempts: 4,
  timeoutMs: 30_000,
  pauseMaxMs: 20_000,
  silenceMaxMs: 40_000,
  reconnects: 30,
};

const FIRST_PAUSE_MS = 200;

/**
 * The pause after so many attempts. Clients that got the same time come a little later than that, and not all at the same
 * moment; without a time the pauses grow.
 */
export function pauseMs(attempts: number, waitMs: number | undefined, chance: () => number = Math.random): number {
  if (waitMs !== undefined) {
    return waitMs + chance() * Math.max(waitMs / 2, FIRST_PAUSE_MS);
  }
  const longest = FIRST_PAUSE_MS * 2 ** (attempts - 1);
  return longest / 2 + (chance() * longest) / 2;
}

/** What the header `Retry-After` says: seconds or a date. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) {
    return undefined;
  }
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** Waits; rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      return reject(signal.reason);
    }
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

/** A time limit, joined with the caller's own signal. */
export class Limit {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;
  readonly #aborted: () => void;

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#aborted = () => this.#controller.abort(outer?.reason);
    this.#timer = setTimeout(() => this.#controller.abort(new Error(`nothing within ${ms} ms`)), ms);
    if (outer?.aborted) {
      this.#aborted();
    }
    outer?.addEventListener("abort", this.#aborted, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time is limited no longer; the caller's signal still ends it. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** It is over. */
  end(): void {
    this.lift();
    this.#outer?.removeEventListener("abort", this.#aborted);
  }
}
