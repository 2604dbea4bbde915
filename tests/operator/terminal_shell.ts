/** A shell on a real terminal, to type the operator's commands in. */

import { fileURLToPath } from "node:url";
import { runtimeEnvironment } from "../support/programs.ts";
import { HAS_TMUX, startTmux, type Tmux } from "../support/tmux.ts";
import { script } from "./fixture.ts";
import type { Stand } from "./live/stand.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The line of a shell that runs the program as alice, over the queue and the files of `place`. */
export function programLine(place: Stand, env: Readonly<Record<string, string>> = {}): string {
  const all = {
    ...runtimeEnvironment(),
    SUPERVISE_QUEUE_ROOT: place.root,
    SUPERVISE_STATE_DIR: `${place.root}/.state`,
    SUPERVISE_CONFIG: place.configFile,
    SUPERVISE_OPERATOR: "alice",
    ...env,
  };
  const assignments = Object.entries(all).map(([name, value]) => `${name}='${value}'`).join(" ");
  return `cd ${ROOT}; env ${assignments} ${Deno.execPath()} run -q --no-prompt --cached-only ` +
    "-P=supervisectl src/operator/main.ts";
}

/** A shell in which `ctl` is the program. */
export async function shell(
  place: Stand,
  env: Readonly<Record<string, string>> = {},
): Promise<Tmux> {
  const file = await script(place.path, "ctl", `${programLine(place, env)} "$@"; echo "exit $?"`);
  const tmux = await startTmux({ cwd: place.path });
  await tmux.type(`ctl() { ${file} "$@"; }; clear`);
  await tmux.press("Enter");
  await tmux.until(/^\$\n\n/);
  return tmux;
}

/** A test that is skipped where there is no tmux. */
export function terminalTest(name: string, test: () => Promise<void>): void {
  Deno.test({ name, ignore: !HAS_TMUX, fn: test });
}
