/** Transcript, part 4: asks that reach the queue, what stands there, and the answers agents get. */

import type { Response } from "../../../support/queue_probe.ts";
import type { Outcome, Row } from "./row.ts";

/** `answered`: queued and decided. The other kinds are told apart by what must happen instead. */
export interface AnsweredRow extends Row {
  readonly kind: "answered" | "refused" | "notification" | "hang-up";
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
  /** Default: 1. */
  readonly id?: number;
  /** What the proposal must hold. */
  readonly proposed?: string;
  /** What the recorded proposal held, where that is meant to differ. */
  readonly referenceProposed?: string;
  readonly response?: Response;
  /** What lies in the response's place first and must be passed over. */
  readonly torn?: string;
}

const MODIFIED =
  "the operator modified your proposal before approving; the final config is now what's been applied";

function said(text: string, isError = false, id = 1): Outcome {
  return { status: 200, id, isError, meaning: exactly(text) };
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}

/** The recorded text goes on with what a client of an old revision is not sent as data. */
function modified(notes: string, file: string) {
  const text = `status: modified\n${notes}${MODIFIED}`;
  const whole = exactly(`${text}\nproposal_id: ID\nfinal_file:\n${file}`).source;
  return {
    differs: "modifiedInWords",
    expect: { ...said(text), meaning: new RegExp(whole.replace("ID", "[0-9a-f-]{36}")) },
    reference: said(text),
  } as const;
}

const H_EXAMPLE = {
  kind: "answered",
  tool: "egress-block",
  arguments: { host: "h.example", justification: "x" },
  proposed: '{\n  "host": "h.example"\n}\n',
} as const;

export const ANSWERED_ROWS: readonly AnsweredRow[] = [
  {
    name: "egress-block with all fields: approved with notes",
    kind: "answered",
    tool: "egress-block",
    id: 7,
    arguments: {
      host: "api.github.com",
      path_allowlist: ["/repos/", "/users/"],
      auth: { scheme: "token", token_ref: "GH_TOKEN" },
      justification: "need the API",
    },
    proposed: `{
  "host": "api.github.com",
  "path_allowlist": [
    "/repos/",
    "/users/"
  ],
  "auth": {
    "scheme": "token",
    "token_ref": "GH_TOKEN"
  }
}
`,
    response: { status: "approved", notes: "ok, merged" },
    expect: said("status: approved\nnotes: ok, merged", false, 7),
  },
  {
    name: "egress-block with blanks round the host, an empty path_allowlist and auth null",
    kind: "refused",
    tool: "egress-block",
    arguments: { host: " PyPI.org ", path_allowlist: [], auth: null, justification: "pip é" },
    referenceProposed: '{\n  "host": " PyPI.org "\n}\n',
    response: { status: "approved" },
    differs: "hostSyntax",
    expect: { status: 200, id: 1, code: -32602, meaning: /egress-block.*host.*PyPI\.org/s },
    reference: said("status: approved"),
  },
  {
    ...H_EXAMPLE,
    name: "egress-block: modified with a final file",
    response: {
      status: "modified",
      notes: "narrowed",
      final_file: '{"host": "h.example", "path_allowlist": ["/a"]}\n',
    },
    ...modified("notes: narrowed\n", '{"host": "h.example", "path_allowlist": ["/a"]}\n'),
  },
  {
    ...H_EXAMPLE,
    name: "egress-block: modified without a final file",
    response: { status: "modified", final_file: null },
    expect: said("status: modified"),
  },
  {
    ...H_EXAMPLE,
    name: "egress-block: modified with an empty final file",
    response: { status: "modified", final_file: "" },
    ...modified("", ""),
  },
  {
    name: "egress-block: rejected with notes of two lines",
    kind: "answered",
    tool: "egress-block",
    arguments: { host: "evil.example", justification: "x" },
    response: { status: "rejected", notes: "no: see policy\nsecond line" },
    expect: said("status: rejected\nnotes: no: see policy\nsecond line", true),
  },
  {
    name: "pipelock-block: approved",
    kind: "answered",
    tool: "pipelock-block",
    arguments: {
      failed_url: " https://API.github.com:443/repos/foo?x=1 ",
      justification: "x",
    },
    proposed: "https://api.github.com/repos/foo?x=1",
    referenceProposed: " https://API.github.com:443/repos/foo?x=1 ",
    response: { status: "approved" },
    differs: "canonicalUrl",
    expect: said("status: approved"),
    reference: said("status: approved"),
  },
  {
    name: "capability-block: rejected without notes",
    kind: "answered",
    tool: "capability-block",
    arguments: { dockerfile: "FROM debian:12\nRUN apt-get install -y jq\n", justification: "jq" },
    proposed: "FROM debian:12\nRUN apt-get install -y jq\n",
    response: { status: "rejected" },
    expect: said("status: rejected", true),
  },
  {
    ...H_EXAMPLE,
    name: "a half-written response first, then a whole one",
    torn: '{"proposal_id": "',
    response: { status: "approved", notes: "late" },
    expect: said("status: approved\nnotes: late"),
  },
  {
    name: "tools/call without an id",
    kind: "notification",
    tool: "egress-block",
    arguments: { host: "h", justification: "x" },
    response: { status: "approved" },
    differs: "notifications",
    expect: { status: 202, meaning: /^$/ },
    reference: { status: 202, meaning: /^$/ },
  },
  {
    name: "a caller that closes its connection while it waits",
    kind: "hang-up",
    tool: "egress-block",
    arguments: { host: "gone", justification: "x" },
    response: { status: "approved" },
    differs: "hangUp",
    expect: said("status: approved"),
    reference: { status: "none" },
  },
];
