/**
 * `supervisectl` that is killed with SIGKILL at one of the calls by which it changes something, apart
 * so that the release code has no hook: `PLAN TRACE ARGS…`.
 *
 * `PLAN` is `before:N`, `after:N`, `torn:N` (half of the Nth write, or a command that is killed too)
 * or `count`, which writes what each call is to the file `TRACE`.
 */

import { FileHandle, open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { systemIo } from "../../../src/operator/io.ts";
import { run } from "../../../src/operator/main.ts";
import type { Step } from "./step.ts";

const [plan = "", trace = "", ...args] = Deno.args;
const writeTrace = Deno.writeTextFileSync;
let count = 0;

/** Counts a call and says at which of its moments this process is to be killed. */
function next(step: Omit<Step, "number">): "before" | "after" | "torn" | undefined {
  const number = ++count;
  if (plan === "count") writeTrace(trace, JSON.stringify({ number, ...step }) + "\n", APPEND);
  const [moment, at] = plan.split(":");
  return at === String(number) ? moment as "before" | "after" | "torn" : undefined;
}

const APPEND = { append: true };

function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  while (true);
}

async function through<T>(
  step: Omit<Step, "number">,
  call: () => Promise<T>,
  half?: () => Promise<unknown>,
): Promise<T> {
  const moment = next(step);
  if (moment === "before") die();
  if (moment === "torn") {
    await half?.();
    die();
  }
  try {
    return await call();
  } finally {
    if (moment === "after") die();
  }
}

/** The end of a path, the same in every run. */
function place(path: unknown): string {
  const text = String(path);
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  return `${basename(dirname(text))}/${basename(text)}`.replaceAll(uuid, "…");
}

// deno-lint-ignore no-explicit-any
type Any = any;

for (const name of ["rename", "link", "remove", "mkdir", "chmod", "chown", "truncate"] as const) {
  const original = Deno[name] as (...values: Any[]) => Promise<void>;
  Object.assign(Deno, {
    [name]: (...values: Any[]) =>
      through(
        { changes: true, tears: false, what: [name, ...values.map(said)].join(" ") },
        () => original(...values),
      ),
  });
}

function said(value: unknown): string {
  return typeof value === "string" ? place(value) : "";
}

const paths = new WeakMap<Deno.FsFile, string>();
const openOriginal = Deno.open;
Deno.open = async (path, options) => {
  const opening = () => openOriginal(path, options);
  const creates = options?.create || options?.createNew;
  const what = `create ${place(path)}`;
  const file =
    await (creates ? through({ changes: true, tears: false, what }, opening) : opening());
  paths.set(file, place(path));
  return file;
};

const { write, truncate, sync } = Deno.FsFile.prototype;
Object.assign(Deno.FsFile.prototype, {
  write(this: Deno.FsFile, bytes: Uint8Array) {
    return through(
      { changes: true, tears: true, what: `write ${bytes.length} bytes to ${paths.get(this)}` },
      () => write.call(this, bytes),
      () => write.call(this, bytes.subarray(0, bytes.length >> 1)),
    );
  },
  truncate(this: Deno.FsFile, length?: number) {
    const what = `truncate ${paths.get(this)} to ${length}`;
    return through({ changes: true, tears: false, what }, () => truncate.call(this, length));
  },
  sync(this: Deno.FsFile) {
    const what = `sync ${paths.get(this)}`;
    return through({ changes: false, tears: false, what }, () => sync.call(this));
  },
});

async function handlePrototype(): Promise<FileHandle> {
  const handle = await open("/dev/null");
  await handle.close();
  return Object.getPrototypeOf(handle);
}

const handles = await handlePrototype();
const { writeFile, sync: syncHandle } = handles as Any;
Object.assign(handles, {
  writeFile(this: FileHandle, text: string) {
    const bytes = new TextEncoder().encode(text);
    const what = `write ${bytes.length} bytes, ${JSON.stringify(text.slice(0, 24))}…`;
    return through(
      { changes: true, tears: bytes.length > 1, what },
      () => writeFile.call(this, text),
      () => writeFile.call(this, bytes.subarray(0, bytes.length >> 1)),
    );
  },
  sync(this: FileHandle) {
    return through(
      { changes: false, tears: false, what: "sync what was written" },
      () => syncHandle.call(this),
    );
  },
});

const Command = Deno.Command;
Deno.Command = class extends Command {
  readonly #what: string;

  constructor(command: string | URL, options?: Deno.CommandOptions) {
    super(command, options);
    this.#what = `run ${[command, ...options?.args ?? []].map(said).join(" ")}`;
  }

  override spawn(): Deno.ChildProcess {
    const moment = next({ changes: true, tears: true, what: this.#what });
    if (moment === "before") die();
    const child = super.spawn();
    if (moment === "torn") child.kill("SIGKILL");
    // Before whoever else waits for it hears of its end.
    if (moment) child.status.then(die);
    return child;
  }
};

Deno.exit(await run(args, systemIo()));
