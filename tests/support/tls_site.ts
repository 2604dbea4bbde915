/** A site over TLS with a certificate of its own, which `openssl` makes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { temporary } from "./temporary.ts";

export interface TlsSite extends AsyncDisposable {
  readonly port: number;
  /** Its certificate, as PEM. */
  readonly certificate: string;
  /** How many requests have reached it. */
  readonly requests: number;
}

/** Makes `key.pem` and `cert.pem` in `directory`, for `hosts`. Returns both as PEM. */
export async function makeCertificate(
  directory: string,
  hosts: readonly string[],
): Promise<{ readonly key: string; readonly cert: string }> {
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const names = hosts.map((host) => `DNS:${host}`).join(",");
  const made = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=site"],
      ...["-addext", `subjectAltName=${names}`, "-addext", "basicConstraints=critical,CA:FALSE"],
    ],
  }).output();
  assert.ok(made.success, new TextDecoder().decode(made.stderr));
  return { key: await Deno.readTextFile(key), cert: await Deno.readTextFile(cert) };
}

/** Answers every request with `over TLS`, under the names `hosts`. */
export async function tlsSite(hosts: readonly string[]): Promise<TlsSite> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary());
  const { key, cert } = await makeCertificate(path, hosts);
  let requests = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    cert,
    key,
  }, () => {
    requests++;
    return new Response("over TLS");
  });
  stack.defer(() => server.shutdown());
  const owned = stack.move();
  return {
    port: server.addr.port,
    certificate: cert,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
