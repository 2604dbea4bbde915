/** What the bottle is built from, as the host shows it to the agent: a directory mounted read-only. */

import { join } from "node:path";

/** The largest file that is shown, in bytes (1 MiB). */
const MAX_BYTES = 1_048_576;

export type ConfigRead =
  | { readonly kind: "text"; readonly text: string }
  /** Not mounted, or not within reach of the permissions the program was built with. */
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly message: string };

export class CurrentConfig {
  readonly #dockerfile: string;
  readonly #mayRead: boolean;

  /** `directory` is the mount point; it need not be there. */
  constructor(directory: string) {
    this.#dockerfile = join(directory, "Dockerfile");
    const permission = { name: "read", path: directory } as const;
    this.#mayRead = Deno.permissions.querySync(permission).state === "granted";
  }

  async hasDockerfile(): Promise<boolean> {
    if (!this.#mayRead) return false;
    return await Deno.stat(this.#dockerfile).then(({ isFile }) => isFile, () => false);
  }

  /** Reads the Dockerfile again each time, since a rebuild of the bottle changes it. Never throws. */
  async readDockerfile(): Promise<ConfigRead> {
    if (!await this.hasDockerfile()) return { kind: "absent" };
    try {
      using file = await Deno.open(this.#dockerfile);
      const { size } = await file.stat();
      if (size > MAX_BYTES) return failed(`it has ${size} bytes, more than ${MAX_BYTES}`);
      const bytes = new Uint8Array(size);
      let filled = 0;
      // What is written to it meanwhile is left for the next time.
      while (filled < size) {
        const count = await file.read(bytes.subarray(filled));
        if (count === null) break;
        filled += count;
      }
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, filled));
      return { kind: "text", text };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { kind: "absent" };
      if (error instanceof TypeError) return failed("it is not UTF-8 text");
      return failed(
        error instanceof Deno.errors.PermissionDenied ? "it may not be read" : "reading it failed",
      );
    }
  }
}

function failed(what: string): ConfigRead {
  return {
    kind: "failed",
    message: `the current Dockerfile cannot be shown: ${what}. Tell your user.`,
  };
}
