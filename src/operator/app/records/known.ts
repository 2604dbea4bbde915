/** Fields as the wire has them: none is left out, and what is not known is null. */

type Known<T> = {
  [N in keyof T]-?: undefined extends T[N] ? Exclude<T[N], undefined> | null : T[N];
};

/** The fields `names` of `from`, under the names that they have in the program too. */
export function known<T, N extends keyof T>(from: T, ...names: readonly N[]): Known<Pick<T, N>> {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null])) as Known<Pick<T, N>>;
}
