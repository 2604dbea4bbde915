/** Configurations whose file, reload or check is wrong, and what is said of each. */

import { ARGV, file, R, routes, type Wrong, wrong } from "./config_text.ts";

const PROGRAM = "a program's name or absolute path is wanted";
const SECONDS = "a number of seconds above 0 and at most 3600 is wanted";
const HOST_URL = "an http:// URL with a host";
const ORIGIN = "an http:// URL of a host and port alone";

export const WRONG_TARGETS: readonly Wrong[] = [
  wrong("empty file name", file('""'), `3: ${R}.file is empty; the path of a file is wanted`),
  wrong("list as file", file("[a]"), `3: ${R}.file is a list; the path of a file is wanted`),
  wrong(
    "file that ends with a slash",
    file("/srv/"),
    `3: ${R}.file is "/srv/", a directory; the path of a file is wanted`,
  ),
  wrong(
    "file that ends with dots",
    file("/srv/.."),
    `3: ${R}.file is "/srv/..", a directory; the path of a file is wanted`,
  ),
  wrong(
    "file of another user",
    file("~bob/routes.yaml"),
    `3: ${R}.file is "~bob/routes.yaml"; an absolute path, one below ~/, or one from the ` +
      "configuration's own directory is wanted",
  ),
  wrong(
    "file with another word",
    file("/srv/{name}.yaml"),
    `3: ${R}.file holds "{name}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "file with {slug} and blanks",
    file('"/srv/{ slug }.yaml"'),
    `3: ${R}.file holds "{ slug }"; {slug} is the only word that is filled in`,
  ),
  wrong("file with NUL", file('"/a\\0"'), `3: ${R}.file holds NUL; text is wanted`),
  wrong(
    "two targets in one file",
    "bottles:\n  - routes: {file: /a}\n    pipelock:\n      file: /b/../a\n",
    "4: bottles[0].pipelock.file is the file of routes as well; a file of its own is wanted",
  ),
  wrong(
    "two targets in one file of the only bottle",
    "bottles:\n  - match: dev\n    routes: {file: '/{slug}'}\n    dockerfile: {file: /dev}\n",
    "4: bottles[0].dockerfile.file is the file of routes as well for bottle dev; a file of its " +
      "own is wanted",
  ),

  wrong(
    "write that is none",
    routes("write: inplace"),
    `4: ${R}.write is "inplace"; in-place or rename is wanted, did you mean in-place?`,
  ),
  wrong(
    "reload as one string",
    routes("reload: docker restart pipelock-{slug}"),
    `4: ${R}.reload is "docker restart pipelock-{slug}"; ${ARGV}: ` +
      '[docker, restart, "pipelock-{slug}"]',
  ),
  wrong(
    "reload as a string for a shell",
    routes("reload: 'a && b'"),
    `4: ${R}.reload is "a && b"; ${ARGV}`,
  ),
  wrong("empty reload", routes("reload: []"), `4: ${R}.reload is an empty list; ${ARGV}`),
  wrong("reload without a value", routes("reload:"), `4: ${R}.reload is empty; ${ARGV}`),
  wrong("reload as a map", routes("reload: {a: b}"), `4: ${R}.reload is a map; ${ARGV}`),
  wrong("blank command", routes("reload: [' ', a]"), `4: ${R}.reload[0] is empty; ${PROGRAM}`),
  wrong(
    "command and argument in one",
    routes("reload: [docker restart]"),
    `4: ${R}.reload[0] is "docker restart"; ${PROGRAM}, and each argument as an item of its own`,
  ),
  wrong(
    "command that depends on the directory",
    routes("reload: [./reload]"),
    `4: ${R}.reload[0] is "./reload"; ${PROGRAM}`,
  ),
  wrong(
    "argument with another word, on its own line",
    routes("reload:", "  - docker", '  - "{sluq}"'),
    `6: ${R}.reload[1] holds "{sluq}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "argument for a shell",
    routes('reload: [ls, "${HOME}"]'),
    `4: ${R}.reload[1] holds "{HOME}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "argument {slug} without quotes",
    routes("reload: [docker, {slug}]"),
    `4: ${R}.reload[1] is a map, as YAML reads {slug} without quotes; text is wanted`,
  ),
  wrong(
    "argument with NUL",
    routes('reload: [a, "\\0"]'),
    `4: ${R}.reload[1] holds NUL; text is wanted`,
  ),
  ...["0", "-1", "30s", "3601", "1e2", "", ".5"].map((text) =>
    wrong(
      `time-out of "${text}"`,
      routes(`reload_timeout_seconds: ${text}`),
      `4: ${R}.reload_timeout_seconds is ${text ? `"${text}"` : "empty"}; ${SECONDS}`,
    )
  ),

  wrong(
    "check that is a word",
    routes("check: http://x/"),
    `4: ${R}.check is "http://x/"; a map with url, or a list of a command and its arguments, is wanted`,
  ),
  wrong(
    "check without url",
    routes("check: {}"),
    `4: ${R}.check.url is missing; ${HOST_URL} is wanted`,
  ),
  wrong("empty check command", routes("check: []"), `4: ${R}.check is an empty list; ${ARGV}`),
  wrong(
    "check by another protocol",
    routes("check:", "  url: ftp://x/"),
    `5: ${R}.check.url is "ftp://x/"; ${HOST_URL} is wanted`,
  ),
  wrong(
    "check with credentials, which are not quoted",
    routes("check:", "  url: http://bob:secret@x/"),
    `5: ${R}.check.url holds a user name or password; ${HOST_URL}, without them, is wanted`,
  ),
  wrong(
    "slug as a user name",
    routes("check:", "  url: http://{slug}@x/"),
    `5: ${R}.check.url holds a user name or password; ${HOST_URL}, without them, is wanted`,
  ),
  wrong(
    "proxies that are none, and a mistyped key",
    routes("check:", "  url: http://x/{name}", "  proxy: https://p:1", "  prxy: x"),
    `5: ${R}.check.url holds "{name}"; {slug} is the only word that is filled in`,
    `6: ${R}.check.proxy is "https://p:1"; ${ORIGIN} is wanted`,
    `7: ${R}.check.prxy is no known key, did you mean proxy?`,
  ),
  wrong(
    "proxy with a path",
    routes("check:", "  url: http://x/", "  proxy: http://p:1/x"),
    `6: ${R}.check.proxy is "http://p:1/x"; ${ORIGIN} is wanted`,
  ),
  wrong(
    "check of pipelock by URL",
    "bottles:\n  - pipelock:\n      file: /a\n      check: {url: http://x/}\n",
    "4: bottles[0].pipelock.check is a map; a list of a command and its arguments is wanted: " +
      "a URL shows routes alone",
  ),
  wrong(
    "check of a Dockerfile as a word",
    "bottles:\n  - dockerfile:\n      file: /a\n      check: ls\n",
    '4: bottles[0].dockerfile.check is "ls"; a list of a command and its arguments is wanted',
  ),
];
