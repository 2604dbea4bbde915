/** Noticing files: at once by events, soon without them, and nothing after the end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DirectoryWatch, type DirectoryWatchOptions } from "../../src/queue/watch.ts";
import { temporary } from "../support/temporary.ts";
import { closedWatchers } from "../support/watchers.ts";
import { within } from "../support/within.ts";

/** No timer or read may outlive a watch. */
const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** Longer than any test: what comes is an event. */
const NO_POLLS = { pollIntervalMs: 3_600_000 };

/** Names as they come in, and a wait for the next one that is wanted. */
class Names {
  readonly all: string[] = [];
  #wake = () => {};

  readonly add = (name: string): void => {
    this.all.push(name);
    this.#wake();
  };

  /** Waits until `name` has come `times` times since `from`, an index into {@linkcode all}. */
  until(name: string, times = 1, from = 0): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = () => {
      if (this.all.slice(from).filter((other) => other === name).length >= times) resolve();
    };
    this.#wake();
    return within(60, `${times} × ${name}`, promise);
  }
}

function watch(
  directory: string,
  names: Names,
  options: Omit<DirectoryWatchOptions, "onName">,
): DirectoryWatch {
  return new DirectoryWatch(directory, { onName: names.add, ...options });
}

type WatchFs = typeof Deno.watchFs;

/** Puts another function in the place of `Deno.watchFs`, as where there are no events. */
function replaceWatchFs(replace: (watchFs: WatchFs) => () => Deno.FsWatcher): Disposable {
  const { watchFs } = Deno;
  Reflect.set(Deno, "watchFs", replace(watchFs));
  return {
    [Symbol.dispose]() {
      Reflect.set(Deno, "watchFs", watchFs);
    },
  };
}

const CHANGES: readonly (readonly [name: string, change: (path: string) => Promise<void>])[] = [
  ["created", (path) => Deno.writeTextFile(path, "text")],
  ["linked", async (path) => {
    await Deno.writeTextFile(`${path}.tmp`, "text");
    await Deno.link(`${path}.tmp`, path);
  }],
  ["moved in from below", async (path) => {
    await Deno.mkdir(`${path}.folder`);
    await Deno.writeTextFile(`${path}.folder/x`, "text");
    await Deno.rename(`${path}.folder/x`, path);
  }],
  ["renamed to its name", async (path) => {
    await Deno.writeTextFile(`${path}.tmp`, "text");
    await Deno.rename(`${path}.tmp`, path);
  }],
];

for (const [how, change] of CHANGES) {
  Deno.test(`a file that is ${how} is noticed by event`, SANITIZED, async () => {
    await using directory = await temporary();
    using _watchers = closedWatchers();
    const names = new Names();
    using _watch = watch(directory.path, names, NO_POLLS);
    await change(join(directory.path, "a.json"));
    await names.until("a.json");
  });
}

Deno.test("a file that is written further is noticed by event again", SANITIZED, async () => {
  await using directory = await temporary();
  using _watchers = closedWatchers();
  const path = join(directory.path, "a.json");
  await Deno.writeTextFile(path, "half");
  const names = new Names();
  using _watch = watch(directory.path, names, NO_POLLS);
  await Deno.writeTextFile(path, " and half", { append: true });
  await names.until("a.json");
});

Deno.test("a file below a directory is not noticed", SANITIZED, async () => {
  await using directory = await temporary();
  using _watchers = closedWatchers();
  await Deno.mkdir(join(directory.path, "processed"));
  const names = new Names();
  using _watch = watch(directory.path, names, NO_POLLS);
  await Deno.writeTextFile(join(directory.path, "processed", "below.json"), "text");
  await Deno.writeTextFile(join(directory.path, "last.json"), "text");
  await names.until("last.json");
  assert.ok(!names.all.includes("below.json"));
});

Deno.test("polls notice every file again and again where no events come", SANITIZED, async () => {
  await using directory = await temporary();
  using _watchers = closedWatchers();
  await Deno.writeTextFile(join(directory.path, "old.json"), "text");
  await using elsewhere = await temporary();
  using _blind = replaceWatchFs((watchFs) => () => watchFs(elsewhere.path));
  const names = new Names();
  const polled: string[][] = [];
  using _watch = watch(directory.path, names, {
    pollIntervalMs: 5,
    onPolled: (all) => void polled.push([...all].sort()),
  });
  await names.until("old.json", 2);
  await Deno.writeTextFile(join(directory.path, "new.json"), "text");
  await names.until("new.json", 2);
  assert.deepEqual(polled.at(0), ["old.json"]);
  assert.deepEqual(polled.at(-1), ["new.json", "old.json"]);
});

Deno.test("polls go on where watching fails, which is said once", SANITIZED, async () => {
  await using directory = await temporary();
  using _watchers = closedWatchers();
  await Deno.writeTextFile(join(directory.path, "a.json"), "text");
  using _blind = replaceWatchFs(() => () => {
    throw new Error("No file descriptors available");
  });
  const troubles: string[] = [];
  const names = new Names();
  using _watch = watch(directory.path, names, {
    pollIntervalMs: 5,
    onTrouble: (message) => troubles.push(message),
  });
  await names.until("a.json", 4);
  assert.deepEqual(troubles, [
    `cannot watch ${directory.path}, polling only: No file descriptors available`,
  ]);
});

Deno.test(
  "a directory that goes and comes back is noticed by polls, and its absence is said once",
  SANITIZED,
  async () => {
    await using directory = await temporary();
    using _watchers = closedWatchers();
    const queue = join(directory.path, "queue");
    await Deno.mkdir(queue);
    const names = new Names();
    const troubles: string[] = [];
    using watching = watch(queue, names, {
      pollIntervalMs: 5,
      onTrouble: (message) => troubles.push(message),
    });
    for (let round = 1; round <= 2; round++) {
      await Deno.remove(queue, { recursive: true });
      for (let polls = 0; polls < 3; polls++) await watching.poll();
      assert.equal(troubles.length, round);
      assert.match(troubles.at(-1)!, new RegExp(`^cannot read ${queue}: .*No such file`));
      await Deno.mkdir(queue);
      await Deno.writeTextFile(join(queue, `${round}.json`), "text");
      await names.until(`${round}.json`);
    }
  },
);

const DEAF: readonly (readonly [name: string, deafen: (queue: string) => Promise<void>])[] = [
  ["that was made again", async (queue) => {
    // Most file systems give the new directory the number of the old one.
    await Deno.remove(queue);
    await Deno.mkdir(queue);
  }],
  ["that was replaced", async (queue) => {
    await Deno.mkdir(`${queue}.other`);
    await Deno.rename(queue, `${queue}.old`);
    await Deno.rename(`${queue}.other`, queue);
  }],
  ["without events", (queue) => Deno.writeTextFile(join(queue, "untold.json"), "text")],
];

for (const [name, deafen] of DEAF) {
  Deno.test(
    `in a directory ${name} a file is noticed without a poll in between`,
    SANITIZED,
    async () => {
      await using directory = await temporary();
      await using elsewhere = await temporary();
      using _watchers = closedWatchers();
      using _blind = name === "without events"
        ? replaceWatchFs((watchFs) => () => watchFs(elsewhere.path))
        : undefined;
      const queue = join(directory.path, "queue");
      await Deno.mkdir(queue);
      const names = new Names();
      using watching = watch(queue, names, NO_POLLS);
      await deafen(queue);
      for (let polls = 0; polls < 2; polls++) await watching.poll();
      for (const file of ["a.json", "b.json"]) {
        await Deno.writeTextFile(join(queue, file), "text");
        await names.until(file);
      }
    },
  );
}

Deno.test(
  "a directory that is missing at first is looked at without events",
  SANITIZED,
  async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "queue");
    const names = new Names();
    using _watch = watch(queue, names, NO_POLLS);
    await Deno.mkdir(queue);
    await Deno.writeTextFile(join(queue, "a.json"), "text");
    await names.until("a.json");
  },
);

Deno.test(
  "nothing is noticed after the end, and a poll that was running ends quietly",
  SANITIZED,
  async () => {
    await using directory = await temporary();
    using _watchers = closedWatchers();
    await Deno.writeTextFile(join(directory.path, "old.json"), "text");
    const names = new Names();
    const troubles: string[] = [];
    const ended = watch(directory.path, names, {
      pollIntervalMs: 1,
      onPolled: () => void troubles.push("polled"),
      onTrouble: (message) => troubles.push(message),
    });
    const polling = ended.poll();
    ended[Symbol.dispose]();
    const others = new Names();
    using _watch = watch(directory.path, others, { pollIntervalMs: 5 });
    await Deno.writeTextFile(join(directory.path, "new.json"), "text");
    await others.until("old.json", 3);
    await polling;
    assert.deepEqual([names.all, troubles], [[], []]);
  },
);
