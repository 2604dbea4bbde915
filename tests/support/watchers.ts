/** Closes what the sidecar leaves open to its end: the runtime's watchers, which close safely in a test. */

/** Closes, when it is disposed, all watchers that were made until then. */
export function closedWatchers(): Disposable {
  const made: Deno.FsWatcher[] = [];
  const { watchFs } = Deno;
  Reflect.set(Deno, "watchFs", (...args: Parameters<typeof watchFs>) => {
    const watcher = watchFs(...args);
    made.push(watcher);
    return watcher;
  });
  return {
    [Symbol.dispose]() {
      Reflect.set(Deno, "watchFs", watchFs);
      for (const watcher of made) watcher.close();
    },
  };
}
