/** Who may import whom: the two planes meet only in the queue, and the sidecar cannot decide. */

import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A room is a path prefix; the first that fits is the one a file is in. */
interface Room {
  readonly path: string;
  readonly may: readonly string[];
  /** Never, even if `may` would allow it. */
  readonly never?: readonly string[];
  readonly because: string;
}

const ROOMS: readonly Room[] = [
  {
    path: "src/queue/desk.ts",
    may: ["src/queue/"],
    never: ["src/queue/inbox.ts"],
    because: "the operator's side must not know the agent's",
  },
  {
    path: "src/queue/inbox.ts",
    may: ["src/queue/"],
    never: ["src/queue/desk.ts"],
    because: "the agent's side must not know the operator's",
  },
  {
    path: "src/queue/",
    may: ["src/queue/"],
    never: ["src/queue/desk.ts", "src/queue/inbox.ts"],
    because: "the on-disk contract stands alone",
  },
  {
    path: "src/sidecar/jsonrpc/",
    may: ["src/sidecar/jsonrpc/"],
    because: "JSON-RPC knows nothing of what it carries",
  },
  {
    path: "src/sidecar/mcp/",
    may: ["src/sidecar/mcp/", "src/sidecar/jsonrpc/"],
    because: "the protocol knows nothing of proposals",
  },
  {
    path: "src/sidecar/egress/",
    may: ["src/sidecar/egress/"],
    because: "reading the route table needs nothing else",
  },
  {
    path: "src/sidecar/tools/",
    may: [
      "src/sidecar/tools/",
      "src/sidecar/propose.ts",
      "src/sidecar/answer.ts",
      "src/sidecar/egress/",
      "src/queue/",
    ],
    never: ["src/queue/desk.ts"],
    because: "a tool can ask and wait; deciding is not in reach",
  },
  {
    path: "src/sidecar/propose.ts",
    may: [
      "src/sidecar/answer.ts",
      "src/sidecar/deadlines.ts",
      "src/sidecar/proposal_tasks.ts",
      "src/queue/",
    ],
    never: ["src/queue/desk.ts"],
    because: "proposing can ask and wait; deciding is not in reach",
  },
  {
    path: "src/sidecar/proposal_tasks.ts",
    may: ["src/sidecar/answer.ts", "src/queue/inbox.ts", "src/queue/layout.ts"],
    because: "a task is a proposal seen from the agent's side, and no protocol",
  },
  {
    path: "src/sidecar/resources.ts",
    may: ["src/sidecar/current_config.ts", "src/sidecar/egress/", "src/queue/"],
    never: ["src/queue/desk.ts"],
    because: "a resource can be read; asking and deciding are not in reach",
  },
  {
    path: "src/sidecar/answer.ts",
    may: ["src/queue/decision.ts", "src/queue/layout.ts"],
    because: "words for an answer need the answer alone",
  },
  {
    path: "src/sidecar/current_config.ts",
    may: [],
    because: "reading one mounted file needs nothing else",
  },
  {
    path: "src/sidecar/instructions.ts",
    may: [],
    because: "a text needs nothing else",
  },
  {
    path: "src/sidecar/http/",
    may: ["src/sidecar/"],
    because: "the transport is above the rest of the sidecar, and not above the queue",
  },
  {
    path: "src/sidecar/stdio/",
    may: ["src/sidecar/stdio/", "src/sidecar/mcp/", "src/sidecar/jsonrpc/"],
    because: "a transport needs the protocol and nothing that it is used for",
  },
  {
    path: "src/sidecar/",
    may: ["src/sidecar/settings.ts", "src/sidecar/egress/", "src/queue/layout.ts"],
    because: "settings, clocks and start checks are leaves",
  },
  {
    path: "src/operator/",
    may: ["src/operator/", "src/queue/", "deno.json"],
    never: ["src/queue/inbox.ts"],
    because: "the operator's plane never acts for the agent",
  },
  {
    path: "main.ts",
    may: [
      "src/sidecar/",
      "src/queue/inbox.ts",
      "src/queue/find_proposal.ts",
      "src/queue/layout.ts",
      "deno.json",
    ],
    because: "the sidecar's composition root must not be able to decide",
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

async function readImports(): Promise<Import[]> {
  const imports: Import[] = [];
  for (const from of ["main.ts", ...await sourceFiles("src")]) {
    const text = await Deno.readTextFile(join(ROOT, from));
    for (const [, specifier = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      imports.push({ from, to: relative(ROOT, join(ROOT, dirname(from), specifier)) });
    }
  }
  return imports;
}

async function sourceFiles(directory: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(join(ROOT, directory))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) files.push(...await sourceFiles(path));
    else if (path.endsWith(".ts")) files.push(path);
  }
  return files;
}

function roomOf(file: string): Room | undefined {
  return ROOMS.find(({ path }) => file.startsWith(path));
}

function allows(room: Room, file: string): boolean {
  return room.may.some((path) => file.startsWith(path)) &&
    !(room.never ?? []).some((path) => file.startsWith(path));
}

Deno.test("layers: every import stays within the table", async () => {
  const imports = await readImports();
  assert.ok(imports.length > 50, "the test no longer sees the imports");
  const wrong = imports.flatMap(({ from, to }) => {
    const room = roomOf(from);
    if (!room) return [`${from} is in no room of the table`];
    return allows(room, to) ? [] : [`${from} imports ${to}: ${room.because}`];
  });
  assert.deepEqual(wrong, []);
});

Deno.test("layers: the sidecar reaches no module of the operator, however indirectly", async () => {
  const imports = await readImports();
  const reached = new Set(["main.ts"]);
  for (const file of reached) {
    for (const { from, to } of imports) if (from === file) reached.add(to);
  }
  assert.ok(reached.has("src/queue/inbox.ts"));
  assert.deepEqual([...reached].filter((file) => /desk\.ts$|^src\/operator\//.test(file)), []);
});

Deno.test("layers: modules do not import each other in circles", async () => {
  const imports = await readImports();
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (path.includes(file) || done.has(file)) return;
    for (const { from, to } of imports) if (from === file) visit(to, [...path, file]);
    done.add(file);
  };
  for (const { from } of imports) visit(from, []);
  assert.deepEqual(circles, []);
});
