/** Names and limits of a queue directory: the one place that knows how a record is called on disk. */

declare const proposalId: unique symbol;

/** A UUID v4 in lower case, so safe as a file name. Made only by {@linkcode parseProposalId}. */
export type ProposalId = string & { readonly [proposalId]: true };

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Returns the id, or undefined when `text` is not a lower-case UUID v4. */
export function parseProposalId(text: string): ProposalId | undefined {
  return UUID_V4.test(text) ? text as ProposalId : undefined;
}

declare const slug: unique symbol;

/** The name of a bottle, which is also the name of its queue directory below the queue root. */
export type Slug = string & { readonly [slug]: true };

const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Returns the slug, or undefined when `text` is not 1–63 letters, digits, `.`, `_`, `-`. */
export function parseSlug(text: string): Slug | undefined {
  return SLUG.test(text) ? text as Slug : undefined;
}

interface RecordRow {
  /** It is filed away with its proposal. */
  readonly isFiled?: true;
  /** What an operator sees of a proposal depends on it. */
  readonly isSeen?: true;
  /** It tells that a proposal is over. */
  readonly isEnd?: true;
}

/**
 * The kinds of record about one proposal, in the order in which they are filed away: the proposal
 * first, so that a crash never makes a decided one look undecided; the withdrawal last, since one in
 * `processed/` with no response beside it stood. A response holds the decision. The end of a grant is
 * filed away by itself, by who has read it: it may come at any time.
 */
const RECORDS = {
  proposal: { isFiled: true, isSeen: true },
  repeats: { isFiled: true, isSeen: true },
  claim: { isFiled: true, isSeen: true },
  response: { isFiled: true, isSeen: true, isEnd: true },
  withdrawn: { isFiled: true, isSeen: true, isEnd: true },
  ended: { isEnd: true },
  undelivered: { isSeen: true },
} as const satisfies Readonly<Record<string, RecordRow>>;

export type RecordKind = keyof typeof RECORDS;

export const RECORD_KINDS = Object.keys(RECORDS) as RecordKind[];
export const FILED_KINDS = kindsThat("isFiled");
export const SEEN_KINDS = kindsThat("isSeen");
export const END_KINDS = kindsThat("isEnd");

function kindsThat(is: keyof RecordRow): readonly RecordKind[] {
  return RECORD_KINDS.filter((kind) => is in RECORDS[kind]);
}

const RECORD = new RegExp(`^(.{36})\\.(${RECORD_KINDS.join("|")})\\.json$`);

export function recordName(id: ProposalId, kind: RecordKind): string {
  return `${id}.${kind}.json`;
}

/** Reads a record's name back; undefined for every other file. */
export function parseRecordName(
  name: string,
): { readonly id: ProposalId; readonly kind: RecordKind } | undefined {
  const match = RECORD.exec(name);
  const id = match && parseProposalId(match[1] ?? "");
  return id ? { id, kind: match[2] as RecordKind } : undefined;
}

/** Where a proposal's records go once its decision has been delivered or it was withdrawn. */
export const PROCESSED_DIRECTORY = "processed";

/** Where a trial run's asks are recorded: nothing in it is pending, and no decision concerns it. */
export const SHADOW_DIRECTORY = "shadow";

/** The most that one sidecar records of trial runs, in bytes (64 MiB). */
export const MAX_SHADOW_BYTES = 64 * 1_048_576;

/** A hint for the operator, not a record: which proposals have a call waiting right now. */
export const WAITING_FILE = "waiting.json";

/** The largest file in a queue directory that any reader takes in, in bytes (1 MiB). */
export const MAX_RECORD_BYTES = 1_048_576;

/** Queue directories are for their owner alone, and so is every file in them. */
export const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;
