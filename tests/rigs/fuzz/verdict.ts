/** Whether an answer is one that a request, as it reads, may have. */

import { SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import {
  type Answer,
  checkAnswer,
  checkLegacyAnswer,
  checkNotification,
  isObject,
  type RequestId,
} from "../../support/schema/answer.ts";
import { MODERN_REVISION, type Revision, REVISIONS } from "../../support/schema/published.ts";
import { Matching } from "./matching.ts";
import type { Asked, Reading } from "./reading.ts";

/** Checks one message that answers `reading`. Returns what is wrong with it, or undefined. */
export function judgeAnswer(reading: Reading, message: unknown): string | undefined {
  if (isDefectReport(message)) return "internal error";
  switch (reading.kind) {
    case "request":
      return judgeAsked(reading, message);
    case "odd":
      return judgeError(reading.ids, message);
    case "unreadable":
    case "silent":
      return judgeError([null], message);
    case "batch":
      return Array.isArray(message)
        ? judgeBatch(reading.parts, message)
        : judgeError([null], message);
  }
}

/** Whether an answer may stay away: nothing was asked, or the call may have been cancelled. */
export function mayBeSilent(reading: Reading): boolean {
  if (reading.kind === "silent") return true;
  if (reading.kind === "batch") return reading.parts.every(mayBeSilent);
  return reading.kind === "request" && isCancellable(reading);
}

/** Calls wait, and a `notifications/cancelled` of the series may have named one. */
function isCancellable({ method, revision }: Asked): boolean {
  return method === "tools/call" && revision !== MODERN_REVISION;
}

function judgeAsked({ id, method, revision, tasks }: Asked, message: unknown): string | undefined {
  const answer = { method, ids: [id], tasks, message };
  return revision ? checkAnswer({ ...answer, revision }) : checkLegacyAnswer(answer);
}

/** Which revision an error is of that answers no request cannot be said. */
function judgeError(ids: readonly (RequestId | null)[], message: unknown): string | undefined {
  if (isObject(message) && !("error" in message)) return "a result where nothing was asked";
  return judgeLoosely({ ids, message });
}

/** Fine if it is fine under any revision. */
export function judgeLoosely(answer: Omit<Answer, "revision">): string | undefined {
  const problems = REVISIONS.map((revision) => checkAnswer({ ...answer, revision }));
  return problems.includes(undefined) ? undefined : problems.at(-1);
}

function judgeBatch(parts: readonly Reading[], answers: readonly unknown[]): string | undefined {
  if (answers.length === 0) return "an empty batch of answers";
  if (answers.length > parts.length) return "more answers than messages";
  const matching = new Matching<Reading, unknown>({
    fits: (part, answer) => judgeAnswer(part, answer) === undefined,
    isRequired: (part) => !mayBeSilent(part),
  }, parts);
  const stray = answers.find((answer) => !matching.answer(answer));
  if (stray !== undefined) return `no message of the batch fits ${JSON.stringify(stray)}`;
  const silent = matching.open().find((part) => !mayBeSilent(part));
  return silent && `no answer to ${JSON.stringify(silent)}`;
}

/**
 * Checks the messages of one event stream: notifications of this request, one answer last. Of a
 * stream that stays open only what came first is given, and `isOpen` is set.
 */
export function judgeStream(
  reading: Reading,
  messages: readonly unknown[],
  isOpen: boolean,
): string | undefined {
  if (messages.length === 0 && !mayBeSilent(reading)) return "a stream without a message";
  const isCutShort = mayBeSilent(reading) && isNotice(messages.at(-1) ?? { method: "" });
  const isUnanswered = isOpen || isCutShort;
  const wrong = judgeNotices(reading, isUnanswered ? messages : messages.slice(0, -1));
  return wrong ?? (isUnanswered ? undefined : judgeAnswer(reading, messages.at(-1)));
}

function judgeNotices(reading: Reading, notices: readonly unknown[]): string | undefined {
  const asked = reading.kind === "batch" ? reading.parts.find(isAsked) : reading;
  if (notices.length > 0 && asked?.kind !== "request") {
    return "notifications where nothing was asked";
  }
  const revision = (asked?.kind === "request" ? asked.revision : undefined) ?? "2025-11-25";
  const reached = new Map<unknown, number>();
  for (const [at, notice] of notices.entries()) {
    const wrong = checkNotification(revision, notice) ??
      (reading.kind === "request" ? judgeNotice(reading, revision, notice, at) : undefined);
    if (wrong) return wrong;
    const { params = {} } = notice as { params?: { progressToken?: unknown; progress?: number } };
    const { progressToken, progress } = params;
    if (progress === undefined) continue;
    const before = reached.get(progressToken);
    if (before !== undefined && progress <= before) {
      return `progress went from ${before} to ${progress}`;
    }
    reached.set(progressToken, progress);
  }
  return undefined;
}

function isAsked(reading: Reading): reading is Asked {
  return reading.kind === "request";
}

/** Whether a message is a notification, or a request, rather than an answer. */
export function isNotice(message: unknown): boolean {
  return isObject(message) && "method" in message;
}

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

function judgeNotice(
  { id, method: asked, progressToken }: Asked,
  revision: Revision,
  notice: unknown,
  at: number,
): string | undefined {
  const { method, params = {} } = notice as { method: string; params?: Record<string, unknown> };
  if (asked === "subscriptions/listen" && revision === MODERN_REVISION) {
    if ((method === ACKNOWLEDGED) !== (at === 0)) return `${method} is message ${at} of a listen`;
    const meta = isObject(params["_meta"]) ? params["_meta"] : {};
    return meta[SUBSCRIPTION_ID] === id ? undefined : `not tagged with ${JSON.stringify(id)}`;
  }
  if (method !== "notifications/progress") return `${method} on the stream of a ${asked}`;
  return params["progressToken"] === progressToken
    ? undefined
    : `progress for another token than ${JSON.stringify(progressToken)}`;
}

/** What a server says of its own bugs. The suite's requests never earn it. */
function isDefectReport(message: unknown): boolean {
  const error = isObject(message) ? message["error"] : undefined;
  return isObject(error) && error["message"] === "internal error";
}
