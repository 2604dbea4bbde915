/**
 * The basis of an answer: what the operator was shown, as `show` prints it and `--basis` takes it.
 * Its first part is the proposed file, the second, after a dash, the live files before and after.
 */

import type { Item } from "../../queue/bottle.ts";
import { Failure } from "../failure.ts";
import type { Call } from "./command.ts";
import { findItem, reading } from "./find.ts";
import { shorten } from "./short_id.ts";

export interface Shown {
  readonly item: Item;
  /** The beginning of the hash over the live files; undefined when it was not given. */
  readonly live: string | undefined;
}

const BASIS = /^([0-9a-f]{8,64})(?:-([0-9a-f]{8,64}))?$/;

/**
 * Finds the proposal that is to be answered. Throws a failure when its file is not the one that
 * `--basis` was shown with; a bottle that took its sidecar over can change it at any time.
 */
export async function findShown(call: Call): Promise<Shown> {
  const text = call.text("basis")?.toLowerCase();
  const [, file, live] = BASIS.exec(text ?? "") ?? [];
  if (text !== undefined && file === undefined) {
    throw new Failure(
      "usage",
      `--basis "${text}" is no basis; the hexadecimal digits that show prints are wanted`,
      call.next("show", call.operand ?? "ID"),
    );
  }
  const item = await findItem(call);
  if (file === undefined || item.proposal.current_file_hash.startsWith(file)) return { item, live };
  throw notShown(call, item);
}

/**
 * The proposal as it is now. Throws a failure when its file's hash no longer begins with `file`, or
 * the proposal is gone.
 */
export async function requireShown(call: Call, item: Item, file: string): Promise<Item> {
  const { id } = item.proposal;
  const now = await reading(call, () => call.desk.look(item.slug, id));
  if (!now) {
    throw new Failure("gone", `${shorten(id)} is no longer in the queue`, call.next("list"));
  }
  if (file === "" || !now.proposal.current_file_hash.startsWith(file)) throw notShown(call, now);
  return now;
}

/** Throws a failure when what stands in the queue now is not what `item` was read from. */
export async function requireSame(call: Call, item: Item): Promise<void> {
  const { id, tool, current_file_hash: basis } = item.proposal;
  const found = await reading(call, () => call.desk.find(id, item.slug));
  const now = found.kind === "found" ? found.item.proposal : undefined;
  if (now?.current_file_hash !== basis || now.tool !== tool) throw notShown(call, item);
}

function notShown(call: Call, item: Item): Failure {
  const id = shorten(item.proposal.id);
  return new Failure(
    "changed",
    `${id} is not what was shown any more: its file was changed, nothing was decided`,
    call.next("show", id),
  );
}

/** `--basis` as it was given, to go on with. */
export function givenBasis(call: Call): string[] {
  const basis = call.text("basis");
  return basis === undefined ? [] : ["--basis", basis];
}

/** The digits of a hash that are printed and typed. */
const SHOWN_DIGITS = 12;

export function shortBasis(file: string, live?: string): string {
  return [file, live].filter((hash) => hash !== undefined)
    .map((hash) => hash.slice(0, SHOWN_DIGITS)).join("-");
}
