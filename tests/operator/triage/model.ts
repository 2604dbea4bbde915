/** The triage screen's model, with two proposals listed, to press keys on and look at. */

import type { Actions, Detail, ScreenEffect } from "../../../src/operator/triage/actions.ts";
import { KeyReader } from "../../../src/operator/triage/keys.ts";
import { update } from "../../../src/operator/triage/model.ts";
import {
  firstState,
  type ScreenEvent,
  type Size,
  type State,
} from "../../../src/operator/triage/state.ts";
import { plain } from "../../../src/operator/text/row.ts";
import { type Frame, view } from "../../../src/operator/triage/view.ts";
import type { Item } from "../../../src/queue/item.ts";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { NOW, ROUTE } from "../fixture.ts";

export const bytes = (text: string) => new TextEncoder().encode(text);

export function item(id: string, slug = "dev", more: Partial<Item> = {}): Item {
  return {
    ...more,
    slug: slug as Slug,
    proposal: {
      id: `${id}-1111-4111-8111-111111111111` as ProposalId,
      bottle_slug: slug as Slug,
      tool: "egress-block",
      proposed_file: ROUTE,
      justification: "to read the issues",
      arrival_timestamp: NOW.toISOString(),
      current_file_hash: "",
    },
    state: "pending",
    repeats: [],
    waiting: more.waiting ?? 0,
  };
}

export const ONE = item("1a2b3c4d");
export const TWO = item("2b3c4d5e");
export const NOW_ISO = NOW.toISOString();
export const DETAIL: Detail = {
  item: ONE,
  rows: [plain("row")],
  basis: "aa",
  grows: ["api.github.com/repos/acme/"],
  notices: ["SECRET  sent"],
  changes: ["+| - host: api.github.com"],
};

/** A state and what has been wanted since, to be told what happens. */
export class Model {
  state: State;
  effects: ScreenEffect[] = [];

  constructor(size: Size = { columns: 80, rows: 24 }, drafts = new Map<string, string>()) {
    this.state = firstState(size, drafts);
    this.tell({ name: "listed", items: [ONE, TWO], skipped: 0 });
    this.effects = [];
  }

  tell(event: ScreenEvent): this {
    const { state, effects } = update(this.state, event);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  /** Types one key after the other, and takes the time to look at what each does. */
  press(text: string): this {
    for (const key of keysOf(text)) {
      this.tell({ name: "quiet" });
      this.tell({ name: "key", key, isBurst: false }).tell({ name: "typed" });
    }
    return this.tell({ name: "quiet" });
  }

  /** All of `text` at once, as a terminal sends what is pasted that does not mark it. */
  burst(text: string): this {
    for (const key of keysOf(text)) this.tell({ name: "key", key, isBurst: true });
    return this.tell({ name: "typed" });
  }

  detailed(detail: Partial<Detail> = {}, of = ONE): this {
    const { columns } = this.state.size;
    return this.tell({
      name: "detailed",
      columns,
      edited: this.state.opened?.edited,
      detail: { ...DETAIL, item: of, ...detail },
    });
  }

  listed(...items: Item[]): this {
    return this.tell({ name: "listed", items, skipped: 0 });
  }

  get wanted(): string[] {
    return this.effects.map(({ name }) => name);
  }

  text(): string {
    return textOf(view(this.state, NOW, table));
  }
}

function keysOf(text: string) {
  const reader = new KeyReader();
  return [...reader.read(bytes(text)), ...reader.flush()];
}

export const table: Actions["table"] = (
  items,
) => ["HEAD", ...items.map(({ proposal }) => proposal.id.slice(0, 8))];

function textOf({ rows }: Frame): string {
  return rows.map((row) => row.map(({ text }) => text).join("")).join("\n");
}

/** What the undo on the screen would change. */
export function undoing(model: Model, text = "-| - host: api.github.com"): Model {
  const { screen } = model.state;
  if (screen.name !== "write" || screen.about.name !== "undo") return model;
  const { recent } = screen.about;
  return model.tell({ name: "undoing", recent, rows: [plain(text)] });
}
