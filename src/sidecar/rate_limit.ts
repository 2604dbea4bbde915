/** How often one client may ask: a sliding minute, so that no burst passes at the turn of a minute. */

const WINDOW_MS = 60_000;

/** At most this many clients are kept in mind; who asked longest ago is forgotten first. */
const MAX_CLIENTS = 4_096;

/** When one client asked, oldest first, within the last minute. */
interface Asked {
  readonly times: number[];
  /** Those before it are over, and are removed many at once. */
  first: number;
}

export class RateLimit {
  readonly #perMinute: number;
  /** Who asked last is last. */
  readonly #clients = new Map<string, Asked>();

  /** `perMinute`: the asks of one client in any 60 seconds. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  get perMinute(): number {
    return this.#perMinute;
  }

  /**
   * Counts an ask of `client`, which is an address. Returns undefined when it may be made, else in how
   * many whole seconds the next one may; what is refused does not count. `nowMs`: of a clock that
   * does not jump.
   */
  take(client: string, nowMs: number): number | undefined {
    const asked = this.#of(networkOf(client));
    const { times } = asked;
    while (asked.first < times.length && times[asked.first]! <= nowMs - WINDOW_MS) asked.first++;
    if (times.length - asked.first >= this.#perMinute) {
      return Math.max(1, Math.ceil((times[asked.first]! + WINDOW_MS - nowMs) / 1_000));
    }
    if (asked.first > times.length / 2) {
      times.splice(0, asked.first);
      asked.first = 0;
    }
    times.push(nowMs);
    return undefined;
  }

  #of(client: string): Asked {
    const asked = this.#clients.get(client) ?? { times: [], first: 0 };
    this.#clients.delete(client);
    if (this.#clients.size === MAX_CLIENTS) {
      const [longestAgo] = this.#clients.keys();
      this.#clients.delete(longestAgo!);
    }
    this.#clients.set(client, asked);
    return asked;
  }
}

const LOOPBACK = "loopback";

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, since one
 * host mostly has all addresses of such a network (RFC 4291, section 2.5.4), as this machine has all
 * loopback addresses.
 */
export function networkOf(address: string): string {
  const [withoutZone = ""] = address.toLowerCase().split("%");
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(withoutZone)?.[1];
  const plain = mapped ?? withoutZone;
  if (plain === "::1" || plain.startsWith("127.")) return LOOPBACK;
  return plain.includes(":") ? networkOfIPv6(plain) : plain;
}

function networkOfIPv6(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":") +
    "/64";
}
