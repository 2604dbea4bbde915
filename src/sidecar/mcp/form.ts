/** How an answer looks on the wire, so that its maker need not know who asked, and how. */

import type { RequestId } from "../jsonrpc/message.ts";
import { errorText, Json, resultText } from "../jsonrpc/response.ts";
import { SERVER_INFO } from "./meta.ts";
import { type Method, type Refusal, STATIC } from "./method.ts";
import type { Reply } from "./reply.ts";
import type { ServerInfo } from "./server_options.ts";

export interface Form {
  /** The client can name a request later, by its id, to cancel it. */
  readonly hasIds: boolean;
  /** `bare` is what the method gave. Throws when it cannot be sent as JSON. */
  result(id: RequestId, bare: object, method: Method): Reply;
  error(id: RequestId, refusal: Refusal): Reply;
}

/** In the old era a 404 or 400 would tell a client that its session died. */
export const LEGACY_FORM: Form = {
  hasIds: true,
  result: (id, bare) => ({ status: 200, text: resultText(id, bare) }),
  error: (id, { error }) => ({ status: 200, text: errorText(id, error) }),
};

export class ModernForm implements Form {
  readonly hasIds = true;
  readonly #info: ServerInfo;
  /** Results that never change. */
  readonly #rendered = new WeakMap<object, Json>();

  constructor(info: ServerInfo) {
    this.#info = info;
  }

  result(id: RequestId, bare: object, method: Method): Reply {
    return { status: 200, text: resultText(id, this.#complete(bare, method)) };
  }

  error(id: RequestId, { error, status = 200 }: Refusal): Reply {
    return { status, text: errorText(id, error) };
  }

  /** Adds what every modern result has: its type, who made it, and how long it may be kept. */
  #complete(bare: object, { cache }: Method): object {
    const rendered = this.#rendered.get(bare);
    if (rendered) return rendered;
    const own = bare as { readonly resultType?: string; readonly _meta?: object };
    const resultType = own.resultType ?? "complete";
    const whole = {
      resultType,
      ...bare,
      ...resultType === "complete" ? cache : {},
      _meta: { ...own._meta, [SERVER_INFO]: this.#info },
    };
    if (cache !== STATIC) return whole;
    const json = new Json(JSON.stringify(whole));
    this.#rendered.set(bare, json);
    return json;
  }
}
