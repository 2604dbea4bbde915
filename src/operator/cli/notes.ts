/** The operator's words to the agent, checked before anything is claimed. */

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
