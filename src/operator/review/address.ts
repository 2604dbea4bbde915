/** IP addresses as numbers: which range one is in, and which IPv4 address an IPv6 one stands for. */

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** IPv6 forms that lead to an IPv4 address: the range, its name, and how far the address is shifted. */
const CARRIERS: readonly (readonly [range: string, name: string, shift: bigint])[] = [
  ["::ffff:0:0/96", "IPv4-mapped", 0n],
  ["::ffff:0:0:0/96", "IPv4-translated", 0n],
  ["::/96", "IPv4-compatible", 0n],
  ["64:ff9b::/96", "NAT64", 0n],
  ["::5efe:0:0/96", "ISATAP", 0n],
  ["::200:5efe:0:0/96", "ISATAP", 0n],
  ["2002::/16", "6to4", 80n],
  ["2001::/32", "Teredo", 0n],
];

const MASK = 0xffff_ffffn;

/** Reads `host` as a URL parser gives it, IPv6 in brackets; undefined for a name. */
export function parseAddress(host: string): Address | undefined {
  if (host.startsWith("[")) return { bits: 128, value: joined(groups(host.slice(1, -1)), 16n) };
  if (!/^\d+(\.\d+){3}$/.test(host)) return undefined;
  const bytes = host.split(".").map(Number);
  return bytes.some((byte) => byte > 255) ? undefined : { bits: 32, value: joined(bytes, 8n) };
}

/** `range`: an address and a length, such as `10.0.0.0/8` or `fe80::/10`. */
export function isIn({ bits, value }: Address, range: string): boolean {
  const [start = "", length] = range.split("/");
  const first = parseAddress(start.includes(":") ? `[${start}]` : start);
  if (first?.bits !== bits) return false;
  const shift = BigInt(bits - Number(length ?? bits));
  return first.value >> shift === value >> shift;
}

/** The IPv4 address that `address` stands for, and the name of the form. */
export function carriedBy(address: Address): { host: string; form: string } | undefined {
  const [, form, shift] = CARRIERS.find(([range]) => isIn(address, range)) ?? [];
  if (form === undefined || shift === undefined) return undefined;
  const value = address.value >> shift & MASK;
  // Teredo turns the bits of the address over.
  const carried = form === "Teredo" ? value ^ MASK : value;
  return { host: [24n, 16n, 8n, 0n].map((at) => carried >> at & 0xffn).join("."), form };
}

function groups(text: string): number[] {
  const [before = [], after = []] = text.split("::")
    .map((half) =>
      half.split(":").filter((group) => group !== "").map((group) => parseInt(group, 16))
    );
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function joined(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((value, part) => value << bits | BigInt(part), 0n);
}
