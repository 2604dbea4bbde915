/** The one site behind the egress proxy, whatever name it is called by; it says what reached it. */

export interface Echoed {
  readonly host: string | null;
  readonly path: string;
  readonly authorization: string | null;
}

export class EchoSite implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #downloads = new Set<ReadableStreamDefaultController<Uint8Array>>();
  /** What got through to it, in order. */
  readonly requests: Echoed[] = [];

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  /** Sends this much more of every download, a request of any path that ends with `/download`. */
  feed(text: string): void {
    for (const download of this.#downloads) download.enqueue(new TextEncoder().encode(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const download of this.#downloads) download.close();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const { pathname: path } = new URL(request.url);
    const { headers } = request;
    const echoed = {
      host: headers.get("host"),
      path,
      authorization: headers.get("authorization"),
    };
    this.requests.push(echoed);
    return path.endsWith("/download") ? new Response(this.#download()) : Response.json(echoed);
  }

  #download(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let own: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream({
      start: (controller) => {
        own = controller;
        this.#downloads.add(controller);
      },
      cancel: () => {
        this.#downloads.delete(own);
      },
    });
  }
}
