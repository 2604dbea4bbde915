/** Temporary directories that go away with the test: `await using directory = await temporary()`. */

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporary(): Promise<TemporaryDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "supervise-test-" }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}
