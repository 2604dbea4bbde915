/** Waiting for its own sake: fixtures that are slow because the suite wants slow ones. */

/** Resolves after the time, or at once when `signal` aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const end = () => {
    clearTimeout(timer);
    resolve();
  };
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });
  return promise;
}
