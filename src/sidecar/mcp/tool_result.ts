/** What a tool says, and how each revision is told. */

import type { Revision } from "./revisions.ts";

/** Words for the model and, where the tool has an output schema, the same as data. */
export interface ToolAnswer {
  readonly kind: "answer";
  readonly text: string;
  readonly isError: boolean;
  /** Fits the tool's output schema. */
  readonly structured?: object | undefined;
  /** What `text` does not say of `structured`, in words. */
  readonly dataInWords?: string | undefined;
}

/**
 * The result of a tool call. Where the revision knows structured content, the text repeats it as
 * JSON, for hosts that show a model the text alone (server/tools, "Structured Content"); where it does
 * not, the text goes on with what it leaves out.
 */
export function toolResult(
  { text, isError, structured, dataInWords }: Omit<ToolAnswer, "kind">,
  revision: Revision,
): object {
  if (!revision.structured) {
    const whole = dataInWords === undefined ? text : `${text}\n${dataInWords}`;
    return { content: [{ type: "text", text: whole }], isError };
  }
  const content = [{ type: "text", text }];
  if (!structured) return { content, isError };
  // A text that is JSON already is that copy.
  if (!text.startsWith("{")) content.push({ type: "text", text: JSON.stringify(structured) });
  return { content, structuredContent: structured, isError };
}
