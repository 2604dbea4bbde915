/** Reads a YAML file of the operator strictly, and edits it in a way that is proven each time. */

import { isDeepStrictEqual } from "node:util";
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml";
import { cut } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import { MAX_LIVE_BYTES, type Refused } from "./edit.ts";
import { lineBreak } from "./text_lines.ts";
import { changedData, changeDocument, type YamlChange } from "./yaml_change.ts";
import { spliced } from "./yaml_splice.ts";
import { duplicateKeys } from "./yaml_unique.ts";

const MAX_PROBLEM_COLUMNS = 200;

const MAX_ALIASES = 1_000;

/** What readers take for a line end or refuse: NEL and the like end a line in YAML 1.1 alone. */
const ODD_CHARACTER =
  // deno-lint-ignore no-control-regex
  /\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|(?!^)\uFEFF|\p{Cs}/u;

export interface YamlFile {
  readonly kind: "read";
  readonly text: string;
  readonly document: Document;
  /** Counted from 1, as editors do. */
  line(node: unknown): number;
}

export type YamlEdit = {
  readonly kind: "edited";
  readonly after: string;
  /** Whether the layout had to change. */
  readonly reformatted: boolean;
} | Refused;

export function refused(problem: string): Refused {
  return { kind: "refused", problem };
}

/** Reads one document without errors, in characters that every reader takes alike. */
export function readYaml(text: string): YamlFile | Refused {
  if (new TextEncoder().encode(text).length > MAX_LIVE_BYTES) {
    return refused(`the file must have at most ${MAX_LIVE_BYTES} bytes`);
  }
  const odd = ODD_CHARACTER.exec(text);
  if (odd) {
    const line = text.slice(0, odd.index).split("\n").length;
    return refused(
      `line ${line}: ${JSON.stringify(odd[0])} (U+${
        odd[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")
      }) is read differently by different programs: remove it`,
    );
  }
  const lines = new LineCounter();
  const document = parsed(text, "1.2", lines);
  if (!document) return refused("the file is nested too deep to be read");
  const error = document.errors[0];
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    return refused(`line ${line}: ${wordsFor(error.code, error.message)}`);
  }
  if (document.directives?.yaml.explicit || hasTagDirective(document)) {
    return refused("the file has a % directive: remove it");
  }
  if (plain(document) === undefined) {
    return refused("the file has aliases that cannot be followed");
  }
  return {
    kind: "read",
    text,
    document,
    line: (node) => isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1,
  };
}

function hasTagDirective(document: Document): boolean {
  return Object.keys(document.directives?.tags ?? {}).some((handle) => handle !== "!!");
}

function wordsFor(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "a second document starts here: there must be one";
  if (code === "DUPLICATE_KEY") return "a key is twice in one mapping";
  return `not valid YAML: ${cut(visibleLine(message), MAX_PROBLEM_COLUMNS)}`;
}

function parsed(text: string, version: "1.1" | "1.2", lineCounter = new LineCounter()) {
  try {
    const document = parseDocument(text, {
      version,
      lineCounter,
      keepSourceTokens: true,
      prettyErrors: false,
      strict: true,
      uniqueKeys: false,
      logLevel: "error",
    });
    document.errors.push(...duplicateKeys(document));
    return document;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A box, since a file can hold nothing. */
interface Data {
  readonly data: unknown;
}

function plain(document: Document): Data | undefined {
  let aliases = 0;
  visit(document, { Alias: () => void aliases++ });
  // For each of them the library looks through the whole file.
  if (aliases > MAX_ALIASES) return undefined;
  try {
    return { data: document.toJS({ maxAliasCount: 100 }) };
  } catch {
    // Too many aliases, or a merge key without a mapping; the library has no other way to say so.
    return undefined;
  }
}

/** Makes the change and proves that it is the only one, for readers of both versions of YAML. */
export function editYaml(file: YamlFile, change: YamlChange): YamlEdit {
  for (const attempt of attempts(change)) {
    const after = spliced(file.text, file.document, attempt);
    if (after !== undefined && isProven(file, after, change)) {
      return { kind: "edited", after, reformatted: false };
    }
  }
  const reformatted = rewritten(file.text, change);
  if (reformatted !== undefined && isProven(file, reformatted, change)) {
    return { kind: "edited", after: reformatted, reformatted: true };
  }
  return refused(
    "the change cannot be made so that it is certainly the only one; make it by hand, or write " +
      "the list in a plain form",
  );
}

/** Kept lines come first; the file may have changed so that they do not fit. */
function attempts(change: YamlChange): YamlChange[] {
  if (change.kind !== "put" || change.lines === undefined) return [change];
  const { lines: _, ...rest } = change;
  return [change, rest];
}

function rewritten(text: string, change: YamlChange): string | undefined {
  const document = parsed(text, "1.2");
  if (!document) return undefined;
  try {
    changeDocument(document, change);
    const after = document.toString({ lineWidth: 0 });
    return lineBreak(text) === "\n" ? after : after.replace(/\r?\n/g, "\r\n");
  } catch {
    // What the library cannot write is refused by the caller.
    return undefined;
  }
}

function isProven(file: YamlFile, after: string, change: YamlChange): boolean {
  const edited = readYaml(after);
  if (edited.kind === "refused") return false;
  if (!isChanged(plain(file.document), plain(edited.document), change)) return false;
  const [old, now] = [file.text, after].map((text) => {
    const document = parsed(text, "1.1");
    return document && document.errors.length === 0 ? plain(document) : undefined;
  });
  // A file that was no YAML 1.1 before need not become it.
  return old === undefined || isChanged(old, now, change);
}

function isChanged(before: Data | undefined, after: Data | undefined, change: YamlChange): boolean {
  return before !== undefined && after !== undefined &&
    isDeepStrictEqual(after.data, changedData(before.data, change));
}
