/** Texts that are made to be slow to search are not, and what is taken out of them. */

import assert from "node:assert/strict";
import type { Slug } from "../../../src/queue/layout.ts";
import { shown } from "../../../src/sidecar/session_context/quoted.ts";
import { redact } from "../../../src/sidecar/session_context/redact.ts";
import { createSessionContext } from "../../../src/sidecar/session_context/session_context.ts";

/** What each pattern begins with, or nearly is. */
const BEGINNINGS: readonly (readonly [pattern: string, beginnings: readonly string[]])[] = [
  ["a private key", ["-----BEGIN ", "-----BEGIN A PRIVATE KEY", "-----END "]],
  ["a URL's user and query", ["://", "a://", "a.b-c+d://", "a://b", "a://b@", "a://b?", "a:"]],
  ["a header", ["authorization", "proxy-authorization:", "cookie", "set-cookie=", "cookie:\n"]],
  ["a Bearer token", ["bearer", "bearer\t", "bearer token", "bearer aa"]],
  ["Basic credentials", ["basic", "basic\t", "basic aaaaaaaa", "Basic AAAAAAA", "aaaaaaaa"]],
  ["an assignment", [
    ...["token", "secret_", "key", "api_key:\t", "token=", 'token="', "token='", 'token=\\"'],
    ...["passwd=&", "private-key = ", "token='\"", "passphrase\n="],
  ]],
  ["an option", ["-", "--", "--a", "--token", "--token ", '--password\t"', "--api-key ' \""]],
  ["a GitHub token", ["ghp_", "gh", "github_pat_", "ghp_a"]],
  ["a GitLab token", ["glpat-", "gl", "glrt-a"]],
  ["an AWS key", ["AKIA", "ASIA0", "A"]],
  ["an API key", ["sk-", "sk-a", "sk-aaaaaaaaaaa "]],
  ["a Slack token", ["xoxb-", "xox", "xoxa-a"]],
  ["an npm token", ["npm_", "npm_a"]],
  ["a PyPI token", ["pypi-", "pypi-a"]],
  ["a Google token", ["AIza", "AIza-", "ya29.", "ya29.a"]],
  ["a Hugging Face token", ["hf_", "hf_a"]],
  ["a Stripe key", ["sk_live_", "rk_test_", "sk_"]],
  ["a SendGrid key", ["SG.", "SG.aaaaaaaaaaaaaaaaaa.", "SG.aaaaaaaaaaaaaaaaaa.SG.a", "SG.-"]],
  ["a JSON Web Token", ["eyJ", "-eyJ", "eyJ-", "eyJaaaaaaaa-", "eyJaaaaaaaa.", "eyJ.eyJ-"]],
];

/** What may stand between two, so that a search may begin again there. */
const JOINTS = ["", "-", ".", "/", " ", "\n"];

/** Of a text, in UTF-16 units: a search whose work grows with the square takes minutes. */
const UNITS = 262_144;

/** For all texts of a test together, in milliseconds: nothing to a search that grows with the text. */
const LIMIT_MS = 60_000;

for (const [pattern, beginnings] of BEGINNINGS) {
  Deno.test(`redact() ends on long texts that are nearly ${pattern}`, { timeout: LIMIT_MS }, () => {
    for (const beginning of beginnings) {
      for (const joint of JOINTS) redact(filled(beginning + joint, UNITS));
    }
  });
}

Deno.test("redact() ends on one long run of any character", { timeout: LIMIT_MS }, () => {
  for (
    const piece of ["a", "A", "0", "-", "_", ".", "/", ":", "@", "?", '"', "'", "\\", "=", "\t"]
  ) {
    for (const before of ["", "a://", "eyJ", "token=", "token", "SG.", "Basic ", "-----BEGIN "]) {
      redact(before + filled(piece, UNITS));
    }
  }
});

function filled(piece: string, units: number): string {
  return piece.repeat(Math.ceil(units / piece.length)).slice(0, units);
}

// What is taken out of the middle of such texts, and what is left.

const TEXTS: readonly (readonly [name: string, text: string, redacted: string])[] = [
  ["a user behind another URL", "x=a://b/c://u:pw@h/p", "x=a://b/c://[redacted]@h/p"],
  ["the users of several URLs", "a://u:p@h,b://v:q@i", "a://[redacted]@h,b://[redacted]@i"],
  ["a user behind a long scheme", `${"a".repeat(99)}://u:pw@h`, `${"a".repeat(99)}://[redacted]@h`],
  ["a very long user", `a://${"u".repeat(3_000)}@h`, "a://[redacted]@h"],
  ["a user with a question mark", "a://u:p?w@h/x", "a://[redacted]@h/x"],
  ["a query behind two URLs", "a://b/c://d/e?f=g h", "a://b/c://d/e?[redacted] h"],
  ["a query without a host", "a://?f=g", "a://?[redacted]"],
  ["nothing behind a final '?'", "see a://b? or c://d#", "see a://b? or c://d#"],
  ["no query without a URL", "what? a/b?c #1", "what? a/b?c #1"],
  ["an option behind others", "--x --db-password pw -y", "--x --db-password [redacted] -y"],
  ["no word behind one that is no option", "a token here", "a token here"],
  ["a JWT behind what begins alike", "x-eyJ-eyJhbGciOiJI.eyJzdWIi.sig!", "x-[redacted]!"],
  ["a JWT behind a short part", "eyJa.eyJhbGciOiJI.eyJzdWIi.sig", "eyJa.[redacted]"],
  ["no word that begins alike", "eyJust heyJoe.example keyJournal.entry", ""],
  ["no file name that begins alike", "eyJa.json", ""],
];

for (const [name, text, redacted] of TEXTS) {
  Deno.test(`redact() takes out ${name}`, () => {
    assert.equal(redact(text), redacted || text);
  });
}

for (const [name, end] of [["its end", "pw".repeat(90)], ["its '@'", "pw"]]) {
  Deno.test(`shown() does not tell a URL's user that was cut before ${name}`, () => {
    assert.equal(shown(`see a://h/p, b://u:${end}`, 900, true), "see a://h/p, b://[redacted]…");
  });
}

Deno.test("shown() tells a URL that was cut behind its host, but for its end", () => {
  const path = "p".repeat(100);
  assert.equal(shown(`a://host/${path}`, 900, true), `a://host/${path.slice(40)}…`);
});

// The page.

async function page(query: URLSearchParams, notes: readonly string[] = []): Promise<string> {
  const summaries = notes.map((text) => ({
    ...{ id: crypto.randomUUID(), tool: "egress-block", since: "then", claimed: false },
    ...{ status: "rejected", notes: text, notesCut: false, endedAt: "then", pickedUp: true },
  }));
  const answer = await createSessionContext({
    ...{ slug: "dev" as Slug, mode: "live", timeoutSeconds: 30 },
    inbox: {
      list: () => summaries as never,
      proposal: () => Promise.reject(new Error("gone")),
    },
    routes: { read: () => Promise.resolve({ kind: "unknown", message: "no" }) },
  })(query);
  return answer.text;
}

for (const name of ["format", "depth"]) {
  Deno.test(`session-context looks only at the beginning of a ${name} that is wrong`, async () => {
    const [early, late] = [`ghp_${"a".repeat(80)}`, `ghp_${"b".repeat(80)}`];
    const text = await page(new URLSearchParams({ [name]: `${early} x y ${late} z` }));
    assert.match(text, /\(got \\"\[redacted\] x y \[redacted\]…\\"\)/);
  });
}

Deno.test("session-context does not redact the same notes anew for each page", async () => {
  const found: string[] = [];
  const { replace } = String.prototype;
  const note = (n: number) => `${n} ${crypto.randomUUID()} ${"so ".repeat(80)}token=x`;
  const notes = [note(1), note(2)];
  // Only a redaction replaces anything in a text that still has its secret.
  String.prototype.replace = function (this: string, ...args: never[]) {
    if (this.endsWith("token=x")) found.push(String(this));
    return Reflect.apply(replace, this, args);
  } as typeof replace;
  try {
    const first = await page(new URLSearchParams(), notes);
    assert.match(first, /token=\[redacted\]/);
    const searches = found.length;
    assert.ok(searches > 0);
    assert.equal((await page(new URLSearchParams("depth=deep"), notes)).includes("token=x"), false);
    await page(new URLSearchParams("format=text"), notes);
    assert.equal(found.length, searches);
  } finally {
    String.prototype.replace = replace;
  }
});
