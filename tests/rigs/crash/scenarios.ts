/** What the operator does when the program is killed: one entry a command. */

import { join } from "node:path";
import { json } from "../../operator/fixture.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { OLD_TEXTS, type World } from "./world.ts";

export interface Scenario {
  readonly name: string;
  /** Its calls are much those of another one: a short run takes few of them. */
  readonly isLike?: true;
  /** What it leaves of the proposal: a decision, or an access that was taken back, or given again. */
  readonly ends: "approved" | "modified" | "rejected" | "undone" | "resumed";
  readonly tool: string;
  readonly file: string;
  /** Another ask that changes the same files. */
  readonly another: string;
  /** Until the command that is killed. */
  prepare(world: World, proposal: Proposal): Promise<void>;
  args(world: World, proposal: Proposal): string[];
  /** What is done in the end, when `another` was asked for in the proposal `second`. */
  goOn(proposal: Proposal, second: Proposal): string[][];
}

/** Changes the middle of one file, so that a torn one is no YAML, and one of the other's two hosts. */
const EGRESS = {
  tool: "egress-block",
  file: json({ host: "pypi.example", path_allowlist: ["/packages/"] }),
  another: json({ host: "crates.example" }),
};

/** Changes both files; taken back, it leaves the middle of them. */
const NEW_HOST = {
  tool: "egress-block",
  file: json({ host: "api.github.example", path_allowlist: ["/repos/acme/"] }),
  another: json({ host: "crates.example" }),
};

const CAPABILITY = {
  tool: "capability-block",
  file: OLD_TEXTS.Dockerfile.replace("update\n", "update && apt-get install -y jq\n"),
  another: OLD_TEXTS.Dockerfile.replace("debian", "ubuntu"),
};

async function nothing(): Promise<void> {}

function approveOther(_: Proposal, second: Proposal): string[][] {
  return [["approve", second.id]];
}

function approveOtherAndUndo({ id }: Proposal, second: Proposal): string[][] {
  return [["approve", second.id], ["undo", id]];
}

/** Of a Dockerfile only the last change can be taken back. */
function undoBoth({ id }: Proposal, second: Proposal): string[][] {
  return [["approve", second.id], ["undo", second.id], ["undo", id]];
}

async function approved(world: World, { id }: Proposal): Promise<void> {
  const { code, stderr } = await world.ctl(["approve", id]);
  if (code !== 0) throw new Error(`approve ended with ${code}: ${stderr}`);
}

async function undone(world: World, proposal: Proposal): Promise<void> {
  await approvedBefore(world, proposal);
  const { code, stderr } = await world.ctl(["undo", proposal.id, "--notes", "a mistake"]);
  if (code !== 0) throw new Error(`undo ended with ${code}: ${stderr}`);
}

/** What another approval added since is behind it. */
async function approvedBefore(world: World, proposal: Proposal): Promise<void> {
  await approved(world, proposal);
  const file = json({ host: "later.example", path_allowlist: ["/a/"] });
  await approved(world, await world.ask(proposal.tool, file));
}

export const SCENARIOS: readonly Scenario[] = [
  {
    ...{ name: "approve of an egress-block", ends: "approved", ...EGRESS, prepare: nothing },
    goOn: approveOtherAndUndo,
    args: (_, { id }) => ["approve", id, "--notes", "for this week"],
  },
  {
    ...{
      name: "approve of a capability-block",
      isLike: true,
      ends: "approved",
      ...CAPABILITY,
      prepare: nothing,
    },
    goOn: undoBoth,
    args: (_, { id }) => ["approve", id],
  },
  {
    ...{
      name: "modify --file",
      isLike: true,
      ends: "modified",
      ...EGRESS,
      goOn: approveOtherAndUndo,
    },
    async prepare({ live }) {
      const file = json({ host: "pypi.example", path_allowlist: ["/packages/acme/"] });
      await Deno.writeTextFile(join(live, "..", "route.json"), file);
    },
    args: ({ live }, { id }) => ["modify", id, "--file", join(live, "..", "route.json")],
  },
  {
    ...{ name: "reject", ends: "rejected", ...EGRESS, prepare: nothing },
    goOn: approveOther,
    args: (_, { id }) => ["reject", id, "--notes", "use the mirror"],
  },
  {
    ...{ name: "undo of an egress-block", ends: "undone", ...NEW_HOST, prepare: approvedBefore },
    goOn: approveOther,
    args: (_, { id }) => ["undo", id, "--notes", "the wrong one"],
  },
  {
    ...{ name: "approve of what was undone", ends: "resumed", ...NEW_HOST, prepare: undone },
    goOn: approveOtherAndUndo,
    args: (_, { id }) => ["approve", id],
  },
  {
    ...{
      name: "undo of a capability-block",
      isLike: true,
      ends: "undone",
      ...CAPABILITY,
      prepare: approved,
    },
    goOn: approveOther,
    args: (_, { id }) => ["undo", id],
  },
];
