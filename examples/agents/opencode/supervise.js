// An OpenCode plugin: tells the model at each turn what its sandbox allows and what it may ask for.
// Copy it to .opencode/plugins/. It finds the sidecar by SUPERVISE_URL, or on this machine by the port
// in the file that SUPERVISE_PORT_FILE names.

import { readFile } from "node:fs/promises";

const TIMEOUT_MS = 2_000;

/** The sidecar's address; undefined where none is running. Looked up again each time: a port can change. */
async function address() {
  const { SUPERVISE_URL, SUPERVISE_PORT_FILE } = process.env;
  if (SUPERVISE_URL) return SUPERVISE_URL;
  if (!SUPERVISE_PORT_FILE) return "http://127.0.0.1:9100";
  const port = Number(await readFile(SUPERVISE_PORT_FILE, "utf8").catch(() => ""));
  return port > 0 ? `http://127.0.0.1:${port}` : undefined;
}

/** The text of /session-context; undefined where it cannot be had, which must not stop the model. */
async function sessionContext() {
  try {
    const base = await address();
    if (base === undefined) return undefined;
    const url = new URL("/session-context?format=text", base);
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

export const SupervisePlugin = () => {
  return Promise.resolve({
    "experimental.chat.system.transform": async (_input, output) => {
      const text = await sessionContext();
      if (text) output.system.push(text);
    },
  });
};
