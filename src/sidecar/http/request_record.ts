/** What one HTTP request was and came to, for metrics and the access log. */

import type { Exchange } from "../mcp/exchange.ts";
import type { RequestTarget } from "./target.ts";

/** One HTTP request that is over. Of its texts only `path` and `queryNames` are the client's own. */
export interface RequestRecord {
  /** A method of HTTP, or "other". */
  readonly httpMethod: string;
  /**
   * As sent, without query and final slash, cut to 200 characters; empty where the Host may not call.
   */
  readonly path: string;
  /** The names of the query's parameters, without their values; "?" without one; of many the first. */
  readonly queryNames: readonly string[];
  /** A method that the server knows, "batch", or "unknown"; undefined where no message was dispatched. */
  readonly mcpMethod: string | undefined;
  /** A tool that the server knows, or "unknown"; undefined where none was called. */
  readonly tool: string | undefined;
  /** Of the answer; 499 where the outcome is `left`, whatever was sent. */
  readonly status: number;
  /**
   * `tool-error`: a tool's result with isError; of a batch the worst of its answers. `left`: the
   * client went, maybe within its own body, or cancelled, before the answer.
   */
  readonly outcome: "ok" | "tool-error" | "error" | "left";
  /** Of the answer's body. */
  readonly bytes: number;
  readonly ms: number;
}

export type RequestListener = (record: RequestRecord) => void;

/** As nginx has it: the client closed the request. */
const CLIENT_LEFT = 499;

const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** In characters. */
const MAX_PATH_LENGTH = 200;

/** Of a query that is nothing but names, so that no request makes thousands of strings. */
const MAX_QUERY_NAMES = 64;

const encoder = new TextEncoder();

/** Takes the time of one request from its construction on, and tells about it once. */
export class Recorder {
  readonly #startedAt = performance.now();
  readonly #listener: RequestListener;
  readonly #onDefect: (error: unknown) => void;
  readonly #httpMethod: string;
  readonly #target: RequestTarget | undefined;

  /** `target`: undefined where the Host may not call, and may have run into the path. */
  constructor(
    httpMethod: string,
    target: RequestTarget | undefined,
    listener: RequestListener,
    onDefect: (error: unknown) => void,
  ) {
    this.#httpMethod = HTTP_METHODS.includes(httpMethod) ? httpMethod : "other";
    this.#target = target;
    this.#listener = listener;
    this.#onDefect = onDefect;
  }

  /** `body`: what was sent, or of how many bytes it was. `exchange`: where a message was read. */
  end(status: number, body: string | number | null, exchange?: Exchange): void {
    const sent = typeof body === "string" ? encoder.encode(body).length : body ?? 0;
    const { path, query } = this.#target ?? { path: "", query: "" };
    const outcome = outcomeOf(status, exchange);
    const record: RequestRecord = {
      httpMethod: this.#httpMethod,
      path: path.slice(0, MAX_PATH_LENGTH),
      queryNames: query === "" ? [] : query.split("&", MAX_QUERY_NAMES).flatMap(nameOf),
      mcpMethod: exchange?.method,
      tool: exchange?.tool,
      status: outcome === "left" ? CLIENT_LEFT : status,
      outcome,
      bytes: this.#httpMethod === "HEAD" ? 0 : sent,
      ms: performance.now() - this.#startedAt,
    };
    try {
      this.#listener(record);
    } catch (error) {
      this.#onDefect(error);
    }
  }
}

function outcomeOf(status: number, exchange: Exchange | undefined): RequestRecord["outcome"] {
  if (exchange?.isLeft || exchange?.isCancelled) return "left";
  return status >= 400 ? "error" : exchange?.failure ?? "ok";
}

/** A parameter's name, as a form writes it. */
function nameOf(parameter: string): string[] {
  // What has no value may be one, such as a token, with its padding, that was put behind the "?".
  return /=[^=]/.test(parameter) ? [...new URLSearchParams(parameter).keys()] : ["?"];
}
