/**
 * The triage screen over a directory of plain files, for tests of the screen alone: no queue, no
 * live file. `items.json` is what is asked, `fail.json` a failure, `hold` what an action waits for.
 */

import { join } from "node:path";
import { Failure, type FailureCode, type Remedy } from "../../../src/operator/failure.ts";
import { wrapWords } from "../../../src/operator/columns.ts";
import { reviewOf } from "../../../src/operator/review/mod.ts";
import { quote } from "../../../src/operator/review/quote.ts";
import { itemTable } from "../../../src/operator/cli/table.ts";
import { type Actions, BOLD, type Recent } from "../../../src/operator/triage/actions.ts";
import { runTriage } from "../../../src/operator/triage/run.ts";
import { systemTerminal } from "../../../src/operator/triage/terminal.ts";
import { visibleLine } from "../../../src/operator/visible.ts";
import type { Item } from "../../../src/queue/item.ts";
import { eventually } from "../../support/within.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const [directory = "."] = Deno.args;
const path = (name: string) => join(directory, name);

async function readJson<T>(name: string): Promise<T | undefined> {
  return await Deno.readTextFile(path(name)).then(JSON.parse, () => undefined);
}

async function exists(name: string): Promise<boolean> {
  return await Deno.lstat(path(name)).then(() => true, () => false);
}

async function act(verb: string, ...words: readonly string[]): Promise<void> {
  await Deno.writeTextFile(path("log"), [verb, ...words].join(" ") + "\n", { append: true });
  await eventually(60, "end of the hold", async () => !await exists("hold"));
  const failure = await readJson<{ code: FailureCode; message: string; remedy?: Remedy }>(
    "fail.json",
  );
  if (failure) throw new Failure(failure.code, failure.message, failure.remedy);
  if (await exists("bug")) throw new TypeError("a bug in an action");
}

async function leaveOut(item: Item): Promise<void> {
  const items = await readJson<Item[]>("items.json") ?? [];
  const left = items.filter(({ proposal }) => proposal.id !== item.proposal.id);
  await Deno.writeTextFile(path("items.new"), JSON.stringify(left));
  await Deno.rename(path("items.new"), path("items.json"));
}

const actions: Actions = {
  async list() {
    return { items: await readJson<Item[]>("items.json") ?? [], skipped: 0 };
  },
  table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
  async detail(item, columns) {
    const review = reviewOf(item.proposal);
    const notices = review.kind === "understood"
      ? review.notices.map(({ label, text }) => `${label}  ${visibleLine(text)}`)
      : [review.problem];
    const rows = [
      `Proposal ${item.proposal.id}`,
      "",
      ...review.kind === "understood"
        ? wrapWords(visibleLine(`Asks to ${review.asks}.`), columns)
        : ["NOT UNDERSTOOD"],
      ...notices.map((notice) => `  ! ${BOLD.on}${visibleLine(notice)}${BOLD.off}`),
      "",
      "The agent's justification:",
      ...quote(item.proposal.justification, columns, 100).rows,
      "",
      "The proposed file:",
      ...quote(item.proposal.proposed_file, columns, 400).rows,
    ];
    const canApprove = review.kind === "understood" && review.isCanonical;
    return await Promise.resolve({
      rows,
      basis: item.proposal.current_file_hash,
      notices,
      canApprove,
      ...canApprove ? {} : { why: "The proposed file is wrong: modify or reject it." },
    });
  },
  async approve(item, basis, notes) {
    await act("approve", item.proposal.id, basis, notes);
    await leaveOut(item);
    return {
      sentences: [
        `Approved ${item.proposal.id.slice(0, 8)}: api.github.com is in routes.yaml.`,
        "1 call of the agent is waiting and gets the answer now.",
      ],
      moot: [],
    };
  },
  async reject(item, basis, notes) {
    await act("reject", item.proposal.id, basis, notes);
    await leaveOut(item);
    return { sentences: [`Rejected ${item.proposal.id.slice(0, 8)}.`], moot: [] };
  },
  async modify(item, basis, notes) {
    const editor = new Deno.Command("sh", {
      args: [path("editor")],
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    const { success } = await editor.spawn().status;
    if (!success) throw new Failure("editor-failed", "the editor ended with code 1");
    await act("modify", item.proposal.id, basis, notes);
    await leaveOut(item);
    return { sentences: [`Approved ${item.proposal.id.slice(0, 8)} as modified.`], moot: [] };
  },
  async cover(by, moot) {
    await act("cover", by.proposal.id);
    return moot.map(({ item }) => `Answered ${item.proposal.id.slice(0, 8)}.`);
  },
  async recent() {
    return await readJson<Recent[]>("recent.json") ?? [];
  },
  async undo(recent) {
    await act("undo", recent.id);
    return [`Took back what ${recent.id.slice(0, 8)} added.`];
  },
  remedyLine: ({ do: what }) => what,
  watch(onChange) {
    const watcher = Deno.watchFs(directory);
    (async () => {
      for await (const { paths } of watcher) {
        if (paths.some((one) => one.endsWith("items.json"))) onChange();
      }
    })();
    return { [Symbol.dispose]: () => watcher.close() };
  },
  async readDrafts() {
    return new Map(Object.entries(await readJson<Record<string, string>>("drafts.json") ?? {}));
  },
  async saveDrafts(drafts) {
    await Deno.writeTextFile(path("drafts.new"), JSON.stringify(Object.fromEntries(drafts)));
    await Deno.rename(path("drafts.new"), path("drafts.json"));
  },
};

await Deno.writeTextFile(path("pid"), String(Deno.pid));
// A bug somewhere else in the program, while the screen is on.
for (const name of ["reject", "throw"]) {
  if (!await exists(name)) continue;
  const fail = () => {
    throw new TypeError("a bug elsewhere");
  };
  const end = eventually(60, `end of ${name}`, async () => !await exists(name));
  if (name === "reject") end.then(fail);
  else end.then(() => setTimeout(fail));
}
await runTriage(actions, systemTerminal(), () => NOW);
Deno.exit(0);
