/** Runs the sidecar to see how it starts or fails to, where `startSidecar` would wait for a port. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { Running } from "./process.ts";
import { sidecarArguments } from "./programs.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What the runtime needs to find itself and its caches; the sidecar may not read it. */
const RUNTIME = ["PATH", "HOME", "DENO_DIR", "DENORT_BIN"];

/** `env` is the whole environment apart from what the runtime needs. */
export function runSidecar(
  queueDirectory: string,
  env: Readonly<Record<string, string>>,
  net: readonly string[] = [],
): Running {
  const runtime = RUNTIME.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Running(Deno.execPath(), {
    args: sidecarArguments(queueDirectory, net),
    env: { ...Object.fromEntries(runtime), NO_COLOR: "1", ...env },
    clearEnv: true,
    cwd: ROOT,
  });
}
