/** A bottle's egress proxy with its routes file, before one site that says what reached it. */

import { join } from "node:path";
import { EchoSite } from "../../support/echo_site.ts";
import { type Egress, type EgressOptions, startEgress } from "../../support/mitmproxy.ts";
import { get } from "../../support/proxied.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually } from "../../support/within.ts";

export const ROUTES = `# who may be reached
routes:
  - host: Api.Example
    path_allowlist: [/repos/acme/, /user]
  - host: every.example
  - host: none.example
    path_allowlist: []
  - host: secret.example
    auth: { scheme: Bearer, token_ref: TOKEN_A }
  - host: unknown-secret.example
    auth: { scheme: token, token_ref: TOKEN_B }
`;

export interface Scene extends AsyncDisposable {
  readonly site: EchoSite;
  readonly egress: Egress;
  readonly routesFile: string;
  /** What the proxy says at its own address. */
  status(): Promise<Status>;
  /** The hosts of the table in force. */
  hosts(): Promise<readonly string[]>;
  /** Writes a routes file and waits until it is in force. */
  enforce(text: string): Promise<void>;
}

export interface Status {
  readonly tls: string;
  readonly routes: number;
  readonly error: string | null;
  readonly reloads: number;
  readonly connections_cut: number;
  readonly uses: Readonly<
    Record<string, { readonly requests: number; readonly last_used: string }>
  >;
}

export async function scene(
  options: Partial<EgressOptions> = {},
  routes = ROUTES,
): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary());
  const site = stack.use(new EchoSite());
  const routesFile = join(path, "routes.yaml");
  await Deno.writeTextFile(routesFile, routes);
  const egress = stack.use(
    await startEgress({
      routesFile,
      upstream: site.address,
      ...options,
      env: { TOKEN_A: "s3cret", ...options.env },
    }),
  );
  const ask = async (path: string) => {
    const { body } = await get(egress, `http://_egress.local${path}`);
    return JSON.parse(body);
  };
  const status = () => ask("/status");
  const owned = stack.move();
  return {
    site,
    egress,
    routesFile,
    status,
    hosts: async () => (await ask("/allowlist")).routes.map(({ host }: { host: string }) => host),
    enforce: async (text) => {
      const before = (await status()).reloads;
      await Deno.writeTextFile(routesFile, text);
      egress.process.kill("SIGHUP");
      await eventually(60, "the new table", async () => (await status()).reloads > before);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
