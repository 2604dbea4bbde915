/** Which HTTP requests are let in, and where they go. */

import { isPreflight, preflightHeaders, share } from "./cors.ts";
import { type HttpFace, IN_JSON, IN_TEXT, MCP, RPC } from "./face.ts";
import type { Gate } from "./gate.ts";
import type { PlainPage } from "./page.ts";
import { PostHandler, type PostOptions } from "./post.ts";
import type { Connection } from "./request_peer.ts";
import { Recorder, type RequestListener } from "./request_record.ts";
import { plain } from "./response.ts";
import { readTarget, type RequestTarget } from "./target.ts";

export interface EndpointOptions extends PostOptions {
  /** Plain pages by path. */
  readonly pages: ReadonlyMap<string, PlainPage>;
  /** `POST /rpc` is served. */
  readonly rpc: boolean;
  readonly gate: Gate;
  /** Told once of each request, when its answer is handed over; of a stream, when it ends. */
  readonly onRequest?: RequestListener | undefined;
  /** Told, in one line, why a client was refused as such. */
  readonly onRefusal?: ((refusal: string) => void) | undefined;
  /** Told about bugs in pages and listeners. */
  readonly onDefect: (error: unknown) => void;
}

const RPC_PATH = "/rpc";

/** Where HTTP+SSE is usually served. */
const SSE_PATH = "/sse";

/** Alive, and no more than that. */
const HEALTH: PlainPage = () => ({ status: 200, contentType: IN_TEXT.contentType, text: "ok\n" });

/** What a page says is of the moment. */
const NOT_STORED = { "cache-control": "no-store" };

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #faces: ReadonlyMap<string, HttpFace>;
  readonly #pages: ReadonlyMap<string, PlainPage>;
  readonly #posts: PostHandler;

  constructor(options: EndpointOptions) {
    this.#options = options;
    // The URL agents are registered with, the usual one, and what some clients join of the two.
    const faces = new Map([["/", MCP], ["/mcp", MCP], ["//mcp", MCP]]);
    if (options.rpc) faces.set(RPC_PATH, RPC);
    this.#faces = faces;
    this.#pages = new Map([["/health", HEALTH], ...options.pages]);
    this.#posts = new PostHandler(options);
  }

  /** Answers one request. Never throws. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    const { gate, onRequest, onRefusal, onDefect } = this.#options;
    const { method } = request;
    const target = readTarget(request.url);
    const refusal = gate.refusal(request.headers, target);
    // A wrong Host may have run into the path, and is a header.
    const recorded = refusal === undefined ? target : undefined;
    const recorder = onRequest && new Recorder(method, recorded, onRequest, onDefect);
    if (refusal !== undefined) onRefusal?.(refusal);
    const response = refusal === undefined
      ? this.#route(request, target, connection, recorder)
      : this.#forbid(target.path, refusal, recorder);
    if (!gate.letsOriginsIn) return response;
    const origin = refusal === undefined ? request.headers.get("origin") : null;
    return response instanceof Promise
      ? response.then((settled) => share(settled, origin))
      : share(response, origin);
  }

  #forbid(path: string, refusal: string, recorder: Recorder | undefined): Response {
    const wording = this.#faces.get(path)?.forbidden ??
      (this.#pages.has(path) ? IN_JSON : IN_TEXT);
    return plain(wording, 403, refusal.trimEnd(), recorder);
  }

  #route(
    request: Request,
    { path, query }: RequestTarget,
    connection: Connection,
    recorder: Recorder | undefined,
  ): Response | Promise<Response> {
    const { method } = request;
    const face = this.#faces.get(path);
    if (face && method === "POST") return this.#posts.handle(face, request, connection, recorder);
    // The gate has let its origin in.
    if (isPreflight(request)) {
      recorder?.end(204, null);
      return new Response(null, { status: 204, headers: preflightHeaders(request.headers) });
    }
    const page = this.#pages.get(path);
    if (page) return this.#show(page, method, query, recorder);
    if (path === RPC_PATH && !face) {
      return plain(IN_JSON, 404, "off: set SUPERVISE_RPC=1", recorder);
    }
    // A client of the older transport begins with a GET here, and is told which one is served.
    const known = face ?? (path === SSE_PATH && method !== "POST" ? MCP : undefined);
    if (!known) return plain(IN_TEXT, 404, "POST MCP requests to / or /mcp", recorder);
    const { wording, usePost } = known;
    return plain(wording, 405, usePost, recorder, { headers: { allow: "POST" } });
  }

  /** A page learns nothing of who asks; what it throws is not for the client. */
  async #show(
    page: PlainPage,
    method: string,
    query: string,
    recorder: Recorder | undefined,
  ): Promise<Response> {
    if (method !== "GET" && method !== "HEAD") {
      return plain(IN_JSON, 405, "use GET for this path", recorder, {
        headers: { allow: "GET, HEAD" },
      });
    }
    try {
      const { status, contentType, text } = await page(new URLSearchParams(query));
      const headers = { "content-type": contentType, ...NOT_STORED };
      const response = new Response(text, { status, headers });
      recorder?.end(status, text);
      return response;
    } catch (error) {
      this.#options.onDefect(error);
      return plain(IN_JSON, 500, "internal error", recorder, { headers: NOT_STORED });
    }
  }
}
