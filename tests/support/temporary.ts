/** Temporary directories that go away with the test: `await using directory = await temporary()`. */

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** `within` says where, for a test that shows the path: it is then always as long. */
export async function temporary(within?: string): Promise<TemporaryDirectory> {
  const path = within === undefined
    ? await Deno.realPath(await Deno.makeTempDir({ prefix: "supervise-test-" }))
    : `${await Deno.realPath(within)}/supervise-test-${crypto.randomUUID().slice(0, 13)}`;
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return {
    path,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}
