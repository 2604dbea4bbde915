/** Values that parsers, maps, terminals and file names have been known to trip over. */

import type { Random } from "../../support/random.ts";

export const STRINGS = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "x\udfffy",
  "\u202eevil\u2066",
  "\u200b\u200d\ufeff",
  "\u2028\u2029",
  "\x1b[2J\x1b]0;x\x07",
  "\r\n\r\nHTTP/1.1 200 OK",
  "data: x\n\nevent: y",
  "e\u0301\u{1f469}\u200d\u{1f680}",
  "\u212a",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "%2e%2e%2f%00",
  "${jndi:ldap://x}",
  "null",
  "NaN",
  "=?base64?",
  "?=",
  "=?base64?aGk=?=",
  "x".repeat(257),
  "y".repeat(5_000),
] as const;

/** JSON texts, since some of these cannot be had by printing a value. */
const RAW_VALUES = [
  "1e400",
  "-1e400",
  "-0",
  "0.5",
  "1E0",
  "9007199254740991",
  "9007199254740992",
  "-9007199254740993",
  "123456789012345678901234567890",
  "null",
  "true",
  "false",
  '"\\ud800"',
  '"\\u0000"',
  '"\\u202e"',
  "[]",
  "{}",
  "[[]]",
  '{"":{}}',
  '{"__proto__":{"isError":true}}',
  '{"a":1,"a":2}',
  '{"toJSON":1,"then":1,"length":-1}',
  "[".repeat(40) + "]".repeat(40),
  "[".repeat(70) + "]".repeat(70),
  '{"a":'.repeat(30) + "1" + "}".repeat(30),
];

export function hostileString(random: Random): string {
  return random.pick(STRINGS);
}

/** The JSON text of a value that is seldom the right one. */
export function hostileJson(random: Random): string {
  return random.below(3) === 0 ? JSON.stringify(random.pick(STRINGS)) : random.pick(RAW_VALUES);
}

/** Any JSON value, small as a rule. */
export function anyValue(random: Random): unknown {
  return random.pick([
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    [],
    {},
    ["x", null],
    { a: { b: [] } },
    hostileString(random),
    "x",
  ]);
}

export function chance(random: Random, percent: number): boolean {
  return random.below(100) < percent;
}
