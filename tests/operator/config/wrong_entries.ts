/** Configurations whose YAML, keys or patterns are wrong, and what is said of each. */

import { file, matching, R, routes, type Wrong, wrong } from "./config_text.ts";

const LIST = "a list with an entry for each kind of bottle";
const NAME = 'a bottle\'s name (letters, digits, ".", "_", "-"; "*" for any run of them)';
const TARGET_KEYS = "file, write, reload, reload_timeout_seconds, check are known";
const BOTTLE_KEYS = "match, routes, pipelock, dockerfile are known";

export const WRONG_ENTRIES: readonly Wrong[] = [
  wrong("empty file", "", "1: the file must be a map with bottles, got nothing"),
  wrong("comment alone", "# later\n", "1: the file must be a map with bottles, got nothing"),
  wrong("word", "bottles\n", '1: the file must be a map with bottles, got "bottles"'),
  wrong("list at the top", "- match: a\n", "1: the file must be a map with bottles, got a list"),
  wrong(
    "mistyped bottles",
    "# mine\nbottle:\n  - match: a\n",
    `2: bottles is missing; it must be ${LIST}`,
    "2: bottle is not a known key, did you mean bottles?",
  ),
  wrong("no bottles", "bottles:\n", `1: bottles must be ${LIST}, got nothing`),
  wrong("empty list of bottles", "bottles: []\n", `1: bottles must be ${LIST}, got an empty list`),
  wrong("map of bottles", "bottles:\n  web: {}\n", `1: bottles must be ${LIST}, got a map`),
  wrong(
    "entry that is a word",
    "bottles:\n  - web\n",
    '2: bottles[0] must be a map with routes, pipelock or dockerfile, got "web"',
  ),
  wrong(
    "empty entry",
    "bottles:\n  -\n",
    "2: bottles[0] must be a map with routes, pipelock or dockerfile, got nothing",
  ),
  wrong(
    "entry without a target",
    "bottles:\n  - match: web\n",
    "2: bottles[0] names no target; it must have routes, pipelock or dockerfile",
  ),
  wrong(
    "mistyped target",
    "bottles:\n  - match: a\n    routs: {file: /a}\n",
    "3: bottles[0].routs is not a known key, did you mean routes?",
  ),
  wrong(
    "mistyped key beside a missing one",
    "bottles:\n  - routes:\n      fiel: /a\n      relaod: [x]\n",
    `2: ${R}.file is missing; it must be the path of a file`,
    `3: ${R}.fiel is not a known key, did you mean file?`,
    `4: ${R}.relaod is not a known key, did you mean reload?`,
  ),
  wrong(
    "problems, told in the order of the file",
    "bottles:\n  - routes:\n      reload: []\n      file: ''\n",
    `3: ${R}.reload[0] is missing; it must be a program's name or absolute path`,
    `4: ${R}.file must be the path of a file, got nothing`,
  ),
  wrong(
    "key like none",
    routes("colour: red"),
    `4: ${R}.colour is not a known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "key of JavaScript's own",
    routes("__proto__: {}"),
    `4: ${R}.__proto__ is not a known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "key that would break the message",
    routes('"a\\nb": c'),
    `4: ${R}["a\\nb"] is not a known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "merge key",
    routes("<<: {write: rename}"),
    `4: ${R}["<<"] is not a known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "target that is a path",
    "bottles:\n  - routes: /a\n",
    `2: ${R} must be a map with file, got "/a"`,
  ),
  wrong(
    "target without anything",
    "bottles:\n  - routes:\n",
    `2: ${R} must be a map with file, got nothing`,
  ),
  {
    name: "more than five problems",
    text: "bottles:\n  - a: 1\n    b: 2\n    c: 3\n  - d: 4\n    e: 5\n    f: 6\n    g: 7\n",
    problems: [
      `2: bottles[0].a is not a known key; ${BOTTLE_KEYS}`,
      `3: bottles[0].b is not a known key; ${BOTTLE_KEYS}`,
      `4: bottles[0].c is not a known key; ${BOTTLE_KEYS}`,
      `5: bottles[1].d is not a known key; ${BOTTLE_KEYS}`,
      `6: bottles[1].e is not a known key; ${BOTTLE_KEYS}`,
    ],
    more: "; and 2 more",
  },

  wrong(
    "star without quotes",
    "bottles:\n  - match: *\n",
    '2: the value begins with "*", which is an alias in YAML; put the pattern in quotes',
  ),
  wrong(
    "alias",
    matching("*web"),
    "2: *web is an alias, put a pattern in quotes; write the value itself",
  ),
  wrong("anchor", matching("&web web"), "2: &web is an anchor; write the value itself"),
  wrong("tag", matching("!!str web"), "2: tag:yaml.org,2002:str is a tag; write the value itself"),
  wrong(
    "key that is there twice",
    "bottles: []\n\nbottles: []\n",
    '3: the key "bottles" is there twice',
  ),
  wrong(
    "second document",
    "bottles: []\n---\nbottles: []\n",
    "2: a second YAML document begins; there must be one",
  ),
  wrong(
    "tab",
    "bottles:\n\t- match: a\n",
    "2: this is not YAML: tabs are not allowed as indentation",
  ),
  wrong(
    "braces without quotes",
    file("{slug}/routes.yaml"),
    '3: this is not YAML: unexpected scalar at node end; put text that holds "{" in quotes',
  ),
  wrong(
    "braces without quotes in a list",
    routes("reload: [kill, egress-{slug}]"),
    "4: this is not YAML: missing , or : between flow sequence items; " +
      'put text that holds "{" in quotes',
  ),
  wrong(
    "text of great depth",
    "a: " + "[".repeat(20_000),
    "1: the file must be a map with bottles, got YAML that is nested too deeply",
  ),

  wrong("empty match", matching('""'), `2: bottles[0].match must be ${NAME}, got nothing`),
  wrong(
    "match with a space",
    matching("web one"),
    `2: bottles[0].match must be ${NAME}, got "web one"`,
  ),
  wrong("match with a slash", matching("a/b"), `2: bottles[0].match must be ${NAME}, got "a/b"`),
  wrong(
    "match no slug begins with",
    matching("-web*"),
    `2: bottles[0].match must be ${NAME}, got "-web*"`,
  ),
  wrong(
    "match with {slug}",
    matching("'{slug}'"),
    `2: bottles[0].match must be ${NAME}, got "{slug}"`,
  ),
  wrong("list as match", matching("[a, b]"), `2: bottles[0].match must be ${NAME}, got a list`),
  wrong(
    "match longer than a slug",
    matching("a".repeat(64)),
    `2: bottles[0].match must be ${NAME}, got "${"a".repeat(60)}…"`,
  ),
  wrong(
    "entry after one for every bottle",
    "bottles:\n  - routes: {file: /a}\n  - match: web\n    routes: {file: /b}\n",
    "3: bottles[1] is never used: bottles[0] takes all of its bottles; put it before " +
      "that one, or remove it",
  ),
  wrong(
    "entry after a wider pattern",
    'bottles:\n  - match: "w*-*"\n    routes: {file: /a}\n  - match: web-*\n    routes: {file: /b}\n',
    "4: bottles[1] is never used: bottles[0] takes all of its bottles; put it before " +
      "that one, or remove it",
  ),
];
