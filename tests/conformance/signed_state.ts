/** State that travels through the client, so it is signed: the server itself keeps nothing. */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

export class SignedState {
  readonly #key = randomBytes(32);

  seal(state: object): string {
    const payload = Buffer.from(JSON.stringify(state)).toString("base64url");
    return `${payload}.${this.#sign(payload).toString("base64url")}`;
  }

  /** What was sealed, or undefined when somebody else made or changed it. */
  open(sealed: unknown): Readonly<Record<string, unknown>> | undefined {
    if (typeof sealed !== "string") return undefined;
    const [payload = "", signature = "", ...rest] = sealed.split(".");
    const given = Buffer.from(signature);
    const wanted = Buffer.from(this.#sign(payload).toString("base64url"));
    if (rest.length > 0 || given.length !== wanted.length) return undefined;
    if (!timingSafeEqual(given, wanted)) return undefined;
    return JSON.parse(Buffer.from(payload, "base64url").toString());
  }

  #sign(payload: string): Buffer {
    return createHmac("sha256", this.#key).update(payload).digest();
  }
}
