import type { Code } from "./generated/lists.js";
import type { components } from "./generated/schema.js";
import { retryAfterMs } from "./patience.js";

/** A field that is wrong, or a product that is short. */
export type Detail = components["schemas"]["Detail"];

/** The shop has answered that it does not do what was asked. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    message: string,
    /** The HTTP status. */
    readonly status: number,
    /** From docs/ERRORS.md, and never changed; empty when not the shop has answered, but something in front of it. */
    readonly code: Code | "" | (string & {}),
    readonly details: readonly Detail[] = [],
    /** To quote to the shop's support. */
    readonly traceId?: string,
    /** After so many milliseconds the same request may succeed, if the shop says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  /** Reads a response that is no success. */
  static async of(response: Response): Promise<Failure> {
    const text = await response.text();
    const wait = retryAfterMs(response.headers);
    let error: Partial<components["schemas"]["ErrorBody"]> | undefined;
    try {
      error = (JSON.parse(text) as Partial<components["schemas"]["Failure"]>).error;
    } catch {
      // a page of a proxy
    }
    const message = error?.message ?? (response.statusText || `status ${response.status}`);
    return new Failure(message, response.status, error?.code ?? "", error?.details, error?.traceId ?? undefined, wait);
  }
}

/** No answer has come, so it is not known whether the request had an effect. The reason is in `cause`. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(what: string, cause: unknown) {
    super(`no answer to ${what}`, { cause });
  }
}
