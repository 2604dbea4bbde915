/** Before a live file is changed: the diff on the screen, and the operator's word for it. */

import type { Item } from "../../queue/bottle.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { notices } from "./notices.ts";
import { shortBasis } from "./basis.ts";
import type { Call } from "./command.ts";
import { previewOf, printDiffs, remarksOn } from "./preview.ts";
import { planRecord } from "./report.ts";
import { NOTHING_LIVE } from "./settle.ts";

/**
 * What the live files must still be when they are written: the part of the basis that was given, or
 * of what is shown and consented to here. Undefined when nobody was there to be asked.
 */
export async function consent(
  call: Call,
  item: Item,
  approved: string,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== undefined || !call.confirm) return given;
  const plan = await previewOf(call, item, approved);
  if (!plan) return NOTHING_LIVE;
  if (changedIn(plan).length === 0) return plan.live;
  printPlan(call, plan);
  call.out.line();
  if (await call.confirm("Apply this? [y/N] ")) return plan.live;
  throw new Failure("interrupted", "nothing was changed, nothing was decided");
}

/** `--dry-run`: prints what would be done, with the basis to do it on. */
export async function dryRun(
  call: Call,
  item: Item,
  approved: string,
  words: readonly string[],
): Promise<void> {
  const plan = await previewOf(call, item, approved);
  const basis = shortBasis(item.proposal.current_file_hash, plan?.live);
  if (call.json) return call.out.json({ id: item.proposal.id, basis, ...planRecord(plan) });
  if (plan) printPlan(call, plan);
  else call.out.paragraph("Nothing would be applied: no live file is configured for it.");
  call.out.line();
  call.out.line("Nothing was done.");
  call.out.line(`Try: ${call.next(...words, "--basis", basis)}`);
}

function printPlan(call: Call, plan: Plan): void {
  printDiffs(call.out, plan, call.flag("full"));
  call.out.line();
  for (const sentence of remarksOn(plan)) call.out.paragraph(sentence);
  notices(call.out, plan.notices);
}
