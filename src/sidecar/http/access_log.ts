/** The access log: one line of JSON a request, with nothing in it that is secret or can act. */

import { asciiJson } from "./ascii_json.ts";
import type { RequestRecord } from "./request_record.ts";

/** Names beyond these are left out. */
const MAX_QUERY_NAMES = 16;

/** Other names stand as "?": a client may write anything before the `=`. */
const PLAIN_NAME = /^[A-Za-z0-9_.-]{1,32}$/;

/**
 * One line that ends in a newline, in ASCII alone. `now`: when the request was over. Keys that do
 * not apply are left out; times are UTC.
 */
export function accessLogLine(record: RequestRecord, now: Date): string {
  const { httpMethod, path, queryNames, mcpMethod, tool, status, outcome, bytes, ms } = record;
  const query = queryNames.slice(0, MAX_QUERY_NAMES)
    .map((name) => PLAIN_NAME.test(name) ? name : "?");
  return `${
    asciiJson({
      event: "http_request",
      time: now.toISOString(),
      method: httpMethod,
      path,
      query: query.length > 0 ? query : undefined,
      mcp_method: mcpMethod,
      tool,
      status,
      outcome,
      bytes,
      ms: Math.round(ms * 10) / 10,
    })
  }\n`;
}
