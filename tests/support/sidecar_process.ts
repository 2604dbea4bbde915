/** Runs the sidecar to see how it starts or fails to, where `startSidecar` would wait for a port. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { Running } from "./process.ts";
import { runtimeEnvironment, sidecarArguments } from "./programs.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** `env` is the whole environment apart from what the runtime needs. */
export function runSidecar(
  queueDirectory: string,
  env: Readonly<Record<string, string>>,
  net: readonly string[] = [],
): Running {
  return new Running(Deno.execPath(), {
    args: sidecarArguments(queueDirectory, net),
    env: { ...runtimeEnvironment(), ...env },
    clearEnv: true,
    cwd: ROOT,
  });
}
