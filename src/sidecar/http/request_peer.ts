/** One HTTP request as the protocol sees its sender, with what the endpoint must know of it later. */

import type { Peer } from "../mcp/exchange.ts";
import type { Accepted } from "./accept.ts";
import type { HttpFace } from "./face.ts";
import type { Recorder } from "./request_record.ts";

/** What the endpoint asks of the connection a request came by. */
export interface Connection {
  readonly remoteAddr: Deno.Addr;
  /** Settles when the response has been sent; rejects when it could not be. */
  readonly completed: Promise<void>;
}

/**
 * A stream takes about three times the memory of a plain answer that waits. When this many are open,
 * further calls that could have one wait without.
 */
const MAX_STREAMS = 1_000;

export interface Streams {
  open: number;
}

export class RequestPeer implements Peer {
  #request: Request | undefined;
  readonly connection: Connection;
  readonly face: HttpFace;
  readonly accepted: Accepted;
  /** Undefined where there is no listener. */
  readonly recorder: Recorder | undefined;
  readonly sharesChannel = false;
  readonly #streams: Streams;

  constructor(
    request: Request,
    connection: Connection,
    face: HttpFace,
    accepted: Accepted,
    recorder: Recorder | undefined,
    streams: Streams,
  ) {
    this.#request = request;
    this.connection = connection;
    this.face = face;
    this.accepted = accepted;
    this.recorder = recorder;
    this.#streams = streams;
  }

  get headers(): Headers {
    return this.#known.headers;
  }

  get protocolVersion(): string | null {
    return this.#known.headers.get("mcp-protocol-version");
  }

  get canStream(): boolean {
    return this.accepted.stream && this.#streams.open < MAX_STREAMS;
  }

  get mayStream(): boolean {
    return this.accepted.perhapsStream;
  }

  get address(): string {
    const { remoteAddr } = this.connection;
    return "hostname" in remoteAddr ? remoteAddr.hostname : remoteAddr.transport;
  }

  /** Lets go of the request, whose body the runtime keeps with it; its answer is still to come. */
  release(): Request {
    const request = this.#known;
    this.#request = undefined;
    return request;
  }

  get #known(): Request {
    if (!this.#request) {
      throw new Error("the headers of a request were asked for after its dispatch");
    }
    return this.#request;
  }
}
