/**
 * The basis of an answer: a hash over everything the operator was shown, which is the ask, the live
 * files before and after with the commands that tell their readers, and what is to be looked at
 * twice. An answer that names a basis is given to nothing else.
 */

import { isOpen, type Item } from "../../queue/item.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import type { Plan } from "../apply/plan.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { App } from "./app.ts";
import { approvableText } from "./approvable.ts";
import { reading } from "./find.ts";
import { type Preview, previewOf } from "./preview.ts";
import { Stale } from "./refusals.ts";

/** What would happen to the live files, where no plan says it. */
const NOTHING = "nothing";
const NOT_KNOWN = "not known";

/** What is shown beside the ask, as far as an answer is bound to it. */
interface ShownBesides {
  readonly plan: Plan | undefined;
  readonly problem?: unknown;
  /** Its approval was undone: one that was shown before must not be given again. */
  readonly undone?: Pick<ChangeRecord, "begun_at"> | undefined;
}

/** SHA-256, hexadecimal. `approved` is what would be approved, if anything can be. */
export function basisOf(
  proposal: Proposal,
  approved: string | undefined,
  { plan, problem, undone }: ShownBesides,
): string {
  const parts = [
    proposal.bottle_slug,
    proposal.id,
    proposal.tool,
    proposal.current_file_hash,
    proposal.justification,
    approved ?? "",
    problem ? NOT_KNOWN : plan?.live ?? NOTHING,
    // They also tell what other files say: where a host's credential goes, and who has the file too.
    (plan?.notices ?? []).map(({ label, text }) => `${label}  ${text}`).join("\n"),
    ...undone ? [undone.begun_at] : [],
  ];
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  return sha256Hex(parts.map((part) => `${bytes(part)}:${part}`).join(""));
}

/** The basis of a proposal that is shown as it stands. */
export function shownBasis({ proposal }: Item, preview: Preview): string {
  return basisOf(proposal, approvableText(proposal), preview);
}

/** All of the basis that begins with `basis`. Throws a failure when what would be shown now has another. */
export async function requireShown(app: App, item: Item, basis: string): Promise<string> {
  const now = shownBasis(item, await previewOf(app, item));
  if (!now.startsWith(basis)) throw new Stale(item.proposal.id);
  return now;
}

/** Throws a failure when what stands in the queue now is not what `item` was read from. */
export async function requireSame(app: App, item: Item): Promise<void> {
  const { slug, proposal } = item;
  const now = await reading(app, () => app.desk.look(slug, proposal.id));
  const isSame = isOpen(item) && now !== undefined && isOpen(now) &&
    now.proposal.current_file_hash === proposal.current_file_hash &&
    now.proposal.tool === proposal.tool && now.proposal.justification === proposal.justification;
  if (!isSame) throw new Stale(proposal.id);
}
