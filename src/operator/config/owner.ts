/** Whose a file is: what another user can write, that user decides. */

/** The write permission of everybody but the owner. */
const OTHERS_WRITE = 0o022;

const ROOT_UID = 0;

type Info = Pick<Deno.FileInfo, "uid" | "mode">;

export function canOthersWrite({ mode }: Pick<Info, "mode">): boolean {
  return mode !== null && (mode & OTHERS_WRITE) !== 0;
}

/**
 * The user that has it, when that is neither the operator nor root. Throws a `NotCapable` when it
 * may not be known who the operator is: nothing is taken for one's own then.
 */
export function foreignOwner({ uid }: Pick<Info, "uid">): number | undefined {
  const own = Deno.uid();
  return uid === null || uid === own || uid === ROOT_UID ? undefined : uid;
}
