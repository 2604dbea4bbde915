/** The triage screen on a real terminal with a bug in it, where the argument says: `action`, `promise`, `timer`. */

import type { Actions } from "../../../src/operator/triage/actions.ts";
import { runTriage } from "../../../src/operator/triage/run.ts";
import { systemTerminal } from "../../../src/operator/triage/terminal.ts";
import { NOW } from "../fixture.ts";

const [where] = Deno.args;

function fail(): never {
  throw new TypeError("a bug");
}

const actions: Actions = {
  perform(task) {
    if (task.name === "list") return Promise.resolve({ name: "listed", items: [], skipped: 0 });
    if (where === "promise") Promise.resolve().then(fail);
    if (where === "timer") setTimeout(fail);
    return where === "action" ? Promise.reject(new TypeError("a bug")) : new Promise(() => {});
  },
  table: () => [],
  remedyLine: ({ do: what }) => what,
  watch: () => ({ [Symbol.dispose]() {} }),
  readDrafts: () => Promise.resolve(new Map()),
  saveDrafts: () => Promise.resolve(),
};

await runTriage(actions, systemTerminal(true), { now: () => NOW });
