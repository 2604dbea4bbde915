/** MCP with the host that started this program: a line is what a request is over HTTP. */

import { decode, MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";
import { INVALID_REQUEST, type RpcError } from "../jsonrpc/errors.ts";
import { Exchange, type Peer } from "../mcp/exchange.ts";
import { MessageStream, type ServerOutcome } from "../mcp/reply.ts";
import type { McpServer } from "../mcp/server.ts";
import { LineWriter } from "./line_writer.ts";
import { type InputLine, LineSplitter } from "./lines.ts";

export interface StdioOptions {
  readonly server: McpServer;
  readonly input: ReadableStream<Uint8Array>;
  readonly output: WritableStream<Uint8Array>;
  /** Told about bugs: an error that is no answer. */
  readonly onDefect: (error: unknown) => void;
}

/** Why a session is over. `reason`: what the system said. */
export type Ending =
  | { readonly kind: "input-ended" }
  | { readonly kind: "input-failed"; readonly reason: string }
  | { readonly kind: "output-broken"; readonly reason: string }
  | { readonly kind: "finished" };

/**
 * What still runs when the session is over may take this long to be answered and written, in
 * milliseconds: the hosts' own library kills a child 2 s after it has closed its input.
 */
const FINISH_TIMEOUT_MS = 1_000;

const LINE_TOO_LONG: RpcError = {
  code: INVALID_REQUEST,
  message: `line too long: a message may have at most ${MAX_MESSAGE_BYTES} bytes`,
};

/** Serves the host from its construction on. */
export class StdioSession {
  /**
   * Settles when the host is gone, or with {@linkcode finish}. When the host is gone, all calls that
   * wait have been told.
   */
  readonly ended: Promise<Ending>;
  readonly #server: McpServer;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: LineWriter;
  readonly #onDefect: (error: unknown) => void;
  /** What `initialize` agreed on. Requests that name their own revision do not heed it. */
  #revision: string | null = null;
  /** What is not answered yet. */
  readonly #waiting = new Set<Exchange>();
  /** What is not answered, or not written yet. */
  readonly #running = new Set<Promise<void>>();
  #isOver = false;

  constructor({ server, input, output, onDefect }: StdioOptions) {
    this.#server = server;
    this.#reader = input.getReader();
    this.#writer = new LineWriter(output);
    this.#onDefect = onDefect;
    this.ended = Promise.race([this.#read(), this.#broken()]).then((ending) => {
      if (ending.kind !== "finished") this.#leave();
      this.#stopReading();
      return ending;
    });
  }

  /**
   * Takes no more input and waits until what was taken is answered and written, at most for one
   * second: the host may have stopped reading.
   */
  async finish(): Promise<void> {
    this.#stopReading();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISH_TIMEOUT_MS);
    await Promise.race([Promise.all(this.#running), this.#writer.broken, late]);
    clearTimeout(timer);
    this.#leave();
  }

  async #read(): Promise<Ending> {
    const lines = new LineSplitter();
    while (true) {
      const chunk = await this.#reader.read().catch((error) => String(error));
      if (typeof chunk === "string") return { kind: "input-failed", reason: chunk };
      for (const line of chunk.done ? lines.end() : lines.push(chunk.value)) {
        if (this.#writer.isFull) await this.#writer.room();
        if (this.#isOver) break;
        this.#take(line);
      }
      if (this.#isOver) return { kind: "finished" };
      if (chunk.done) return { kind: "input-ended" };
    }
  }

  async #broken(): Promise<Ending> {
    return { kind: "output-broken", reason: await this.#writer.broken };
  }

  /** Nothing that waits holds on to the line, which may be large. */
  #take(line: InputLine): void {
    const exchange = new Exchange(peerOf(this.#revision));
    try {
      const outcome = this.#outcome(line, exchange);
      this.#revision = exchange.negotiated ?? this.#revision;
      const running = this.#deliver(outcome, exchange).catch(this.#onDefect);
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    } catch (error) {
      this.#onDefect(error);
    }
  }

  async #deliver(outcome: ServerOutcome, exchange: Exchange): Promise<void> {
    if (outcome instanceof MessageStream) {
      outcome.call.attach((text, mustArrive) => this.#writer.offer(text, mustArrive));
    }
    const reply = outcome instanceof MessageStream ? outcome.reply : outcome;
    // What is known at once is written at once, so that it counts before the next line is taken.
    const { text } = reply instanceof Promise ? await this.#awaited(reply, exchange) : reply;
    if (text !== null) exchange.sent(await this.#writer.write(text));
  }

  #outcome(line: InputLine, exchange: Exchange): ServerOutcome {
    if (line.kind === "too-long") return this.#server.refuse(LINE_TOO_LONG, exchange);
    const decoded = decode(line.bytes);
    return decoded.kind === "error"
      ? this.#server.refuse(decoded.error, exchange)
      : this.#server.handle(decoded.value, exchange);
  }

  async #awaited<T>(reply: Promise<T>, exchange: Exchange): Promise<T> {
    this.#waiting.add(exchange);
    try {
      return await reply;
    } finally {
      this.#waiting.delete(exchange);
    }
  }

  /** An answer that is being written is not left: writing it tells what became of it. */
  #leave(): void {
    for (const exchange of this.#waiting) exchange.leave();
  }

  #stopReading(): void {
    this.#isOver = true;
    this.#reader.cancel().catch(() => {});
  }
}

/** There are no headers, and all messages share the one channel. */
function peerOf(revision: string | null): Peer {
  return {
    address: "stdio",
    headers: null,
    protocolVersion: revision,
    canStream: true,
    mayStream: true,
    sharesChannel: true,
  };
}
