/**
 * The basis of an answer: a hash over all that the operator was shown, as `show` prints it and
 * `--basis` takes it. An answer with a basis is given to nothing else.
 */

import { isOpen, type Item } from "../../queue/item.ts";
import type { Proposal } from "../../queue/proposal.ts";
import type { Plan } from "../apply/plan.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { Failure } from "../failure.ts";
import { approvableText } from "./approvable.ts";
import type { CommandContext } from "./command.ts";
import { findItem, reading } from "./find.ts";
import { type Outlook, outlookOn } from "./outlook.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";

const BASIS = /^[0-9a-f]{32,64}$/;

/** What would happen to the live files, where no plan says it. */
const NOTHING = "nothing";
const NOBODY_KNOWS = "nobody knows";

/** SHA-256, hexadecimal. `approved` is what would be approved, if anything can be. */
export function basisOf(
  proposal: Proposal,
  approved: string | undefined,
  { plan, problem }: { readonly plan: Plan | undefined; readonly problem?: unknown },
): string {
  const parts = [
    ...[proposal.bottle_slug, proposal.id, proposal.tool],
    ...[proposal.current_file_hash, proposal.justification, approved ?? ""],
    problem ? NOBODY_KNOWS : plan?.live ?? NOTHING,
  ];
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  return sha256Hex(parts.map((part) => `${bytes(part)}:${part}`).join(""));
}

/** The basis of a proposal as `show` shows it. */
export function shownBasis({ proposal }: Item, outlook: Outlook): string {
  return basisOf(proposal, approvableText(proposal), outlook);
}

/** `--basis` in lower case. Throws a usage failure when it is none. */
export function readBasis(context: CommandContext): string | undefined {
  const basis = context.text("basis")?.toLowerCase();
  if (basis === undefined || BASIS.test(basis)) return basis;
  throw new Failure(
    "usage",
    `--basis "${basis}" is no basis; the 32 to 64 hexadecimal digits that show prints are wanted`,
    { do: "show", id: context.operand ?? "ID" },
  );
}

/**
 * Finds the proposal that is to be answered. Throws a failure when it is not what was shown with
 * `--basis`; a bottle that took its sidecar over can change it at any time.
 */
export async function findShown(context: CommandContext): Promise<Item> {
  const basis = readBasis(context);
  const item = await findItem(context);
  if (basis !== undefined && isOpen(item)) await requireShown(context, item, basis);
  return item;
}

/** Throws a failure when `basis` is not the beginning of what would be shown now. */
export async function requireShown(
  context: CommandContext,
  item: Item,
  basis: string,
): Promise<void> {
  if (!shownBasis(item, await outlookOn(context, item)).startsWith(basis)) {
    throw notShown(item);
  }
}

/** Throws a failure when what stands in the queue now is not what `item` was read from. */
export async function requireSame(context: CommandContext, item: Item): Promise<void> {
  const { slug, proposal } = item;
  const now = await reading(context, () => context.app.desk.look(slug, proposal.id));
  const isSame = isOpen(item) && now !== undefined && isOpen(now) &&
    now.proposal.current_file_hash === proposal.current_file_hash &&
    now.proposal.tool === proposal.tool && now.proposal.justification === proposal.justification;
  if (!isSame) throw notShown(item);
}

function notShown({ proposal }: Item): Stale {
  const id = shorten(proposal.id);
  return new Stale(id, { do: "show", id });
}
