/** What proves who is asking. */
export interface Tokens {
  accessToken: string;
  /** Without it the access token is used as long as it is valid. */
  refreshToken?: string;
  /** When the access token expires, in milliseconds since 1970 by this machine's clock. */
  expiresAt?: number;
}

/** An access token is renewed so long before it expires. */
const EARLY_MS = 10_000;

/** The tokens, of which there is one renewal at a time, whatever the number of requests that wait for it. */
export class Session {
  #tokens: Tokens | undefined;
  #renewal: Promise<boolean> | undefined;
  readonly #renewed: (refreshToken: string) => Promise<Tokens | undefined>;
  readonly #changed: (tokens: Tokens | undefined) => void;

  /** `renewed` gives new tokens, or none when the session is over. */
  constructor(
    tokens: Tokens | undefined,
    renewed: (refreshToken: string) => Promise<Tokens | undefined>,
    changed: (tokens: Tokens | undefined) => void,
  ) {
    this.#tokens = tokens;
    this.#renewed = renewed;
    this.#changed = changed;
  }

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  set(tokens: Tokens | undefined): void {
    this.#tokens = tokens;
    this.#changed(tokens);
  }

  /** The access token, renewed if it is about to expire. */
  async accessToken(): Promise<string | undefined> {
    const expiresAt = this.#tokens?.expiresAt;
    if (this.#tokens && expiresAt !== undefined && expiresAt - EARLY_MS < Date.now()) {
      await this.renew(this.#tokens.accessToken);
    }
    return this.#tokens?.accessToken;
  }

  /** Whether there is another access token now than the one that was refused. */
  renew(refused: string): Promise<boolean> {
    if (this.#tokens && this.#tokens.accessToken !== refused) {
      return Promise.resolve(true);
    }
    const refreshToken = this.#tokens?.refreshToken;
    if (refreshToken === undefined) {
      return Promise.resolve(false);
    }
    this.#renewal ??= this.#renew(refreshToken).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renew(refreshToken: string): Promise<boolean> {
    const tokens = await this.#renewed(refreshToken);
    // somebody else may have signed in or out meanwhile
    if (this.#tokens?.refreshToken === refreshToken) {
      this.set(tokens);
    }
    return this.#tokens !== undefined;
  }
}
