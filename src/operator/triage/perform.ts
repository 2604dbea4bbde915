/** Does what the screen wants done, and says what came of it as the event that the screen takes. */

import { Failure } from "../failure.ts";
import type { Actions } from "./actions.ts";
import type { ScreenEffect, ScreenEvent } from "./events.ts";
import type { Surveyed, Verb } from "./state.ts";

type Of<N> = Extract<ScreenEffect, { name: N }>;

/**
 * `onDone` hears how many of several asks are answered; false ends it early. Undefined where nothing
 * came of it. Throws for bugs only.
 */
export async function perform(
  actions: Actions,
  effect: ScreenEffect,
  onDone: (count: number) => boolean,
): Promise<ScreenEvent | undefined> {
  try {
    return await outcomeOf(actions, effect, onDone);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, remedy } = error;
    const next = remedy && actions.remedyLine(remedy);
    return { name: "failed", effect, code, message, next };
  }
}

async function outcomeOf(
  actions: Actions,
  effect: ScreenEffect,
  onDone: (count: number) => boolean,
): Promise<ScreenEvent | undefined> {
  switch (effect.name) {
    case "ring":
      return undefined;
    case "list":
      return { name: "listed", ...await actions.list() };
    case "detail": {
      const { item, columns, edited } = effect;
      const detail = await actions.detail(item, columns, edited);
      return { name: "detailed", columns, edited, detail };
    }
    case "edit": {
      const { item, columns } = effect;
      return { name: "edited", edited: await actions.edit(item, columns) };
    }
    case "approve":
    case "modify":
    case "reject":
      return await answered(actions, effect);
    case "survey":
      return { name: "surveyed", asks: await survey(actions, effect) };
    case "several": {
      const { verb, chosen, notes } = effect;
      return { name: "answered", ...await actions.answerAll(verb, chosen, notes, onDone) };
    }
    case "recent":
      return { name: "recalled", recents: await actions.recent() };
    case "cover":
      return { name: "done", sentences: await actions.cover(effect.by, effect.moot) };
    case "undoing": {
      const { recent, columns } = effect;
      return { name: "undoing", recent, rows: await actions.undoing(recent, columns) };
    }
    case "undo":
      return { name: "done", sentences: await actions.undo(effect.recent, effect.notes) };
  }
}

async function answered(actions: Actions, effect: Of<Verb>): Promise<ScreenEvent> {
  const { name, item, edited, basis, notes } = effect;
  const { sentences, line, moot } = name === "modify"
    ? await actions.modify(item, edited ?? "", basis, notes)
    : await actions[name](item, basis, notes);
  return { name: "done", sentences, line, cover: { by: item, moot } };
}

/** Of each what an approval would grow; one that cannot be read is left out, and says why. */
async function survey(actions: Actions, { items, columns }: Of<"survey">): Promise<Surveyed[]> {
  const asks: Surveyed[] = [];
  for (const item of items) {
    try {
      const detail = await actions.detail(item, columns);
      asks.push({ item: detail.item, detail, why: undefined });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      asks.push({ item, detail: undefined, why: error.message });
    }
  }
  return asks;
}
