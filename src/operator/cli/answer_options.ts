/** What goes with an answer on the command line, checked before anything is claimed. */

import { faultOfText } from "../../queue/text.ts";
import { Failure } from "../failure.ts";
import type { CommandContext } from "./command.ts";

/** In bytes of UTF-8: an agent reads it in full. */
const MAX_NOTES_BYTES = 8_192;

/** The value of `--notes`, "" without. Throws a usage failure for what cannot be sent. */
export function readNotes(context: CommandContext): string {
  const notes = context.text("notes") ?? "";
  const fault = faultOfText(notes);
  if (fault) throw new Failure("usage", `--notes ${fault}`);
  const bytes = new TextEncoder().encode(notes).length;
  if (bytes > MAX_NOTES_BYTES) {
    throw new Failure(
      "usage",
      `--notes must have at most ${MAX_NOTES_BYTES} bytes, got ${bytes}`,
    );
  }
  return notes;
}

const BASIS = /^[0-9a-f]{32,64}$/;

/** In lower case. Throws a usage failure for anything else than the digits of a basis. */
export function readBasis(context: CommandContext): string | undefined {
  const basis = context.text("basis")?.toLowerCase();
  if (basis === undefined || BASIS.test(basis)) return basis;
  throw new Failure(
    "usage",
    `--basis must be the 32 to 64 hexadecimal digits that show prints, got "${basis}"`,
    { do: "show", id: context.operand ?? "ID" },
  );
}
