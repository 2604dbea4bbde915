/** Random files and asks: the engine's texts mean what a plain implementation of the rules says. */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { removeRoute } from "../../../src/operator/apply/route_removal.ts";
import { addRoute, type ApprovedRoute } from "../../../src/operator/apply/routes.ts";
import { Random } from "../../support/random.ts";
import { commentsOf } from "./golden.ts";
import { randomAsk, randomFile } from "./random_file.ts";

const ROUNDS = 500;
const HISTORIES = 150;

interface PlainRoute {
  host: string;
  path_allowlist?: string[] | null;
  auth?: unknown;
}

type Data = Record<string, unknown> & { routes?: PlainRoute[] | null };

/** The rules, on plain data; undefined when nothing changes. */
function merged(before: Data, ask: ApprovedRoute): Data | undefined {
  const data = structuredClone(before);
  const known = data.routes?.find(({ host }) => bare(host) === bare(ask.host));
  if (!known) {
    data.routes = [...data.routes ?? [], structuredClone(ask) as PlainRoute];
    return data;
  }
  const there = known.path_allowlist ?? [];
  if (there.length === 0 || there.includes("/")) return undefined;
  if (!ask.path_allowlist) {
    delete known.path_allowlist;
    return data;
  }
  const isNew = (path: string) =>
    !there.some((old) => path === old || path.startsWith(old.replace(/\/?$/, "/")));
  const added = ask.path_allowlist.filter(isNew);
  if (added.length === 0) return undefined;
  known.path_allowlist = [...new Set([...there, ...added])];
  return data;
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}

Deno.test(`addRoute and removeRoute follow the rules in ${ROUNDS} random rounds`, () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = new Random(seed);
    const before = randomFile(random);
    const ask = randomAsk(random);
    const round = `seed ${seed}: ${JSON.stringify({ before, ask })}`;
    const data: Data = parse(before) ?? {};
    const expected = merged(data, ask);
    const edit = addRoute(before, ask);
    if (!expected) {
      assert.equal(edit.kind, "unchanged", round);
      continue;
    }
    assert.ok(edit.kind === "changed", `${round} ${JSON.stringify(edit)}`);
    assert.ok(!edit.notices.some(({ label }) => label === "REFORMATTED"), round);
    for (const version of ["1.1", "1.2"] as const) {
      const wanted: Data | undefined = version === "1.2"
        ? expected
        : merged(parse(before, { version }) ?? {}, ask);
      assert.deepEqual(parse(edit.after, { version }), wanted, round);
    }
    assert.equal(addRoute(edit.after, ask).kind, "unchanged", round);
    const added = JSON.parse(JSON.stringify(edit.added));
    assert.deepEqual(
      removeRoute(edit.after, added),
      { kind: "changed", after: before, notices: [] },
      round,
    );
    const byStructure = removeRoute(edit.after, changedSince(added));
    assert.ok(byStructure.kind === "changed", round);
    assert.deepEqual(parse(byStructure.after).routes, data.routes ?? [], round);
    if (added.change === "widened") continue;
    assert.deepEqual(commentsOf(edit.after), commentsOf(before), round);
    if (data.routes?.length) assert.equal(byStructure.after, before, round);
  }
});

Deno.test(`removeRoute opens nothing that was not open, in ${HISTORIES} random histories`, () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const random = new Random(seed * 7_919);
    let text = randomFile(random);
    const additions: unknown[] = [];
    for (let step = 0; step < 12; step++) {
      const round = `seed ${seed}, step ${step}: ${JSON.stringify(text)}`;
      if (additions.length > 0 && random.below(2) === 0) {
        const [added] = additions.splice(random.below(additions.length), 1);
        const removal = removeRoute(text, added);
        assert.notEqual(removal.kind, "refused", `${round} ${JSON.stringify(removal)}`);
        if (removal.kind !== "changed") continue;
        assertNoWider(parse(text), parse(removal.after), round);
        text = removal.after;
      } else {
        const edit = addRoute(text, randomAsk(random));
        assert.notEqual(edit.kind, "refused", round);
        if (edit.kind !== "changed") continue;
        additions.push(JSON.parse(JSON.stringify(edit.added)));
        text = edit.after;
      }
    }
  }
});

function assertNoWider(before: Data, after: Data, round: string): void {
  for (const { host, path_allowlist: paths } of after.routes ?? []) {
    const old = before.routes?.find((route) => route.host === host);
    assert.ok(old, round);
    if (!old.path_allowlist?.length) continue;
    assert.ok(paths?.length, `${round}: ${host} was opened`);
    for (const path of paths) assert.ok(old.path_allowlist.includes(path), round);
  }
}

/** The addition as if the file had been changed since. */
function changedSince(added: { exact: object }): unknown {
  return { ...added, exact: { ...added.exact, sha256_after: "0".repeat(64) } };
}

Deno.test(`addRoute refuses or keeps to the rules on ${ROUNDS} damaged files`, () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = new Random(seed * 104_729);
    const whole = new TextEncoder().encode(randomFile(random));
    const text = new TextDecoder().decode(random.mutate(whole));
    const ask = randomAsk(random);
    const edit = addRoute(text, ask);
    outcomes.add(edit.kind);
    if (edit.kind !== "changed") continue;
    const round = `seed ${seed}: ${JSON.stringify({ text, ask })}`;
    assert.deepEqual(parse(edit.after), merged(parse(text) ?? {}, ask), round);
    assert.equal(addRoute(edit.after, ask).kind, "unchanged", round);
    assert.equal(removeRoute(edit.after, edit.added).kind, "changed", round);
    const removal = removeRoute(edit.after, changedSince(edit.added));
    assert.ok(removal.kind !== "unchanged", round);
    if (removal.kind === "changed" && edit.added.change !== "widened") {
      assertNoWider(parse(edit.after), parse(removal.after), round);
    }
  }
  assert.deepEqual([...outcomes].sort(), ["changed", "refused", "unchanged"]);
});
