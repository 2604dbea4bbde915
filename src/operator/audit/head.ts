/** The log's head, kept beside it: without it a log whose end was cut off would look whole. */

import { join } from "node:path";
import { publishOver } from "../../queue/durable.ts";
import type { Entry } from "./chain.ts";
import { openRegular, readAt } from "./file.ts";

export interface Head {
  /** In decimal. */
  readonly seq: string;
  readonly hash: string;
}

const NAME = "audit.head";

/** As it is written, in its one form; the line feed may be missing. */
const FORM = /^\{"seq":"([1-9]\d{0,14})","hash":"([0-9a-f]{64})"\}\n?$/;

/** More than any head has, so that what follows one is seen. */
const MAX_BYTES = 1_024;

/** Undefined when there is none; "unreadable" when it is not what is written there. */
export async function readHead(directory: string): Promise<Head | undefined | "unreadable"> {
  using file = await openRegular(join(directory, NAME), { read: true }, "cannot-read");
  if (!file) return undefined;
  const bytes = await readAt(file, 0, MAX_BYTES);
  // A byte order mark would else be taken off, and not be missed.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const [, seq, hash] = FORM.exec(text) ?? [];
  return seq === undefined || hash === undefined ? "unreadable" : { seq, hash };
}

/** Survives a power cut when it returns. */
export async function publishHead(directory: string, { seq, hash }: Entry): Promise<void> {
  await publishOver(directory, NAME, JSON.stringify({ seq, hash }) + "\n");
}

/**
 * How the head stands to the last entry. It is written after the entry and caught up before the
 * next one, so a crash leaves it one entry behind and never ahead.
 */
export type Standing =
  | { readonly kind: "current" | "behind" }
  | {
    readonly kind: "broken";
    /** The first entry that is not as the head says. */
    readonly entry: number;
    readonly why: string;
  };

export function compareHead(
  head: Head | undefined | "unreadable",
  last: Entry | undefined,
): Standing {
  const ends = Number(last?.seq ?? 0);
  if (head === "unreadable") return broken(ends, "audit.head was changed: it names no entry");
  const said = Number(head?.seq ?? 0);
  if (said > ends) {
    const where = last ? `the log ends at ${ends}` : "the log is empty";
    return broken(ends + 1, `the end was cut off: ${where} and its head says ${said}`);
  }
  if (said < ends - 1) {
    const what = head ? `says ${said}` : "is gone";
    return broken(said + 1, `audit.head ${what} and the log ends at ${ends}: one was replaced`);
  }
  const isBehind = said < ends;
  if (head && head.hash !== (isBehind ? last?.previous : last?.hash)) {
    return broken(said, "it is not the entry that audit.head names: one of them was replaced");
  }
  return { kind: isBehind ? "behind" : "current" };
}

function broken(entry: number, why: string): Standing {
  return { kind: "broken", entry, why };
}
