/** Exclusive and shared locks on open files (`flock`), waited for no longer than was said. */

/**
 * Returns whether the lock was had within `waitMs`. When it was not, the file is closed as soon as
 * the lock comes: do not use it any more. The lock ends with the file, or with the process.
 */
export async function lockWithin(
  file: Deno.FsFile,
  exclusive: boolean,
  waitMs: number,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), Math.max(0, waitMs));
  const locked = file.lock(exclusive);
  try {
    if (await Promise.race([locked, late]) !== "late") return true;
  } catch (error) {
    file.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const close = () => file.close();
  locked.then(close, close);
  return false;
}
