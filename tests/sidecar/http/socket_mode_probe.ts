/**
 * Loaded before the sidecar's own main: says on standard error which permission bits a file has
 * when they are about to be set, and the umask of that moment, which nobody outside can see.
 */

const { chmodSync, umask } = Deno;

Deno.chmodSync = (path, mode) => {
  const bits = (Deno.lstatSync(path).mode ?? 0) & 0o777;
  const line = `before chmod: ${bits.toString(8)}, umask ${umaskIfKnown()}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
  chmodSync(path, mode);
};

function umaskIfKnown(): string {
  try {
    return umask().toString(8);
  } catch {
    return "unknown";
  }
}
