/** Breaks the structure of a JSON value and prints it, in ways that no JSON printer would. */

import { PROTOCOL_VERSION } from "../../support/meta_keys.ts";
import type { Random } from "../../support/random.ts";
import { chance, hostileJson, hostileString } from "./values.ts";

/** A JSON text taken apart: objects keep the order of their keys and may have one twice. */
type Node =
  | { readonly kind: "raw"; readonly text: string }
  | { readonly kind: "array"; readonly items: Node[] }
  | { readonly kind: "object"; readonly members: [key: string, value: Node][] };

/** A place that holds a value, and can hold another. */
interface Slot {
  readonly value: Node;
  put(value: Node): void;
  remove(): void;
  /** Puts the same value there twice. */
  repeat(): void;
  rename(key: string): void;
}

const KEYS = [
  "__proto__",
  "constructor",
  "id",
  "jsonrpc",
  "method",
  "params",
  "result",
  "error",
  "_meta",
  "name",
  "arguments",
  "task",
  "progressToken",
  PROTOCOL_VERSION,
];

/** The JSON text of `value` after one to four changes. */
export function mutatedJson(random: Random, value: unknown): string {
  const root: Node = { kind: "array", items: [nodeOf(value)] };
  for (let times = 1 + random.below(4); times > 0; times--) change(random, root);
  return root.items.length === 0 ? "" : print(root.items[0]!);
}

function change(random: Random, root: Node): void {
  const slots = slotsOf(root);
  if (slots.length === 0) return;
  const slot = random.pick(slots);
  switch (random.below(9)) {
    case 0:
      return slot.remove();
    case 1:
      return slot.repeat();
    case 2:
      return slot.rename(chance(random, 70) ? random.pick(KEYS) : hostileString(random));
    case 3:
    case 4:
      return slot.put(raw(hostileJson(random)));
    case 5:
      return slot.put(raw(print(random.pick(slots).value)));
    case 6:
      return slot.put(wrap(random, slot.value));
    case 7:
      return slot.put(raw(JSON.stringify(print(slot.value))));
    case 8:
      if (slot.value.kind !== "object") return slot.put({ kind: "array", items: [slot.value] });
      slot.value.members.push([random.pick(KEYS), raw(hostileJson(random))]);
  }
}

function wrap(random: Random, value: Node): Node {
  const depth = random.pick([1, 2, 30, 70]);
  const open = random.pick(["[", '{"a":']);
  const close = open === "[" ? "]" : "}";
  return raw(open.repeat(depth) + print(value) + close.repeat(depth));
}

function raw(text: string): Node {
  return { kind: "raw", text };
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return { kind: "array", items: value.map(nodeOf) };
  if (typeof value !== "object" || value === null) return raw(JSON.stringify(value));
  const members = Object.entries(value).map(([key, of]): [string, Node] => [key, nodeOf(of)]);
  return { kind: "object", members };
}

function print(node: Node): string {
  switch (node.kind) {
    case "raw":
      return node.text;
    case "array":
      return `[${node.items.map(print).join(",")}]`;
    case "object":
      return `{${
        node.members.map(([key, value]) => `${JSON.stringify(key)}:${print(value)}`).join(",")
      }}`;
  }
}

function slotsOf(node: Node): Slot[] {
  if (node.kind === "raw") return [];
  if (node.kind === "array") {
    const { items } = node;
    return items.flatMap((value, at): Slot[] => [{
      value,
      put: (other) => items[at] = other,
      remove: () => items.splice(at, 1),
      repeat: () => items.splice(at, 0, value),
      rename: (key) => items[at] = { kind: "object", members: [[key, value]] },
    }, ...slotsOf(value)]);
  }
  const { members } = node;
  return members.flatMap((member, at): Slot[] => [{
    value: member[1],
    put: (other) => member[1] = other,
    remove: () => members.splice(at, 1),
    repeat: () => members.push([member[0], member[1]]),
    rename: (key) => member[0] = key,
  }, ...slotsOf(member[1])]);
}
