/** One request of an endless series: the same seed and index give the same one, whatever came before. */

import { Random } from "../../support/random.ts";
import { brokenRequest, type Head, plainHead, refusedHead, requestBytes } from "./head.ts";
import { type Ask, ask, batch, type Ids, type Live, ownIds, SHARED_IDS } from "./messages.ts";
import { mutatedJson } from "./mutate.ts";
import { MAX_BODY_BYTES } from "./reading.ts";
import { chance } from "./values.ts";

export type ProbeKind =
  /** A whole message; its values may be wrong. */
  | "message"
  | "batch"
  /** The JSON structure was changed. */
  | "structure"
  /** The bytes of the JSON text were changed. */
  | "bytes"
  /** Larger than a body, or a line, may be. */
  | "large"
  /** HTTP that has to be refused before its body counts. */
  | "refused"
  /** No whole HTTP. The connection is lost. */
  | "broken";

export interface Probe {
  readonly index: number;
  readonly kind: ProbeKind;
  /** The answer has to be a result. */
  readonly isSound: boolean;
  readonly body: Uint8Array;
  /** As it would be without what makes the request a broken one. */
  readonly head: Head;
  readonly http: Uint8Array;
}

export interface Plan {
  readonly seed: number;
  readonly live: Live;
}

const encoder = new TextEncoder();

/** The body alone, for transports without a head. */
export type Text = Pick<Probe, "index" | "kind" | "isSound" | "body">;

/** The request at `index` for stdio: without those that are about HTTP. */
export function textProbe(index: number, plan: Plan): Text {
  const random = randomAt(index, plan);
  const { kind, isSound, body } = draft(random, plan, ownIds(index));
  return { index, kind, isSound, body };
}

export function httpProbe(index: number, plan: Plan): Probe {
  const random = randomAt(index, plan);
  const { asked, kind, isSound, body } = draft(random, plan, SHARED_IDS);
  const { head, isSound: isHeadSound } = plainHead(random, asked);
  const roll = random.below(100);
  if (kind !== "large" && roll < 6) {
    const refused = refusedHead(random, head);
    const http = requestBytes(refused, body);
    return { index, kind: "refused", isSound: false, body, head: refused, http };
  }
  if (kind !== "large" && roll < 11) {
    const http = brokenRequest(random, head, body);
    return { index, kind: "broken", isSound: false, body, head, http };
  }
  const chunks = chance(random, 15)
    ? [1 + random.below(1 + body.length), 1 + random.below(40)]
    : undefined;
  const http = requestBytes(head, body, kind === "large" ? undefined : chunks);
  return { index, kind, isSound: isSound && isHeadSound, body, head, http };
}

interface Draft extends Omit<Text, "index"> {
  readonly asked: Ask;
}

function draft(random: Random, { live }: Plan, ids: Ids): Draft {
  const asked = ask(random, chance(random, 60), live, ids);
  const text = JSON.stringify(asked.message);
  const roll = random.below(1_000);
  if (roll < 2) return { asked, kind: "large", isSound: false, body: large(random, text) };
  if (roll < 40) {
    const body = encoder.encode(JSON.stringify(batch(random, live, ids)));
    return { asked, kind: "batch", isSound: false, body };
  }
  if (roll < 360) {
    const body = encoder.encode(mutatedJson(random, asked.message));
    return { asked, kind: "structure", isSound: false, body };
  }
  if (roll < 600) {
    const body = random.mutate(encoder.encode(text));
    return { asked, kind: "bytes", isSound: false, body };
  }
  return { asked, kind: "message", isSound: asked.isSound, body: encoder.encode(text) };
}

function large(random: Random, text: string): Uint8Array {
  const length = MAX_BODY_BYTES + random.below(3);
  const body = new Uint8Array(length).fill(random.pick([0x20, 0x5b, 0x22, 0x31]));
  body.set(encoder.encode(text).subarray(0, length));
  return body;
}

/** Far-apart starts for neighbouring indices. */
function randomAt(index: number, { seed }: Plan): Random {
  return new Random(Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
}
