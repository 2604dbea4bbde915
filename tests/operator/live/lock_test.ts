/** Two operators at one live file: one at a time, however the one before ends. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HeldFile } from "../../../src/operator/live/held_file.ts";
import { HeldFiles } from "../../../src/operator/live/held_files.ts";
import { Running } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import { failure, target } from "./stand.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MODULE = new URL("../../../src/operator/live/held_file.ts", import.meta.url).href;
const WRITES = ["in-place", "rename"] as const;

/** A process that says so when it holds the file, and runs `then` once it gets a line. */
async function holder(path: string, write: typeof WRITES[number], then = ""): Promise<Running> {
  const process = new Running(Deno.execPath(), {
    args: [
      ...["eval", "--quiet", "--cached-only"],
      `const { HeldFile } = await import(${JSON.stringify(MODULE)});
       const file = await HeldFile.hold(${JSON.stringify(target(path, { write }))});
       console.log("held");
       await Deno.stdin.read(new Uint8Array(1));
       ${then}`,
    ],
    stdin: "piped",
    cwd: ROOT,
  });
  await within(60, "holder", process.output("stdout", /held/));
  return process;
}

async function goOn(process: Running): Promise<void> {
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  await writer.close();
}

/** A holder's standard input is closed with it, or its pipe would be left open. */
async function end(process: Running): Promise<void> {
  await process[Symbol.asyncDispose]();
  await process.stdin.abort().catch(() => {});
}

Deno.test("hold() waits no longer once it is stopped, and leaves no lock behind", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  await Deno.writeTextFile(path, "routes: []\n");
  {
    using _other = await HeldFile.hold(target(path));
    const stop = new AbortController();
    const waiting = HeldFiles.hold([target(path)], stop.signal);
    setTimeout(() => stop.abort(), 100);
    const { message } = await within(5, "the end", failure("interrupted", waiting));
    assert.equal(
      message,
      `interrupted while it waited for ${path}, which another supervisectl is changing; nothing was ` +
        "done",
    );
  }
  using _next = await HeldFile.hold(target(path), 5_000);
});

Deno.test("hold() gives up after its wait, and goes on when the holder is killed", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  await Deno.writeTextFile(path, "routes: []\n");
  const other = await holder(path, "in-place");
  try {
    const { message } = await failure("busy", HeldFile.hold(target(path), 1_000));
    assert.equal(
      message,
      `another supervisectl has been changing ${path} for 1 s; wait for it, or end it, and try again`,
    );
    const waiting = HeldFile.hold(target(path), 20_000);
    other.kill("SIGKILL");
    using file = await within(60, "the file", waiting);
    assert.equal(await file.text(), "routes: []\n");
  } finally {
    await end(other);
  }
});

for (const write of WRITES) {
  Deno.test(`hold() after a holder that writes ${write} sees what it wrote`, async () => {
    await using dir = await temporary();
    const path = join(dir.path, "routes.yaml");
    await Deno.writeTextFile(path, "routes: []\n");
    const other = await holder(
      path,
      write,
      `await file.write("routes: [] # other\\n", () => true);`,
    );
    try {
      const waiting = HeldFile.hold(target(path, { write }), 20_000);
      await goOn(other);
      using file = await within(60, "the file", waiting);
      assert.equal(await file.text(), "routes: [] # other\n");
      await file.write("routes: [] # mine\n", () => true);
      assert.equal(await Deno.readTextFile(path), "routes: [] # mine\n");
    } finally {
      await end(other);
    }
  });
}

Deno.test("a file replaced by rename stays held under its new inode", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  await Deno.writeTextFile(path, "routes: []\n");
  const then = `await file.write("a\\n", () => true); console.log("written");
    await new Promise(() => setTimeout(() => {}, 60_000));`;
  const other = await holder(path, "rename", then);
  try {
    await goOn(other);
    await other.output("stdout", /written/);
    await failure("busy", HeldFile.hold(target(path), 200));
    other.kill("SIGKILL");
    using file = await within(60, "the file", HeldFile.hold(target(path), 5_000));
    assert.equal(await file.text(), "a\n");
  } finally {
    await end(other);
  }
});

Deno.test("hold() of a file that is replaced without end by others finds the one of its name", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  const aside = join(dir.path, "aside");
  await Deno.writeTextFile(path, "0");
  let isOver = false;
  const replacing = (async () => {
    for (let count = 1; !isOver; count++) {
      await Deno.writeTextFile(aside, `${count}`);
      await Deno.rename(aside, path);
    }
  })();
  try {
    for (let held = 0; held < 50; held++) {
      using file = await HeldFile.hold(target(path), 5_000);
      await file.text();
    }
  } finally {
    isOver = true;
    await replacing;
  }
});

/** As the runtime tells them: of some it knows a code, of others the system's number. */
const NO_LOCKS = [
  [Object.assign(new Error("Operation not supported (os error 95)"), { code: "ENOTSUP" })],
  [new Error("No locks available (os error 37)")],
  [new Error("Function not implemented (os error 38)")],
] as const;

for (const [error] of NO_LOCKS) {
  Deno.test(`hold() on a file system without locks is a clear failure: ${error.message}`, async () => {
    await using dir = await temporary();
    const path = join(dir.path, "routes.yaml");
    await Deno.writeTextFile(path, "routes: []\n");
    const { lock } = Deno.FsFile.prototype;
    try {
      Deno.FsFile.prototype.lock = () => Promise.reject(error);
      const { message } = await failure("cannot-write", HeldFile.hold(target(path)));
      const reason = error.message.slice(0, 1).toLowerCase() + error.message.slice(1);
      assert.equal(
        message,
        `cannot lock ${path}: ${reason.replace(/ \(.*/, "")}; put the live files on a file ` +
          "system with locks",
      );
    } finally {
      Deno.FsFile.prototype.lock = lock;
    }
  });
}

Deno.test("HeldFiles takes two files in one order, whichever way they are named", async () => {
  await using dir = await temporary();
  const targets = ["a", "b"].map((name) => target(join(dir.path, name)));
  for (const { path } of targets) await Deno.writeTextFile(path, "");
  const hold = async (wanted: typeof targets) => {
    using _ = await HeldFiles.hold(wanted);
    await Promise.resolve();
  };
  const all = Array.from(
    { length: 20 },
    (_, at) => hold(at % 2 ? targets : [...targets].reverse()),
  );
  await within(60, "end of all", Promise.all(all));
});
