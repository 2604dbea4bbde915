/** Random requests to a forward proxy: hosts and paths that are nearly allowed, and broken ones. */

import { Random } from "../../support/random.ts";

const HOSTS = [
  "listed.example",
  "LISTED.Example.",
  "listed.example:80",
  "listed.example:8080",
  "evil.example",
  "x.listed.example",
  "user@listed.example",
  "listed.example@evil.example",
  "listed.example:80@evil.example",
  "127.0.0.1",
  "[::1]",
  "2130706433",
  "listed.example%00.evil.example",
  "_egress.local",
];

const SEGMENTS = [
  ...["repos", "acme", "evil", "acme-evil", "issues", "a;v=1", "a%20b", "%C3%A9"],
  ...["..", ".", "%2e%2e", "%2E.", ".%2e", "..;", "..;x=1", "..%3b", "..%20", "..%09", "..%00"],
  ...["..%2f", "%2f..", "%2F", "%5c", "..\\", "\\..", "%252e%252e", "%25252e%25252e", "%252f"],
  ...["%c0%ae%c0%ae", "%EF%BC%8E%EF%BC%8E", "%EF%BC%8F", "%zz", "%", "%0d%0aHost:%20evil.example"],
  ...["", "?", "#", "..?", "..#", "%3f", "%23"],
];

const JOINTS = ["/", "/", "/", "/", "//", "\\", "/./", "/%2e/"];

/** One request, which asks to be the last of its connection. `isBroken`: bytes were changed. */
export interface RandomRequest {
  readonly bytes: Uint8Array;
  readonly isBroken: boolean;
}

export function randomRequest(random: Random): RandomRequest {
  const host = random.below(3) > 0 ? HOSTS[0]! : random.pick(HOSTS);
  let path = random.below(2) > 0 ? "/repos/acme" : "";
  for (let count = random.below(6); count >= 0; count--) {
    path += random.pick(JOINTS) + random.pick(SEGMENTS);
  }
  const named = random.below(8) > 0 ? host.replace(/^.*@/, "") : random.pick(HOSTS);
  const method = random.pick(["GET", "GET", "POST", "HEAD", "OPTIONS"]);
  const target = random.below(10) > 0 ? `http://${host}${path}` : path;
  const text = `${method} ${target} HTTP/1.1\r\nHost: ${named}\r\n` +
    `${method === "POST" ? "Content-Length: 0\r\n" : ""}Connection: close\r\n\r\n`;
  const bytes = new TextEncoder().encode(text);
  const isBroken = random.below(5) === 0;
  return { bytes: isBroken ? new Uint8Array(random.mutate(bytes)) : bytes, isBroken };
}
