/** `--basis`: what an answer is bound to. */

import { Failure } from "../failure.ts";
import type { CommandContext } from "./command.ts";

const BASIS = /^[0-9a-f]{32,64}$/;

/** In lower case. Throws a usage failure when it is none. */
export function readBasis(context: CommandContext): string | undefined {
  const basis = context.text("basis")?.toLowerCase();
  if (basis === undefined || BASIS.test(basis)) return basis;
  throw new Failure(
    "usage",
    `--basis must be the 32 to 64 hexadecimal digits that show prints, got "${basis}"`,
    { do: "show", id: context.operand ?? "ID" },
  );
}
