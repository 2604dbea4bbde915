/** What a tool says, and how each revision is told. */

import type { Revision } from "./revisions.ts";

/** Words for the model and, where the tool has an output schema, the same as data. */
export interface ToolAnswer {
  readonly kind: "answer";
  readonly text: string;
  readonly isError: boolean;
  /** Fits the tool's output schema. */
  readonly structured?: object | undefined;
}

/**
 * The result of a tool call. Where the revision knows structured content, the text repeats it as
 * JSON, for hosts that show a model the text alone (server/tools, "Structured Content").
 */
export function toolResult(
  { text, isError, structured }: Omit<ToolAnswer, "kind">,
  revision: Revision,
): object {
  const content = [{ type: "text", text }];
  if (!structured || !revision.structured) return { content, isError };
  // A text that is JSON already is that copy.
  if (!text.startsWith("{")) content.push({ type: "text", text: JSON.stringify(structured) });
  return { content, structuredContent: structured, isError };
}
