/** Deadlines for what a test awaits, so that a product that hangs fails one test and says which. */

/** `seen` tells what was there instead. */
export async function within<T>(
  seconds: number,
  what: string,
  promise: Promise<T>,
  seen = () => "",
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error(`No ${what} within ${seconds} s ${seen()}`.trimEnd()));
    timer = setTimeout(fail, seconds * 1_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what nothing announces it is asked this often, in milliseconds: others need the processor too. */
const ASK_MS = 10;

/** Asks `isSo` again and again. Ends at the deadline. */
export async function eventually(
  seconds: number,
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  while (!await isSo()) {
    if (performance.now() > until) throw new Error(`No ${what} within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}
