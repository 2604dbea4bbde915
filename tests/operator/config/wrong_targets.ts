/** Configurations whose file, reload or check is wrong, and what is said of each. */

import { ARGV, file, R, routes, type Wrong, wrong } from "./config_text.ts";

const PROGRAM = "a program's name or absolute path";
const SECONDS = "a number of seconds above 0 and at most 3600";
const HOST_URL = "an http:// URL with a host";
const ORIGIN = "an http:// URL of a host and port alone";

export const WRONG_TARGETS: readonly Wrong[] = [
  wrong("empty file name", file('""'), `3: ${R}.file must be the path of a file, got nothing`),
  wrong("list as file", file("[a]"), `3: ${R}.file must be the path of a file, got a list`),
  wrong(
    "file that ends with a slash",
    file("/srv/"),
    `3: ${R}.file must be the path of a file, got "/srv/", a directory`,
  ),
  wrong(
    "file that ends with dots",
    file("/srv/.."),
    `3: ${R}.file must be the path of a file, got "/srv/..", a directory`,
  ),
  wrong(
    "file of another user",
    file("~bob/routes.yaml"),
    `3: ${R}.file must be an absolute path, below ~/, or below the configuration's directory, ` +
      'got "~bob/routes.yaml"',
  ),
  wrong(
    "file with another word",
    file("/srv/{name}.yaml"),
    `3: ${R}.file must have no other word in braces than {slug}, got "{name}"`,
  ),
  wrong(
    "file with {slug} and blanks",
    file('"/srv/{ slug }.yaml"'),
    `3: ${R}.file must have no other word in braces than {slug}, got "{ slug }"`,
  ),
  wrong("file with NUL", file('"/a\\0"'), `3: ${R}.file must be text without NUL`),
  wrong(
    "two targets in one file",
    "bottles:\n  - routes: {file: /a}\n    pipelock:\n      file: /b/../a\n",
    '4: bottles[0].pipelock.file must be a file of its own, got "/a", which routes has',
  ),
  wrong(
    "two targets in one file of the only bottle",
    "bottles:\n  - match: dev\n    routes: {file: '/{slug}'}\n    dockerfile: {file: /dev}\n",
    '4: bottles[0].dockerfile.file must be a file of its own, got "/dev", ' +
      "which routes has",
  ),

  wrong(
    "write that is none",
    routes("write: inplace"),
    `4: ${R}.write must be in-place or rename, got "inplace"`,
  ),
  wrong(
    "reload as one string",
    routes("reload: docker restart pipelock-{slug}"),
    `4: ${R}.reload must be ${ARGV}, got "docker restart pipelock-{slug}"`,
  ),
  wrong(
    "reload as a string for a shell",
    routes("reload: 'a && b'"),
    `4: ${R}.reload must be ${ARGV}, got "a && b"`,
  ),
  wrong(
    "empty reload",
    routes("reload: []"),
    `4: ${R}.reload[0] is missing; it must be ${PROGRAM}`,
  ),
  wrong("reload without a value", routes("reload:"), `4: ${R}.reload must be ${ARGV}, got nothing`),
  wrong("reload as a map", routes("reload: {a: b}"), `4: ${R}.reload must be ${ARGV}, got a map`),
  wrong(
    "blank command",
    routes("reload: [' ', a]"),
    `4: ${R}.reload[0] must be ${PROGRAM}, got " "`,
  ),
  wrong(
    "command and argument in one",
    routes("reload: [docker restart]"),
    `4: ${R}.reload[0] must be ${PROGRAM}, got "docker restart"`,
  ),
  wrong(
    "command that depends on the directory",
    routes("reload: [./reload]"),
    `4: ${R}.reload[0] must be ${PROGRAM}, got "./reload"`,
  ),
  wrong(
    "argument with another word, on its own line",
    routes("reload:", "  - docker", '  - "{sluq}"'),
    `6: ${R}.reload[1] must have no other word in braces than {slug}, got "{sluq}"`,
  ),
  wrong(
    "argument for a shell",
    routes('reload: [ls, "${HOME}"]'),
    `4: ${R}.reload[1] must have no other word in braces than {slug}, got "{HOME}"`,
  ),
  wrong(
    "argument {slug} without quotes",
    routes("reload: [docker, {slug}]"),
    `4: ${R}.reload[1] must be text, got a map, as YAML reads {slug} without quotes`,
  ),
  wrong(
    "argument with NUL",
    routes('reload: [a, "\\0"]'),
    `4: ${R}.reload[1] must be text without NUL`,
  ),
  ...["0", "-1", "30s", "3601", "1e2", "", ".5"].map((text) =>
    wrong(
      `time-out of "${text}"`,
      routes(`reload_timeout_seconds: ${text}`),
      `4: ${R}.reload_timeout_seconds must be ${SECONDS}, got ${text ? `"${text}"` : "nothing"}`,
    )
  ),

  wrong(
    "check that is a word",
    routes("check: http://x/"),
    `4: ${R}.check must be a map with url, or ${ARGV}, got "http://x/"`,
  ),
  wrong(
    "check without url",
    routes("check: {}"),
    `4: ${R}.check.url is missing; it must be ${HOST_URL}`,
  ),
  wrong(
    "empty check command",
    routes("check: []"),
    `4: ${R}.check[0] is missing; it must be ${PROGRAM}`,
  ),
  wrong(
    "check by another protocol",
    routes("check:", "  url: ftp://x/"),
    `5: ${R}.check.url must be ${HOST_URL}, got "ftp://x/"`,
  ),
  wrong(
    "check with credentials, which are not quoted",
    routes("check:", "  url: http://bob:secret@x/"),
    `5: ${R}.check.url must be ${HOST_URL}, got one with a user name or password`,
  ),
  wrong(
    "slug as a user name",
    routes("check:", "  url: http://{slug}@x/"),
    `5: ${R}.check.url must be ${HOST_URL}, got one with a user name or password`,
  ),
  wrong(
    "proxies that are none, and a mistyped key",
    routes("check:", "  url: http://x/{name}", "  proxy: https://p:1", "  prxy: x"),
    `5: ${R}.check.url must have no other word in braces than {slug}, got "{name}"`,
    `6: ${R}.check.proxy must be ${ORIGIN}, got "https://p:1"`,
    `7: ${R}.check.prxy is not a known key, did you mean proxy?`,
  ),
  wrong(
    "proxy with a path",
    routes("check:", "  url: http://x/", "  proxy: http://p:1/x"),
    `6: ${R}.check.proxy must be ${ORIGIN}, got "http://p:1/x"`,
  ),
  wrong(
    "check of pipelock by URL",
    "bottles:\n  - pipelock:\n      file: /a\n      check: {url: http://x/}\n",
    "4: bottles[0].pipelock.check must be a list of the command and its arguments, got a map",
  ),
  wrong(
    "check of a Dockerfile as a word",
    "bottles:\n  - dockerfile:\n      file: /a\n      check: ls\n",
    '4: bottles[0].dockerfile.check must be a list of the command and its arguments, got "ls"',
  ),
];
