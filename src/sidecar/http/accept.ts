/** What a client can read, by its Accept header (RFC 9110, section 12.5.1). */

import { remembered } from "../remembered.ts";

export interface Accepted {
  /** One JSON text. */
  readonly json: boolean;
  /** A stream is named as readable, so that one can be sent when it is the better answer. */
  readonly stream: boolean;
  /** A stream is not ruled out, so that one can be sent when nothing else would do. */
  readonly perhapsStream: boolean;
}

/** Clients of the first revisions often send no header: they read JSON. */
const UNSAID: Accepted = { json: true, stream: false, perhapsStream: true };

const readHeader = remembered(64, parse);

export function readAccept(header: string | null): Accepted {
  return header === null ? UNSAID : readHeader(header);
}

function parse(header: string): Accepted {
  const isTaken = new Map<string, boolean>();
  for (const part of header.toLowerCase().split(",")) {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim());
    isTaken.set(range, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  // The most specific range that is named counts.
  const takes = (...ranges: readonly string[]) => {
    const named = ranges.find((range) => isTaken.has(range));
    return named !== undefined && isTaken.get(named) === true;
  };
  return {
    json: takes("application/json", "application/*", "*/*"),
    stream: takes("text/event-stream", "text/*"),
    perhapsStream: takes("text/event-stream", "text/*", "*/*"),
  };
}
