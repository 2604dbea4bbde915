/** One HTTP request, or one line on stdio, and the calls in it that may have to wait. */

/** One JSON-RPC request that may wait; its tool learns through it when nobody listens any more. */
export class Call {
  #left = false;
  #onLeave: (() => void) | undefined;
  #onSent: ((whole: boolean) => void) | undefined;

  /** Runs `action` when the caller leaves, at once if it has. Undefined takes it back. */
  onLeave(action: (() => void) | undefined): void {
    this.#onLeave = action;
    if (this.#left) action?.();
  }

  /** Runs `action` once: with true when the answer has been sent whole, with false when it is lost. */
  onSent(action: (whole: boolean) => void): void {
    this.#onSent = action;
    if (this.#left) this.sent(false);
  }

  /** For the transport, and for a cancellation: nobody waits for the answer any more. */
  leave(): void {
    this.#left = true;
    this.#onLeave?.();
    this.sent(false);
  }

  /** For the transport: the answer has been sent, whole or not. */
  sent(whole: boolean): void {
    const action = this.#onSent;
    this.#onSent = undefined;
    action?.(whole);
  }
}

/** Who sent an exchange, as far as the transport can tell. */
export interface Client {
  /** Tells the request ids of different clients apart. Has a cost: asked for when needed. */
  readonly address: string;
}

export class Exchange {
  /** The value of the MCP-Protocol-Version header, or null. */
  readonly protocolVersion: string | null;
  readonly client: Client;
  /** Nearly always one: a batch is the exception. */
  #calls: readonly Call[] = [];

  constructor(protocolVersion: string | null, client: Client) {
    this.protocolVersion = protocolVersion;
    this.client = client;
  }

  begin(): Call {
    const call = new Call();
    this.#calls = this.#calls.length === 0 ? [call] : [...this.#calls, call];
    return call;
  }

  leave(): void {
    for (const call of this.#calls) call.leave();
  }

  sent(whole: boolean): void {
    for (const call of this.#calls) call.sent(whole);
  }
}
