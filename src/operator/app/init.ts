/** Makes what a bottle needs on the host, and never writes over what is there. */

import { basename, dirname, join } from "node:path";
import { publishFirst } from "../../queue/durable.ts";
import { makeDirectory } from "../../queue/group_shared.ts";
import type { Slug } from "../../queue/layout.ts";
import { requireOwnDirectory } from "../config/check_directory.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { App } from "./app.ts";

/** A file or directory that the bottle needs. */
export interface BottlePlace {
  readonly what: "queue" | "state" | "configuration" | "routes";
  readonly path: string;
  /** Whether it was made now. */
  readonly isNew: boolean;
}

export interface Initialized {
  readonly places: readonly BottlePlace[];
  /** The configuration was there and has no routes file for this bottle: an entry that would do. */
  readonly entry: string | undefined;
}

/**
 * Makes the queue directory and the routes file of `slug`, the state directory, and a configuration at
 * `configPath` if there is none. Throws a failure when one cannot be made or the configuration is wrong;
 * what was made until then stays.
 */
export async function init(
  app: App,
  slug: Slug,
  configPath: string | undefined,
): Promise<Initialized> {
  if (configPath === undefined) {
    throw new Failure("usage", "HOME is not set, so there is no place for the configuration");
  }
  await requireOwnDirectory(app.stateDirectory);
  const bottles = join(dirname(app.desk.root), "bottles");
  const places: BottlePlace[] = [
    await directory("queue", join(app.desk.root, slug)),
    await directory("state", app.stateDirectory),
    await file("configuration", configPath, configuration(bottles)),
  ];
  const { routes } = (await app.config()).targetsOf(slug);
  if (routes) places.push(await file("routes", routes.path, ROUTES));
  return { places, entry: routes ? undefined : entryOf(bottles, slug) };
}

const ROUTES =
  `# What this bottle may reach. supervisectl adds what you approve; docs/routes.md has the form.
routes: []
`;

function configuration(bottles: string): string {
  return `# Which live files a bottle has, and how their readers are told; docs/applying.md has all keys.
bottles:
${entryOf(bottles, "*")}`;
}

/** Without a command to reload: the proxy has to follow its file. */
function entryOf(bottles: string, match: string): string {
  return `  - match: ${JSON.stringify(match)}
    routes:
      file: ${JSON.stringify(join(bottles, "{slug}", "routes.yaml"))}
      # Without these two the proxy must follow the file itself, and its word is not asked for.
      # reload: [docker, kill, --signal=HUP, "egress-{slug}"]
      # check: { url: http://_egress.local/allowlist, proxy: http://127.0.0.1:9099 }
`;
}

async function directory(what: BottlePlace["what"], path: string): Promise<BottlePlace> {
  try {
    const isThere = await Deno.stat(path).then(({ isDirectory }) => isDirectory, isAbsent);
    await makeDirectory(path);
    return { what, path, isNew: !isThere };
  } catch (error) {
    throw fromSystem(error, "cannot-write", `make ${path}`);
  }
}

/** A link counts as there, wherever it leads. */
async function file(what: BottlePlace["what"], path: string, text: string): Promise<BottlePlace> {
  try {
    await makeDirectory(dirname(path));
    const published = await publishFirst(dirname(path), basename(path), text);
    return { what, path, isNew: published === "published" };
  } catch (error) {
    throw fromSystem(error, "cannot-write", `make ${path}`);
  }
}

function isAbsent(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}
