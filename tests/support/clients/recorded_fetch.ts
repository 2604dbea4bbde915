/** A `fetch` for a client's transport that remembers which messages the client sent, and how each ended. */

import { heldFetch } from "./held_fetch.ts";

export interface Sent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly id?: number | string;
  /** Of its HTTP request; aborted means that the client has closed it. */
  readonly signal: AbortSignal | null | undefined;
}

export class RecordedFetch {
  readonly sent: Sent[] = [];

  readonly #fetch = heldFetch();

  readonly fetch: typeof fetch = (input, init) => {
    if (typeof init?.body === "string") {
      const { method, params = {}, id } = JSON.parse(init.body);
      this.sent.push({ method, params, id, signal: init.signal });
    }
    return this.#fetch(input, init);
  };

  of(method: string): Sent[] {
    return this.sent.filter((sent) => sent.method === method);
  }
}
