/**
 * The last limit, loaded before every test file by `deno task test`: a wait without one of its own ends
 * the file after some minutes instead of holding up the whole run. The first test that is then called
 * cancelled is the one that hung.
 */

/** No test takes as long, in seconds; a rig of rounds is given more. */
const LIMIT_S = 600;

let timer: ReturnType<typeof setTimeout> | undefined;

Deno.test.beforeEach(() => {
  timer = setTimeout(() => {
    throw new Error(`a test did not end within ${LIMIT_S} s`);
  }, LIMIT_S * 1_000);
});

Deno.test.afterEach(() => clearTimeout(timer));
