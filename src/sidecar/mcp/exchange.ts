/** One HTTP request, or one line on stdio, and the calls in it that may have to wait. */

/** One JSON-RPC request that may wait; its tool learns through it when nobody listens any more. */
export class Call {
  #left = false;
  #onLeave: (() => void) | undefined;
  #onDelivered: (() => void)[] | undefined;

  get left(): boolean {
    return this.#left;
  }

  /** Runs `action` when the caller leaves, at once if it has. Undefined takes it back. */
  onLeave(action: (() => void) | undefined): void {
    this.#onLeave = action;
    if (this.#left) action?.();
  }

  /** Runs `action` once the answer has been sent whole, and never when the caller left. */
  onDelivered(action: () => void): void {
    (this.#onDelivered ??= []).push(action);
  }

  /** For the transport, and for a cancellation: nobody waits for the answer any more. */
  leave(): void {
    this.#left = true;
    this.#onLeave?.();
  }

  /** For the transport: the answer has been sent whole. */
  delivered(): void {
    if (this.#left) return;
    for (const action of this.#onDelivered ?? []) action();
    this.#onDelivered = undefined;
  }
}

export class Exchange {
  /** The value of the MCP-Protocol-Version header, or null. */
  readonly protocolVersion: string | null;
  readonly #address: () => string;
  readonly #calls: Call[] = [];

  /** `address` names the client, to tell the request ids of different clients apart. */
  constructor(protocolVersion: string | null, address: () => string) {
    this.protocolVersion = protocolVersion;
    this.#address = address;
  }

  get address(): string {
    return this.#address();
  }

  begin(): Call {
    const call = new Call();
    this.#calls.push(call);
    return call;
  }

  leave(): void {
    for (const call of this.#calls) call.leave();
  }

  delivered(): void {
    for (const call of this.#calls) call.delivered();
  }
}
