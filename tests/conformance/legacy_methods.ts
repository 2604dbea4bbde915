/** Methods of the old era alone. They change nothing: the core keeps no sessions to change. */

import { type Method, result } from "../../src/sidecar/mcp/method.ts";

export const legacyMethods: readonly Method[] = [
  acknowledged("logging/setLevel"),
  acknowledged("resources/subscribe"),
  acknowledged("resources/unsubscribe"),
];

function acknowledged(name: string): Method {
  return { name, eras: "legacy", handle: () => result({}) };
}
