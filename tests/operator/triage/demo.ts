/**
 * The triage screen over a directory of plain files, for tests of the screen alone: no queue, no
 * live file. `items.json` is what is asked, `fail.json` a failure, `hold` what an action waits for.
 */

import { join } from "node:path";
import { Failure, type FailureCode, type Remedy } from "../../../src/operator/failure.ts";
import { reviewOf } from "../../../src/operator/review/mod.ts";
import { growthOf } from "../../../src/operator/review/growth.ts";
import { cardRows } from "../../../src/operator/text/card.ts";
import { plain } from "../../../src/operator/text/row.ts";
import { itemTable } from "../../../src/operator/cli/table.ts";
import type { Actions, Recent } from "../../../src/operator/triage/actions.ts";
import { nameOf } from "../../../src/operator/triage/state.ts";
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
  async detail(item, columns, edited) {
    const { proposal } = item;
    const review = reviewOf(
      edited === undefined ? proposal : { ...proposal, proposed_file: edited },
    );
    const isUnderstood = review.kind === "understood";
    const canApprove = isUnderstood && review.isCanonical;
    const notices = isUnderstood
      ? review.notices
      : [{ label: "NOT IN THE EXPECTED FORM", text: review.problem }];
    const file = edited ?? proposal.proposed_file;
    return await Promise.resolve({
      item,
      rows: cardRows({
        ...{ review, notices, file, isEdited: edited !== undefined, repeats: [] },
        justification: proposal.justification,
        fields: [["tool", proposal.tool]],
        ...{ changes: [], remarks: [] },
      }, columns),
      basis: proposal.current_file_hash,
      grows: growthOf(proposal.tool, file) ?? (isUnderstood ? [review.asks] : []),
      notices: notices.map(({ label, text }) => visibleLine(`${label}  ${text}`)),
      changes: [],
      canApprove,
      ...canApprove ? {} : { why: "The proposed file is wrong: modify or reject it." },
      alone: notices[0] && `it has a warning, ${notices[0].label}`,
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
    const line = `Rejected ${item.proposal.id.slice(0, 8)}.`;
    return { sentences: [line], line, moot: [] };
  },
  async edit(item, columns) {
    const editor = new Deno.Command("sh", {
      args: [path("editor")],
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    const { success } = await editor.spawn().status;
    if (!success) throw new Failure("editor-failed", "the editor ended with code 1");
    const file = await readJson<string>("edited.json");
    if (file === undefined) return { kind: "unchanged" };
    return { kind: "changed", file, detail: await this.detail(item, columns, file) };
  },
  async modify(item, _file, basis, notes) {
    await act("modify", item.proposal.id, basis, notes);
    await leaveOut(item);
    return { sentences: [`Approved ${item.proposal.id.slice(0, 8)} as modified.`], moot: [] };
  },
  async answerAll(verb, chosen, notes, onDone) {
    for (const [index, { item, basis }] of chosen.entries()) {
      await act(verb, item.proposal.id, basis, notes);
      await leaveOut(item);
      onDone(index + 1);
    }
    const outcomes = chosen.map(({ item }) => ({
      name: nameOf(item),
      isDone: true,
      what: `${verb} is done`,
    }));
    return { outcomes, sentences: [] };
  },
  async cover(by, moot) {
    await act("cover", by.proposal.id);
    return moot.map(({ item }) => `Answered ${item.proposal.id.slice(0, 8)}.`);
  },
  async recent() {
    return await readJson<Recent[]>("recent.json") ?? [];
  },
  undoing: () => Promise.resolve([plain("Would change routes.yaml:"), plain("  -|   - host: a")]),
  async undo(recent, notes) {
    await act("undo", recent.id, notes);
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
const announces = { bell: true, title: true };
await runTriage(actions, systemTerminal(true), { now: () => NOW, announces });
Deno.exit(0);
