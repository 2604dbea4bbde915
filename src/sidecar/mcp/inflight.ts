/** Calls that wait, by client and request id, so that `notifications/cancelled` can end one. */

import type { RequestId } from "../jsonrpc/message.ts";
import type { Call } from "./exchange.ts";

/**
 * Without sessions two clients behind one address may use the same id at once. A cancellation then
 * ends no call, which the specification allows: ending the wrong one would be worse. But one of them
 * is not listened to any more, so that none of their answers counts as arrived.
 */
export class Inflight {
  readonly #calls = new Map<string, Call | Set<Call>>();

  add(address: string, id: RequestId, call: Call): void {
    const key = keyOf(address, id);
    const present = this.#calls.get(key);
    if (!present) this.#calls.set(key, call);
    else if (present instanceof Set) present.add(call);
    else this.#calls.set(key, new Set([present, call]));
  }

  remove(address: string, id: RequestId, call: Call): void {
    const key = keyOf(address, id);
    const present = this.#calls.get(key);
    if (present === call) this.#calls.delete(key);
    else if (present instanceof Set && present.delete(call) && present.size === 0) {
      this.#calls.delete(key);
    }
  }

  /** Ends the one call that matches; when several do, none is sure to be heard. */
  cancel(address: string, id: RequestId): void {
    const present = this.#calls.get(keyOf(address, id));
    if (!present) return;
    if (!(present instanceof Set)) present.leave();
    else if (present.size === 1) { for (const call of present) call.leave(); }
    else for (const call of present) call.doubt();
  }
}

/** Ids are compared with their type: 1 and "1" are different requests. */
function keyOf(address: string, id: RequestId): string {
  return `${address} ${typeof id} ${id}`;
}
