/** The sentences for what an undo would do, and has done. */

import type { ProposalId } from "../../queue/layout.ts";
import { shorten } from "../app/short_id.ts";
import type { Undone } from "../app/undo.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

export function undoneSentences(
  record: ChangeRecord,
  { files, remarks, notices: found, others, told }: Undone,
): string[] {
  const what = `Took back what ${shorten(record.id)} (${record.tool}, bottle ${record.slug}) added`;
  const named = endsSentence(others, ["ended", "ended"]);
  return [
    `${what} to ${files.map(({ target }) => target.path).join(" and ")}.`,
    ...remarks,
    ...found.map(({ label, text }) => `${label}: ${text}.`),
    ...named ? [named] : [],
    toldSentence(told, others.length === 0),
  ];
}

/** Why the agent is not told of the rest is in the remarks. */
function toldSentence(told: readonly ProposalId[], isAlone: boolean): string {
  if (told.length === 0) return "Its next request is refused again.";
  const what = isAlone
    ? "it was"
    : `${told.map((id) => shorten(id)).join(", ")} ${told.length === 1 ? "was" : "were"}`;
  return `The agent is told that ${what} undone; its next request is refused again.`;
}

/** `1 more approval ends with it: 1a2b3c4d (api.github.com, 1 path).`; undefined for none. */
export function endsSentence(
  records: readonly ChangeRecord[],
  [one, many]: readonly [one: string, many: string],
): string | undefined {
  if (records.length === 0) return undefined;
  const what = records.length === 1 ? `approval ${one}` : `approvals ${many}`;
  return `${records.length} more ${what} with it: ${records.map(nameOf).join(", ")}.`;
}

function nameOf({ id, tool, approved }: ChangeRecord): string {
  const review = kindOf(tool)?.review(approved);
  return `${shorten(id)} (${review ? oneLine(review, MAX_ASKS) : tool})`;
}
