/** Who may import whom: the two planes meet only in the queue, and the sidecar cannot decide. */

import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Files of one purpose; a file is in the first room that has it. Paths are names or their beginnings. */
interface Room {
  readonly files: readonly string[];
  readonly may: readonly string[];
  /** Of these the types alone, so that nothing of them can be called or made. */
  readonly mayNameTypesOf?: readonly string[];
  readonly because: string;
}

function queue(...names: readonly string[]): string[] {
  return names.map((name) => `src/queue/${name}.ts`);
}

function sidecar(name: string): string {
  return `src/sidecar/${name}.ts`;
}

/** What both sides write and read, and how it becomes durable. */
const CONTRACT = [
  ...queue(
    "layout",
    "sha256",
    "text",
    "proposal",
    "asking_tools",
    "repeats",
    "decision",
    "withdrawal",
    "waiting",
  ),
  ...queue(
    "read",
    "record",
    "durable",
    "directory_times",
    "iso_time",
    "expired",
    "grant_end",
    "group_shared",
    "host_name",
    "path_prefix",
  ),
];

const OPERATORS_HALF = [
  ...queue("desk", "queues", "names", "records", "item", "fair_order", "shadow_records"),
  ...queue("queue_index", "bottle_index", "record_cache", "ended_records"),
  ...queue("queue_watch", "inotify_hint"),
];

const AGENTS_HALF = [
  ...queue("inbox", "queue_state", "directory_sync", "take_in", "open_proposals", "same_ask"),
  ...queue("wait", "changes", "standing", "recently_ended", "repeat_log", "archive", "watch"),
  ...queue("withdrawals", "expiry", "undelivered", "grant_ends", "limit", "shadow"),
];

const ROOMS: readonly Room[] = [
  {
    files: CONTRACT,
    may: CONTRACT,
    because: "the on-disk contract stands alone",
  },
  {
    files: OPERATORS_HALF,
    may: [...CONTRACT, ...OPERATORS_HALF],
    because: "the operator's side must not know the agent's",
  },
  {
    files: AGENTS_HALF,
    may: [...CONTRACT, ...AGENTS_HALF],
    because: "the agent's side must not know the operator's",
  },
  {
    files: ["src/sidecar/jsonrpc/"],
    may: ["src/sidecar/jsonrpc/"],
    because: "JSON-RPC knows nothing of what it carries",
  },
  {
    files: ["src/sidecar/mcp/"],
    may: ["src/sidecar/mcp/", "src/sidecar/jsonrpc/"],
    because: "the protocol knows nothing of proposals",
  },
  {
    files: ["src/sidecar/http/"],
    may: [
      "src/sidecar/http/",
      "src/sidecar/mcp/",
      "src/sidecar/jsonrpc/",
      ...["deadlines", "remembered"].map(sidecar),
    ],
    because: "a transport needs the protocol and nothing that it is used for",
  },
  {
    files: ["src/sidecar/stdio/"],
    may: ["src/sidecar/stdio/", "src/sidecar/mcp/", "src/sidecar/jsonrpc/"],
    because: "a transport needs the protocol and nothing that it is used for",
  },
  {
    files: ["src/sidecar/egress/"],
    may: ["src/sidecar/egress/", ...queue("path_prefix")],
    because: "reading the route table needs nothing else",
  },
  {
    files: ["src/sidecar/tools/"],
    may: [
      "src/sidecar/tools/",
      "src/sidecar/answer.ts",
      "src/sidecar/not_asked.ts",
      "src/sidecar/jsonrpc/",
      ...queue("asking_tools", "layout", "host_name", "path_prefix", "text"),
    ],
    mayNameTypesOf: [
      ...["propose", "settings", "egress/already_allowed", "egress/route_table", "mcp/tool"]
        .map(sidecar),
      ...queue("inbox", "shadow"),
    ],
    because: "a tool asks through what it is given; no record of the queue is in reach",
  },
  {
    files: ["src/sidecar/propose.ts"],
    may: ["answer", "deadlines", "not_asked", "proposal_tasks"].map(sidecar),
    mayNameTypesOf: [
      ...["rate_limit", "mcp/task", "mcp/tool", "mcp/tool_result"].map(sidecar),
      ...queue("inbox", "layout", "shadow", "wait"),
    ],
    because: "proposing asks and waits at the inbox it is given; deciding is not in reach",
  },
  {
    files: ["src/sidecar/proposal_tasks.ts"],
    may: ["src/sidecar/answer.ts", "src/queue/layout.ts"],
    mayNameTypesOf: ["src/sidecar/mcp/task.ts", ...queue("inbox")],
    because: "a task is a proposal seen from the agent's side",
  },
  {
    files: ["src/sidecar/resources.ts"],
    may: [
      "src/sidecar/answer.ts",
      "src/sidecar/session_context/asked.ts",
      ...queue("asking_tools", "layout", "limit"),
    ],
    mayNameTypesOf: [
      ...["current_config", "egress/route_table", "mcp/resources"].map(sidecar),
      ...queue("inbox", "changes", "proposal"),
    ],
    because: "a resource can be read; asking and deciding are not in reach",
  },
  {
    files: ["src/sidecar/session_context/"],
    may: [
      "src/sidecar/session_context/",
      ...["egress/route_list", "remembered"].map(sidecar),
      ...queue("asking_tools"),
    ],
    mayNameTypesOf: [
      ...["settings", "egress/recent_routes", "http/page"].map(sidecar),
      ...queue("inbox", "layout", "proposal"),
    ],
    because: "a page tells what can be read; asking and deciding are not in reach",
  },
  {
    files: ["src/sidecar/answer.ts"],
    may: [],
    mayNameTypesOf: [
      ...["mcp/tool_result", "tools/ask_output"].map(sidecar),
      ...queue("decision", "grant_end", "layout"),
    ],
    because: "words for an answer need the answer alone",
  },
  {
    files: ["src/sidecar/not_asked.ts"],
    may: ["src/sidecar/answer.ts"],
    mayNameTypesOf: ["src/sidecar/mcp/tool_result.ts"],
    because: "a refusal is words for the agent",
  },
  {
    files: ["src/sidecar/instructions.ts"],
    may: queue("asking_tools"),
    mayNameTypesOf: ["src/sidecar/settings.ts"],
    because: "what a model is told depends on the mode and the tools alone",
  },
  {
    files: ["src/sidecar/parts.ts"],
    may: [
      ...["current_config", "healthz", "instructions", "metrics", "proposal_tasks"].map(sidecar),
      ...["propose", "queue_health", "rate_limit", "resources"].map(sidecar),
      ...["egress", "mcp", "session_context", "tools"].map((name) => `src/sidecar/${name}/`),
      ...queue("layout"),
    ],
    mayNameTypesOf: [
      ...["settings", "http/page", "http/request_record"].map(sidecar),
      ...queue("inbox", "shadow"),
    ],
    because: "it puts parts together that were opened elsewhere, whatever face serves them",
  },
  {
    files: ["src/sidecar/settings.ts"],
    may: ["src/queue/layout.ts"],
    mayNameTypesOf: ["src/sidecar/http/listener.ts"],
    because: "of the queue a setting names the slug alone",
  },
  {
    files: ["src/sidecar/start_checks.ts"],
    may: ["src/sidecar/settings.ts", "src/sidecar/egress/route_table.ts", ...queue("layout")],
    because: "what is checked at the start are the settings",
  },
  {
    files: ["src/sidecar/queue_health.ts"],
    may: queue("durable", "layout"),
    because: "trying a directory needs a file in it and no record",
  },
  {
    files: ["src/sidecar/metrics.ts", "src/sidecar/healthz.ts"],
    may: [],
    mayNameTypesOf: [
      ...["http/page", "http/request_record", "propose"].map(sidecar),
      ...queue("changes"),
    ],
    because: "a page tells what it is given",
  },
  {
    files: ["src/sidecar/"],
    may: [],
    because: "clocks, texts, one mounted file and the health question need nothing else",
  },
  {
    files: ["main.ts"],
    may: ["src/sidecar/", ...queue("inbox", "shadow", "durable"), "deno.json"],
    because: "the sidecar's composition root must not be able to decide",
  },
  {
    files: ["src/operator/review/"],
    may: [
      "src/operator/review/",
      ...["columns", "nearest", "visible"].map((name) => `src/operator/${name}.ts`),
      ...queue("asking_tools", "host_name", "path_prefix", "text"),
    ],
    mayNameTypesOf: queue("proposal"),
    because: "what an ask means is read from its text alone",
  },
  {
    files: ["src/operator/apply/"],
    may: [
      "src/operator/apply/",
      "src/operator/review/",
      "src/operator/columns.ts",
      "src/operator/visible.ts",
      ...queue("asking_tools", "path_prefix", "sha256"),
    ],
    mayNameTypesOf: ["src/operator/config/config.ts"],
    because: "an engine makes text from text: no file, no process, no queue is in reach",
  },
  {
    files: ["src/operator/config/"],
    may: [
      "src/operator/config/",
      "src/operator/apply/edit.ts",
      "src/operator/apply/yaml_unique.ts",
      ...["failure", "nearest", "read_bounded"].map((name) => `src/operator/${name}.ts`),
      ...queue("layout"),
    ],
    mayNameTypesOf: ["src/operator/settings.ts"],
    because: "the configuration names files and commands; it looks at them and changes none",
  },
  {
    files: ["src/operator/audit/"],
    may: [
      "src/operator/audit/",
      ...["failure", "file_lock"].map((name) => `src/operator/${name}.ts`),
      ...queue("layout", "durable"),
    ],
    because: "the log takes down what it is told, and knows nothing of how it came about",
  },
  {
    files: ["src/operator/live/"],
    may: [
      ...["live", "apply", "audit", "config"].map((name) => `src/operator/${name}/`),
      ...["failure", "file_lock"].map((name) => `src/operator/${name}.ts`),
      ...queue("layout", "durable", "sha256"),
    ],
    because: "live files change by a record, whoever asked for it; no queue is in reach",
  },
  {
    files: ["src/operator/app/wire/", "src/operator/app/wire.ts"],
    may: ["src/operator/app/wire/"],
    because: "the wire form stands alone: a browser, a client or a test needs nothing else of it",
  },
  {
    files: ["src/operator/app/records/"],
    may: [
      ...["app/records", "apply", "audit", "review", "shadow"].map((name) =>
        `src/operator/${name}/`
      ),
      ...queue("item"),
    ],
    mayNameTypesOf: [
      ...["abandon", "diagnose", "feed", "granted", "init", "preview", "routes"].map((name) =>
        `src/operator/app/${name}.ts`
      ),
      ...["app/wire", "config", "live"].map((name) => `src/operator/${name}/`),
      "src/operator/failure.ts",
      ...queue("decision", "layout"),
    ],
    because: "a record is made of what is known already; schemas are not loaded to print one",
  },
  {
    files: ["src/operator/app/"],
    may: [
      ...["app", "apply", "audit", "config", "live", "review", "shadow"].map((name) =>
        `src/operator/${name}/`
      ),
      ...["columns", "failure", "visible", "when"].map((name) => `src/operator/${name}.ts`),
      ...queue(
        "asking_tools",
        "desk",
        "durable",
        "item",
        "decision",
        "layout",
        "sha256",
        "shadow_records",
        "group_shared",
      ),
    ],
    mayNameTypesOf: queue("grant_end", "proposal"),
    because: "a use case knows no face: what it needs of one it is given",
  },
  {
    files: ["src/operator/text/"],
    may: [
      "src/operator/text/",
      "src/operator/review/",
      ...["columns", "visible"].map((name) => `src/operator/${name}.ts`),
    ],
    because: "words for terminals only: nothing can be read or changed from here",
  },
  {
    files: ["src/operator/triage/"],
    may: [
      ...["triage", "text", "review"].map((name) => `src/operator/${name}/`),
      ...["columns", "failure", "keyboard", "visible", "when"].map((name) =>
        `src/operator/${name}.ts`
      ),
    ],
    mayNameTypesOf: queue("item", "proposal"),
    because: "the screen does nothing itself: it asks for it",
  },
  {
    files: ["src/operator/shadow/"],
    may: [
      ...["shadow", "apply", "review"].map((name) => `src/operator/${name}/`),
      ...["columns", "visible", "when"].map((name) => `src/operator/${name}.ts`),
      ...queue("asking_tools"),
    ],
    mayNameTypesOf: queue("proposal"),
    because: "a routes file is made from asks alone: no file and no queue is in reach",
  },
  {
    files: ["src/operator/"],
    may: [
      "src/operator/",
      ...queue("asking_tools", "item", "layout", "durable", "text"),
      "deno.json",
    ],
    mayNameTypesOf: queue("repeats"),
    because: "the operator's plane never acts for the agent",
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
  /** Nothing of the module is there when the program runs. */
  readonly isType: boolean;
}

const IMPORT = /\b(?:(?:import|export)\b( type\b)?[^;"]*?\bfrom|import\s*\(?)\s*"(\.[^"]+)"/g;

async function readImports(): Promise<Import[]> {
  const imports: Import[] = [];
  for (const from of ["main.ts", ...await sourceFiles("src")]) {
    const text = await Deno.readTextFile(join(ROOT, from));
    for (const [, type, specifier = ""] of text.matchAll(IMPORT)) {
      const to = relative(ROOT, join(ROOT, dirname(from), specifier));
      imports.push({ from, to, isType: type !== undefined });
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

function isOf(paths: readonly string[], file: string): boolean {
  return paths.some((path) => file === path || (path.endsWith("/") && file.startsWith(path)));
}

function roomOf(file: string): Room | undefined {
  return ROOMS.find(({ files }) => isOf(files, file));
}

function allows({ may, mayNameTypesOf = [] }: Room, { to, isType }: Import): boolean {
  return isOf(may, to) || (isType && isOf(mayNameTypesOf, to));
}

/** Where a file that is in no room belongs. */
function listFor(file: string): string {
  return file.startsWith("src/queue/")
    ? "CONTRACT where both planes need it, else to OPERATORS_HALF or AGENTS_HALF"
    : "files of a room in ROOMS";
}

Deno.test("layers: every import stays within the table", async () => {
  const imports = await readImports();
  assert.ok(imports.length > 50, "the test no longer sees the imports");
  const wrong = imports.flatMap((one) => {
    const room = roomOf(one.from);
    if (!room) return [`${one.from} is in no room: add it to ${listFor(one.from)}`];
    if (allows(room, one)) return [];
    const list = one.isType ? "may or mayNameTypesOf" : "may";
    return [
      `${one.from} imports ${one.to}: ${room.because}. If it should, add it to ${list} of the room ` +
      `with ${room.files.slice(0, 2).join(", ")} in ROOMS`,
    ];
  });
  assert.deepEqual(wrong, []);
});

Deno.test("layers: the table allows nothing that is not made use of", async () => {
  const imports = await readImports();
  const left = ROOMS.flatMap(({ files, may, mayNameTypesOf = [] }) => {
    const used = imports.filter(({ from }) => roomOf(from)?.files === files);
    // Within the halves of the queue all may know all.
    const between = [...may, ...mayNameTypesOf].filter((path) =>
      !isQueue(files) || !isQueue([path])
    );
    return between.filter((path) => !used.some(({ to }) => isOf([path], to)))
      .map((path) =>
        `take ${path} out of the room with ${files.join(", ")}: it imports no such file`
      );
  });
  assert.deepEqual(left, []);
});

function isQueue(files: readonly string[]): boolean {
  return files.every((file) => file.startsWith("src/queue/"));
}

/** What belongs to a face: words of a command line, what is printed and coloured, signals. */
const OF_FACES: readonly RegExp[] = [
  /\bargv\b/i,
  /\bDeno\.args\b/,
  /\bstd(?:in|out|err)\b/i,
  /\bconsole\./,
  /\bNO_COLOR\b/,
  /\\x1b|\\u001b|\\e\[|%c/i,
  /\baddSignalListener\b|\bprocess\.on\b|\bSIG[A-Z]{2,}\b/,
  /["`]supervisectl /,
  /["`]--[a-z]/,
];

Deno.test("layers: no use case names what belongs to a face", async () => {
  const files = await sourceFiles("src/operator/app");
  assert.ok(files.length > 1, "the test no longer sees the use cases");
  const wrong: string[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(join(ROOT, file));
    for (const pattern of OF_FACES) {
      const [found] = pattern.exec(text) ?? [];
      if (found !== undefined) wrong.push(`${file} names ${JSON.stringify(found)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

const PROGRAMS: readonly {
  readonly program: string;
  readonly root: string;
  readonly side: string;
  readonly never: readonly string[];
}[] = [
  {
    program: "supervise",
    root: "main.ts",
    side: "src/queue/inbox.ts",
    never: ["src/operator/", ...OPERATORS_HALF],
  },
  {
    program: "supervisectl",
    root: "src/operator/main.ts",
    side: "src/queue/desk.ts",
    never: ["main.ts", "src/sidecar/", ...AGENTS_HALF],
  },
];

for (const { program, root, side, never } of PROGRAMS) {
  Deno.test(`layers: ${program} reaches no module of the other side, however indirectly`, async () => {
    const imports = await readImports();
    const reached = new Set([root]);
    for (const file of reached) {
      for (const { from, to } of imports) if (from === file) reached.add(to);
    }
    assert.ok(reached.has(side));
    assert.deepEqual([...reached].filter((file) => isOf(never, file)), []);
  });
}

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

const EXPORTED_TYPE = /^export (?:abstract )?(?:interface|type|class|enum) ([A-Za-z0-9]+)/gm;

Deno.test("layers: no two exported types have one name", async () => {
  const filesOf = new Map<string, string[]>();
  for (const file of await sourceFiles("src")) {
    const text = await Deno.readTextFile(join(ROOT, file));
    for (const [, name = ""] of text.matchAll(EXPORTED_TYPE)) {
      filesOf.set(name, [...filesOf.get(name) ?? [], file]);
    }
  }
  assert.ok(filesOf.size > 100, "the test no longer sees the types");
  const doubled = [...filesOf].filter(([, files]) => files.length > 1);
  assert.deepEqual(doubled.map(([name, files]) => `${name}: ${files.join(", ")}`), []);
});
