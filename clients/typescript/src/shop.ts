import { blocks, read, type Message } from "./events.js";
import { Failure, Unreachable } from "./failure.js";
import { KEYED } from "./generated/lists.js";
import type { components } from "./generated/schema.js";
import type { Data, Method, Options, PathOf, Plain, Rest, StreamData, StreamPath } from "./operations.js";
import { Limit, PATIENCE, pauseMs, sleep, type Patience } from "./patience.js";
import { Session, type Tokens } from "./session.js";

/** Where the shop is, and who asks. */
export interface Settings {
  /** Such as `https://shop.example`; empty for the page's own address. */
  baseUrl?: string;
  /** From an earlier session. */
  tokens?: Tokens;
  /** Called with new tokens, and with `undefined` when the session is over: keep them where they are safe. */
  onTokens?: (tokens: Tokens | undefined) => void;
  /** Of a guest, from an earlier visit. */
  cartToken?: string;
  /** For messages of the shop: `ko` or `en`. */
  language?: string;
  patience?: Partial<Patience>;
  /** Instead of the platform's own. */
  fetch?: typeof fetch;
}

interface Call {
  method: Method;
  template: string;
  url: string;
  given: Plain;
  accept: string;
  /** Whether the caller signs in. */
  signed: boolean;
}

const CART = "X-Cart-Token";
/** Paths at which a guest's cart counts. */
const WITH_CART = /^\/api\/v1\/shopping\/(cart|orders)(\/|$)/;
/** The access token is of no use any more. */
const WORN_OUT: readonly string[] = ["A003", "A004"];

/** A shop. Every path is one of docs/openapi.json; the compiler knows what it takes and gives. */
export class Shop {
  readonly #base: string;
  readonly #language: string | undefined;
  readonly #patience: Patience;
  readonly #fetch: typeof fetch;
  readonly #session: Session;
  #cartToken: string | undefined;

  constructor(settings: Settings = {}) {
    this.#base = (settings.baseUrl ?? "").replace(/\/+$/, "");
    this.#language = settings.language;
    this.#patience = { ...PATIENCE, ...settings.patience };
    // a browser's fetch wants to be called as a function of its window
    const own = settings.fetch ?? globalThis.fetch;
    this.#fetch = (input, init) => own(input, init);
    const changed = settings.onTokens ?? (() => {});
    this.#session = new Session(settings.tokens, (token) => this.#renewed(token), changed);
    this.#cartToken = settings.cartToken;
  }

  get tokens(): Tokens | undefined {
    return this.#session.tokens;
  }

  /** The token of a guest's cart, until the cart was merged into a user's. */
  get cartToken(): string | undefined {
    return this.#cartToken;
  }

  get<P extends PathOf<"get">>(path: P, ...given: Rest<"get", P>): Promise<Data<"get", P>> {
    return this.#data("get", path, given);
  }

  post<P extends PathOf<"post">>(path: P, ...given: Rest<"post", P>): Promise<Data<"post", P>> {
    return this.#data("post", path, given);
  }

  put<P extends PathOf<"put">>(path: P, ...given: Rest<"put", P>): Promise<Data<"put", P>> {
    return this.#data("put", path, given);
  }

  patch<P extends PathOf<"patch">>(path: P, ...given: Rest<"patch", P>): Promise<Data<"patch", P>> {
    return this.#data("patch", path, given);
  }

  delete<P extends PathOf<"delete">>(path: P, ...given: Rest<"delete", P>): Promise<Data<"delete", P>> {
    return this.#data("delete", path, given);
  }

  /** The response as it comes, for what is not JSON: `shop.file("/api/v1/shopping/admin/exports/orders")` is a CSV file. */
  file<P extends PathOf<"get">>(path: P, ...given: Rest<"get", P>): Promise<Response> {
    return this.#answer(this.#call("get", path, plain(given), "text/csv, */*;q=0.5"), opened);
  }

  /** Signs in. From now on requests are this user's, and a guest's cart becomes the user's with the next of its requests. */
  async signIn(email: string, password: string): Promise<components["schemas"]["User"]> {
    const body = { email, password };
    const signedIn = await this.#anonymous<components["schemas"]["Tokens"]>("/api/v1/auth/login", body);
    this.#session.set(tokensOf(signedIn));
    return signedIn.user;
  }

  /** Ends the session, here at any rate. */
  async signOut(): Promise<void> {
    const refreshToken = this.#session.tokens?.refreshToken;
    this.#session.set(undefined);
    if (refreshToken !== undefined) {
      await this.#anonymous("/api/v1/auth/logout", { refreshToken });
    }
  }

  /**
   * The messages of a stream, for as long as the caller loops. A connection that breaks, ends or falls silent is opened again,
   * after the last message. Ends when the signal is aborted; throws a `Failure` that repeating does not change.
   */
  async *stream<P extends StreamPath>(path: P, ...given: Rest<"get", P>): AsyncGenerator<Message<StreamData<P>>> {
    const options = plain(given);
    const call = this.#call("get", path, options, "text/event-stream");
    let [last, failed] = [undefined as string | undefined, 0];
    for (;;) {
      let cause: unknown = new Error("the stream has ended");
      try {
        const headers = last === undefined ? options.headers : { ...options.headers, "Last-Event-ID": last };
        const response = await this.#answer({ ...call, given: { ...options, headers } }, opened);
        for await (const { id, event, data } of blocks(response.body!, this.#patience.silenceMaxMs)) {
          last = id ?? last;
          if (data !== undefined) {
            failed = 0;
            yield { id, event, data: read(data) as StreamData<P> };
          }
        }
      } catch (error) {
        if (options.signal?.aborted) {
          return;
        }
        if (error instanceof Failure && !isLater(error)) {
          throw error;
        }
        cause = error;
      }
      failed += 1;
      if (failed > this.#patience.reconnects) {
        throw cause instanceof Failure ? cause : new Unreachable(`the stream ${path}`, cause);
      }
      const wait = cause instanceof Failure ? cause.retryAfterMs : undefined;
      const pause = Math.min(pauseMs(failed, wait), this.#patience.pauseMaxMs);
      await sleep(pause, options.signal).catch(() => {});
      if (options.signal?.aborted) {
        return;
      }
    }
  }

  /** How a place in a waiting queue stands, until it waits no more: the last one shown is ENTERED, EXPIRED or LEFT. */
  async *place(
    eventType: string,
    eventId: number,
    entryToken: string,
    options: Options = {},
  ): AsyncGenerator<components["schemas"]["QueueStatusResponse"]> {
    const path = { eventType, eventId, token: entryToken };
    for await (const { data } of this.stream("/api/v1/shopping/queue/{eventType}/{eventId}/subscribe/{token}", {
      ...options,
      path,
    })) {
      yield data;
      if (data.status !== "WAITING") {
        return;
      }
    }
  }

  async #data<T>(method: Method, template: string, given: readonly unknown[]): Promise<T> {
    const { data } = await this.#answer(this.#call(method, template, plain(given)), json<{ data: T }>);
    return data;
  }

  async #anonymous<T>(template: string, body: unknown): Promise<T> {
    const call = { ...this.#call("post", template, { body }), signed: false };
    const { data } = await this.#answer(call, json<{ data: T }>);
    return data;
  }

  /** Throws for arguments with which there is no address. */
  #call(method: Method, template: string, given: Plain, accept = "application/json"): Call {
    return { method, template, url: this.#base + address(template, given), given, accept, signed: true };
  }

  /** New tokens; none when the shop does not accept the old ones. */
  async #renewed(refreshToken: string): Promise<Tokens | undefined> {
    try {
      return tokensOf(await this.#anonymous<components["schemas"]["Tokens"]>("/api/v1/auth/refresh", { refreshToken }));
    } catch (error) {
      if (error instanceof Failure && (error.status === 401 || error.status === 400)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Sends a request until it is answered for good, or patience is over. */
  async #answer<T>(call: Call, reading: (response: Response, limit: Limit) => Promise<T>): Promise<T> {
    const { method, template, given } = call;
    // made once for the call: whatever is sent again has one effect
    const key = given.key ?? (KEYED.has(`${method} ${template}`) ? freshKey() : undefined);
    let mayRenew = call.signed;
    for (let attempt = 1; ; attempt += 1) {
      const token = call.signed ? await this.#session.accessToken() : undefined;
      let failure: Failure | Unreachable;
      try {
        return await this.#once(call, key, token, reading);
      } catch (error) {
        if (given.signal?.aborted) {
          throw error;
        }
        failure = error instanceof Failure ? error : new Unreachable(`${method.toUpperCase()} ${template}`, error);
      }
      if (mayRenew && token !== undefined && isWornOut(failure) && (await this.#session.renew(token))) {
        mayRenew = false;
        continue;
      }
      const wait = failure instanceof Failure ? failure.retryAfterMs : undefined;
      const pause = pauseMs(attempt, wait);
      const { attempts, pauseMaxMs } = this.#patience;
      if (attempt >= attempts || pause > pauseMaxMs || !mayRepeat(failure, method === "get" || key !== undefined)) {
        throw failure;
      }
      await sleep(pause, given.signal);
    }
  }

  async #once<T>(
    { method, template, url, given, accept }: Call,
    key: string | undefined,
    token: string | undefined,
    reading: (response: Response, limit: Limit) => Promise<T>,
  ): Promise<T> {
    const headers = new Headers(given.headers);
    headers.set("Accept", headers.get("Accept") ?? accept);
    const cart = WITH_CART.test(template) ? this.#cartToken : undefined;
    const bearer = token === undefined ? undefined : `Bearer ${token}`;
    const own = { Authorization: bearer, "Accept-Language": this.#language, "Idempotency-Key": key, [CART]: cart };
    for (const [name, value] of Object.entries(own)) {
      if (value !== undefined) {
        headers.set(name, value);
      }
    }
    const init: RequestInit = { method: method.toUpperCase(), headers };
    if (given.body !== undefined) {
      headers.set("Content-Type", "application/json");
      init.body = JSON.stringify(given.body);
    }
    const limit = new Limit(this.#patience.timeoutMs, given.signal);
    let lasts = false;
    try {
      const response = await this.#fetch(url, { ...init, signal: limit.signal });
      if (!response.ok) {
        throw await Failure.of(response);
      }
      this.#follow(response, cart !== undefined && token !== undefined);
      const got = await reading(response, limit);
      lasts = got === (response as unknown);
      return got;
    } finally {
      // a body that the caller reads ends with the caller's signal
      if (!lasts) {
        limit.end();
      }
    }
  }

  /** A new guest's token is used from now on; a cart that was merged has none any more. */
  #follow(response: Response, merged: boolean): void {
    this.#cartToken = response.headers.get(CART) ?? (merged ? undefined : this.#cartToken);
  }
}

async function json<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

/** The response without its body: reading that has no time limit. */
async function opened(response: Response, limit: Limit): Promise<Response> {
  limit.lift();
  return response;
}

function plain([given]: readonly unknown[]): Plain {
  return (given ?? {}) as Plain;
}

function tokensOf({ accessToken, refreshToken, expiresIn }: components["schemas"]["Tokens"]): Tokens {
  return { accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 };
}

function isWornOut(failure: Failure | Unreachable): boolean {
  return failure instanceof Failure && failure.status === 401 && WORN_OUT.includes(failure.code);
}

/** Whether the shop, or what is in front of it, says that it is only a matter of time. */
function isLater({ status, code }: Failure): boolean {
  return [429, 502, 503, 504].includes(status) || code === "C015";
}

/** Whether the same request may be sent again. `harmless` is one that has one effect however often it is sent. */
function mayRepeat(failure: Failure | Unreachable, harmless: boolean): boolean {
  if (failure instanceof Unreachable || !isLater(failure)) {
    return failure instanceof Unreachable && harmless;
  }
  // the shop has refused before it did anything, except where it does not know itself (C018)
  const untouched = failure.status === 429 || (failure.code !== "" && failure.code !== "C018");
  return harmless || untouched;
}

/** The path with its parameters, and the query; a list is repeated. */
function address(template: string, { path, query }: Plain): string {
  const values = new Map(Object.entries(path ?? {}));
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = values.get(name);
    if (value === undefined || value === null || value === "") {
      throw new TypeError(`${template} needs ${name}`);
    }
    return encodeURIComponent(String(value));
  });
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) {
        all.append(name, String(one));
      }
    }
  }
  const search = all.toString();
  return search === "" ? filled : `${filled}?${search}`;
}

/** A random key. It has to be unique, not secret, so it works on pages without TLS, too. */
function freshKey(): string {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto?.getRandomValues) {
    globalThis.crypto.getRandomValues(bytes);
  } else {
    bytes.forEach((_, n) => (bytes[n] = Math.random() * 256));
  }
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
