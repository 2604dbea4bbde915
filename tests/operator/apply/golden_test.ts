/**
 * Every rule of merging as a directory in `tests/testdata/apply`: `before.yaml.txt` and `ask.json`
 * give `after.yaml.txt` and `notices.txt`, `unchanged.txt` or `refused.txt`; with `since.yaml.txt`
 * the addition is taken back from that file. `UPDATE_GOLDEN=1` writes what comes out. The names end
 * in `.txt` since no formatter may touch a byte of them.
 */

import assert from "node:assert/strict";
import { cases, commentsOf, golden, shown, writeGolden } from "./golden.ts";

const UPDATE = Deno.env.get("UPDATE_GOLDEN") === "1";

/** Written again by structure, these come out in another form that means the same. */
const ONLY_EXACT = [
  "byte-order-mark-alone",
  "byte-order-mark-routes-missing",
  "explicit-keys",
  "allowlist-empty-list",
  "allowlist-key-missing",
  "empty-brackets-over-lines",
  "empty-file",
  "empty-list",
  "empty-list-with-comment",
  "comments-only",
  "flow-mapping-without-routes",
  "flow-widened",
  "routes-missing",
  "routes-null",
  "routes-null-with-comment",
  "routes-tilde",
  "undo-widened-list-of-another-version",
  "widened-list-first",
];

for (const { name, before, engine, since } of await cases()) {
  Deno.test(`apply ${name}`, async (t) => {
    const edit = engine.add(before);
    const files = { ...shown(edit, "after") };
    if (since !== undefined) {
      assert.equal(edit.kind, "changed", "only what was added can be taken back");
      Object.assign(
        files,
        shown(engine.remove(since, edit.kind === "changed" ? json(edit.added) : 0), "undone"),
      );
    }
    if (UPDATE) await writeGolden(name, files);
    await t.step("comes out as the golden files have it", async () => {
      assert.deepEqual(files, await golden(name));
    });
    await t.step("is told the same way without being made", () => {
      const { kind, ...told } = engine.look(before);
      assert.equal(kind, edit.kind);
      const said = "notices" in edit ? { notices: edit.notices } : { problem: edit.problem };
      assert.deepEqual("notices" in told ? { notices: told.notices } : told, said);
    });
    if (edit.kind !== "changed") return;
    await t.step("applied again changes nothing", () => {
      assert.equal(engine.add(edit.after).kind, "unchanged");
    });
    await t.step("taken back gives the old text to the byte", () => {
      assert.deepEqual(engine.remove(edit.after, json(edit.added)), {
        kind: "changed",
        after: before,
        notices: [],
      });
    });
    if (!engine.isYaml) return;
    await t.step("taken back by its structure gives the old text", () => {
      const removal = engine.remove(edit.after, forgetful(json(edit.added)));
      assert.equal(removal.kind, "changed");
      if (removal.kind !== "changed" || ONLY_EXACT.includes(name)) return;
      assert.equal(removal.after, before);
    });
    await t.step("keeps every comment, in order", () => {
      const isWidened = (edit.added as { change?: string }).change === "widened";
      if (!isWidened) assert.deepEqual(commentsOf(edit.after), commentsOf(before));
    });
  });
}

function json(added: unknown): unknown {
  return JSON.parse(JSON.stringify(added));
}

/** The addition as if the file had been changed since. */
function forgetful(added: unknown): unknown {
  const { exact, ...rest } = added as { exact: object };
  return { ...rest, exact: { ...exact, sha256_after: "0".repeat(64) } };
}
