/** Exclusive and shared locks on open files (`flock`), waited for no longer than was said. */

/**
 * Returns whether the lock was had within `waitMs` and before `signal` was aborted. When it was not,
 * the file is closed as soon as the lock comes: do not use it any more. The lock ends with the file,
 * or with the process.
 */
export async function lockWithin(
  file: Deno.FsFile,
  exclusive: boolean,
  waitMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const giveUp = () => resolve("late");
  const timer = setTimeout(giveUp, Math.max(0, waitMs));
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  const locked = file.lock(exclusive);
  try {
    if (await Promise.race([locked, late]) !== "late") return true;
  } catch (error) {
    file.close();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
  const close = () => file.close();
  locked.then(close, close);
  return false;
}
