/** How often one client may ask: a sliding minute, so that no burst passes at the turn of a minute. */

const WINDOW_MS = 60_000;

/** At most this many clients are told apart; further ones share one limit. */
const MAX_CLIENTS = 4_096;

const OTHERS = "others";

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
    const asked = this.#of(networkOf(client), nowMs);
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

  #of(client: string, nowMs: number): Asked {
    const known = this.#clients.get(client);
    const isRoom = known || this.#clients.size < MAX_CLIENTS || this.#forget(nowMs);
    const key = isRoom ? client : OTHERS;
    const asked = known ?? this.#clients.get(key) ?? { times: [], first: 0 };
    this.#clients.delete(key);
    this.#clients.set(key, asked);
    return asked;
  }

  /** Forgets those who have not asked for a minute. False: there are none. */
  #forget(nowMs: number): boolean {
    const before = this.#clients.size;
    for (const [client, { times }] of this.#clients) {
      if ((times.at(-1) ?? -Infinity) > nowMs - WINDOW_MS) break;
      this.#clients.delete(client);
    }
    return this.#clients.size < before;
  }
}

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, since whoever has
 * one address of such a network mostly has them all (RFC 4291, section 2.5.4).
 */
export function networkOf(address: string): string {
  const [withoutZone = ""] = address.toLowerCase().split("%");
  if (!withoutZone.includes(":")) return withoutZone;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(withoutZone)?.[1];
  if (mapped) return mapped;
  const [head = "", tail] = withoutZone.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":") +
    "/64";
}
