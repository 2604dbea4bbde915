/** What the documents name of the repository is there: files, directories, links and endpoints. */

import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { REVISIONS } from "../../src/sidecar/mcp/revisions.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** In backquotes or in a command: `src/queue/`, `tests/layers_test.ts`. */
const PATH = /(?<![\w./-])(?:src|tests|docs)\/[\w./-]*\w\/?|(?<=`)main\.ts(?=`)/g;

/** Links within the repository. */
const LINK = /\]\(([^)#:]+)(?:#[^)]*)?\)/g;

async function documents(directory = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, directory))) {
    const path = join(directory, name);
    if (isDirectory && path.startsWith("docs")) found.push(...await documents(path));
    else if (name.endsWith(".md") && name !== "CHANGELOG.md") found.push(path);
  }
  return found.sort();
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(join(ROOT, path)).then(
    ({ isDirectory }) => isDirectory || !path.endsWith("/"),
    () => false,
  );
}

const DOCUMENTS = await documents();

Deno.test("documents: every path and link in them leads to something", async () => {
  const missing: string[] = [];
  let seen = 0;
  for (const document of DOCUMENTS) {
    const text = await Deno.readTextFile(join(ROOT, document));
    const linked = [...text.matchAll(LINK)].map(([, to = ""]) =>
      relative(ROOT, join(ROOT, dirname(document), to))
    );
    for (const path of [...text.match(PATH) ?? [], ...linked]) {
      seen++;
      if (!await isThere(path)) missing.push(`${document} names ${path}`);
    }
  }
  assert.ok(seen > 50, "the test no longer sees the paths");
  assert.deepEqual(missing, []);
});

Deno.test("documents: docs/architecture.md names every room", async () => {
  const text = await Deno.readTextFile(join(ROOT, "docs/architecture.md"));
  const rooms: string[] = [];
  for (const plane of ["src", "src/sidecar", "src/operator"]) {
    for await (const { name, isDirectory } of Deno.readDir(join(ROOT, plane))) {
      const isPlane = plane === "src" && name !== "queue";
      if (isDirectory && !isPlane) rooms.push(`${plane}/${name}/`);
    }
  }
  assert.deepEqual(rooms.filter((room) => !text.includes(`\`${room}\``)), []);
});

Deno.test("documents: README names every revision that is served", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const untold = REVISIONS.filter(({ version }) => !readme.includes(version));
  assert.deepEqual(untold, []);
});

Deno.test("documents: README or docs/hosts.md tells of every page", async () => {
  const source = await Deno.readTextFile(join(ROOT, "src/sidecar/parts.ts"));
  const pages = source.match(/(?<=")\/[a-z-]+(?=")/g) ?? [];
  assert.ok(pages.length >= 4);
  const texts = await Promise.all(
    ["README.md", "docs/hosts.md"].map((name) => Deno.readTextFile(join(ROOT, name))),
  );
  assert.deepEqual(pages.filter((page) => !texts.some((text) => text.includes(page))), []);
});
