/** A shell on a real terminal, to type the operator's commands in. */

import { fileURLToPath } from "node:url";
import { runtimeEnvironment } from "../support/programs.ts";
import { startTmux, type Tmux } from "../support/tmux.ts";
import { script } from "./fixture.ts";
import type { Stand } from "./live/stand.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A shell in which `ctl` is the program, over the queue and the files of `place`. */
export async function shell(
  place: Stand,
  env: Readonly<Record<string, string>> = {},
): Promise<Tmux> {
  const all = {
    ...runtimeEnvironment(),
    SUPERVISE_QUEUE_ROOT: place.root,
    SUPERVISE_STATE_DIR: `${place.root}/.state`,
    SUPERVISE_CONFIG: place.configFile,
    SUPERVISE_OPERATOR: "alice",
    ...env,
  };
  const assignments = Object.entries(all).map(([name, value]) => `${name}='${value}'`).join(" ");
  const file = await script(
    place.path,
    "ctl",
    `cd ${ROOT}; env ${assignments} ${Deno.execPath()} run -q --no-prompt ` +
      '--cached-only -P=supervisectl src/operator/main.ts "$@"; echo "exit $?"',
  );
  const tmux = await startTmux({ cwd: place.path });
  await tmux.type(`ctl() { ${file} "$@"; }; clear`);
  await tmux.press("Enter");
  await tmux.until(/^\$\n\n/);
  return tmux;
}
