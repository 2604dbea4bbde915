/** What came of a run: how many answers of each kind, and everything that must not have happened. */

export interface Defect {
  /** Of the request, or of the last one before it showed. */
  readonly index: number;
  readonly what: string;
  readonly request: string;
  readonly answer: string;
}

/** More are counted, not kept. */
const MAX_KEPT = 20;

export class Tally {
  readonly counts = new Map<string, number>();
  readonly defects: Defect[] = [];
  defectCount = 0;
  requests = 0;

  count(kind: string, times = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + times);
  }

  defect(defect: Defect): void {
    this.defectCount++;
    if (this.defects.length < MAX_KEPT) this.defects.push(defect);
  }
}

/** One line on one answer, for the counts. */
export function kindOf(message: unknown): string {
  if (typeof message !== "object" || message === null) return "no message";
  if (Array.isArray(message)) return "batch";
  const { result, error, method } = message as Record<string, Record<string, unknown> | undefined>;
  if (method !== undefined) return String(method);
  if (error) return `error ${error["code"]}`;
  const type = result?.["resultType"];
  const suffix = result?.["isError"] === true ? " isError" : "";
  return type === "task" ? "result task" : `result${suffix}`;
}

/** Printable ASCII in one line, so that a report can be pasted, whatever was sent. */
export function printable(bytes: Uint8Array | string, limit = 1_500): string {
  const text = typeof bytes === "string" ? bytes : new TextDecoder("latin1").decode(bytes);
  const shown = JSON.stringify(text.slice(0, limit)).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > limit ? `${shown} and ${text.length - limit} more` : shown;
}
