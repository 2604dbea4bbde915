/** Turns pools of figures into the table that a person reads, in Markdown. */

import type { Row } from "./rows.ts";

/** For every server, every pool of figures. */
export type Figures = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/**
 * The first server is the one that is judged. Each other one has a column, and the first of those
 * also says how many times better or worse the judged one is.
 */
export function table(rows: readonly Row[], servers: readonly string[], figures: Figures): string {
  const [judged = "", other] = servers;
  const head = ["", ...servers, ...other === undefined ? [] : ["better by"], "goal", "reached"];
  const body: string[][] = [];
  for (const row of rows) {
    const values = servers.map((server) => reduced(row, server, figures));
    const [value, against] = values;
    if (values.every((each) => each === undefined)) continue;
    body.push([
      row.unit ? `${row.label}, ${row.unit}` : row.label,
      ...values.map((each) => shown(each, row.decimals)),
      ...other === undefined ? [] : [ratio(row, value, against)],
      row.goal?.text ?? "",
      verdict(row, value),
    ]);
  }
  if (body.length === 0) return `Nothing was measured of ${judged}.\n`;
  return aligned([head, ...body]);
}

function reduced(row: Row, server: string, figures: Figures): number | undefined {
  const pool = figures.get(server)?.get(row.pool);
  return pool?.length ? row.reduce(pool) : undefined;
}

function shown(value: number | undefined, decimals: number): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return "not at all";
  return value.toLocaleString("en", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

function ratio(row: Row, value: number | undefined, against: number | undefined): string {
  if (value === undefined || against === undefined) return "";
  const times = row.better === "more" ? value / against : against / value;
  if (!Number.isFinite(times) || times <= 0) return "";
  return `${times.toLocaleString("en", { maximumSignificantDigits: 3 })} ×`;
}

function verdict(row: Row, value: number | undefined): string {
  if (!row.goal) return "";
  if (value === undefined) return "not measured";
  return row.goal.reached(value) ? "reached" : "NOT reached";
}

function aligned(lines: readonly (readonly string[])[]): string {
  const [head = [], ...body] = lines;
  const widths = head.map((_, column) =>
    Math.max(3, ...lines.map((line) => (line[column] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      widths.map((width, column) => {
        const cell = cells[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      }).join(" | ")
    } |\n`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  return [head, rule, ...body].map(line).join("");
}
