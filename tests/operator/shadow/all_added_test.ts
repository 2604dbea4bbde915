/** Many routes added at once: the same text as of adding one after the other. */

import assert from "node:assert/strict";
import { allAdded, type Planned } from "../../../src/operator/shadow/all_added.ts";
import { readTable } from "../../../src/operator/apply/route_table.ts";
import { additionOf, addRoute, type Route } from "../../../src/operator/apply/routes.ts";

const ROUTES: readonly Route[] = [
  { host: "new.example", path_allowlist: ["/a", "/b"] },
  { host: "last.example", path_allowlist: ["/last/", "/more/"] },
  { host: "first.example" },
  { host: "other.example" },
  { host: "middle.example", path_allowlist: ["/x", "/y"] },
];

const BLOCK = `# top
routes:
  - host: first.example   # one
    path_allowlist:
      - /first/  # a path
    # about first

  # about middle
  - host: middle.example
    path_allowlist:
      - /x
    auth:
      scheme: Bearer
      token_ref: A
  - host: last.example
    path_allowlist:
      - /last/
`;

const FORMS: readonly { name: string; text: string }[] = [
  { name: "a block", text: BLOCK },
  { name: "a block and a key behind it", text: `${BLOCK}note: x\n` },
  { name: "no line end at the end", text: BLOCK.trimEnd() },
  { name: "a comment at the end", text: `${BLOCK}      # of the paths\n# of nothing\n` },
  { name: "line ends of Windows", text: BLOCK.replaceAll("\n", "\r\n") },
  {
    name: "the list before the host",
    text: BLOCK.replace(
      /- host: first.*\n {4}(path_allowlist:\n.*\n)/,
      "- $1    host: first.example\n",
    ),
  },
  {
    name: "lists in brackets",
    text: BLOCK.replace(/path_allowlist:\n {6}- (\S+).*/g, "path_allowlist: [$1]"),
  },
  {
    name: "entries in brackets",
    text: "routes:\n- {host: first.example, path_allowlist: [/first/]}\n" +
      "- {host: middle.example, path_allowlist: [/x]}\n" +
      "- {host: last.example, path_allowlist: [/last/]}\n",
  },
  {
    name: "all in brackets",
    text: "routes: [{host: first.example, path_allowlist: [/first/]}, {path_allowlist: [/x], " +
      "host: middle.example}, {host: last.example, path_allowlist: [/last/]}]\n",
  },
  { name: "an empty table", text: "routes: []\n" },
  { name: "nothing", text: "" },
];

for (const { name, text } of FORMS) {
  Deno.test(`many routes added at once to ${name} are the text of adding each`, () => {
    let expected = text;
    for (const route of ROUTES) {
      const edit = addRoute(expected, route);
      assert.equal(edit.kind, "changed");
      if (edit.kind === "changed") expected = edit.after;
    }
    const table = readTable(text);
    assert.ok(table.kind === "table");
    const planned = ROUTES.map((route): Planned => {
      const addition = additionOf(table, route);
      assert.ok(!("kind" in addition));
      return { route, addition };
    });
    assert.deepEqual(allAdded(table, planned), { kind: "added", after: expected, notices: [] });
  });
}
