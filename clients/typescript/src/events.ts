/** One message of a stream. */
export interface Message<T = unknown> {
  /** Where the stream goes on from after it; the client remembers it by itself. */
  id: string | undefined;
  /** Its kind, such as `order-paid`. */
  event: string;
  data: T;
}

/** A block of a stream: a message, or only an id from which a stream goes on. */
export interface Block {
  id: string | undefined;
  event: string;
  data: string | undefined;
}

/** Reads the format of server-sent events, in whatever pieces it comes. */
export class Parser {
  #rest = "";
  #id: string | undefined;
  #event = "";
  #data: string[] = [];

  /** The blocks that are complete with this text. */
  push(text: string): Block[] {
    const blocks: Block[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      const block = this.#block();
      if (block.id !== undefined || block.data !== undefined) {
        blocks.push(block);
      }
    }
    return blocks;
  }

  #field(line: string): void {
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "data") {
      this.#data.push(value);
    } else if (name === "event") {
      this.#event = value;
    } else if (name === "id" && !value.includes("\0")) {
      this.#id = value;
    }
    // a line without a name is a comment: the heartbeat
  }

  #block(): Block {
    const data = this.#data.length > 0 ? this.#data.join("\n") : undefined;
    const block: Block = { id: this.#id, event: this.#event || "message", data };
    this.#id = undefined;
    this.#event = "";
    this.#data = [];
    return block;
  }
}

/** The blocks of a body; fails when nothing comes for too long. Leaving the loop closes the connection. */
export async function* blocks(body: ReadableStream<Uint8Array>, silenceMaxMs: number): AsyncGenerator<Block> {
  const [reader, decoder, parser] = [body.getReader(), new TextDecoder(), new Parser()];
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), silenceMaxMs);
      if (done) {
        return;
      }
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function inTime<T>(coming: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the stream is silent for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Data is JSON; anything else stays a text. */
export function read(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
