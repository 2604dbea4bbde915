/** A gate that lets pages of this very server in, whose origin is known only once it listens. */

import type { RequestTarget } from "../../src/sidecar/http/target.ts";
import { Gate } from "../../src/sidecar/http/gate.ts";

/** The product's gate, set up as by SUPERVISE_ALLOWED_ORIGINS; the suite calls as such a page. */
export class OwnOriginGate extends Gate {
  #gate: Gate | undefined;

  constructor() {
    super({ allowedHosts: [], allowedOrigins: [] });
  }

  allow(origin: string): void {
    this.#gate = new Gate({ allowedHosts: [], allowedOrigins: [origin] });
  }

  override refusal(headers: Headers, target: RequestTarget): string | undefined {
    return this.#gate ? this.#gate.refusal(headers, target) : super.refusal(headers, target);
  }
}
