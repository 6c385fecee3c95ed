import { scaleBand } from "d3-scale";
import type { DayMark } from "$lib/api";
import { day, noon } from "$lib/text/format";

export interface Cell {
  date: string;
  x: number;
  y: number;
  view: DayMark | null;
  future: boolean;
}

export interface YearGrid {
  width: number;
  height: number;
  cell: number;
  cells: Cell[];
  /** Where each month begins. */
  months: { month: number; x: number }[];
}

const STEP = 15;
const TOP = 20;

/** The days of a year in columns of weeks (from Monday), with what is known of each. */
export function yearGrid(year: number, days: readonly DayMark[], today: string): YearGrid {
  const known = new Map(days.map((it) => [it.date, it]));
  const first = noon(`${year}-01-01`);
  const shift = (first.getDay() + 6) % 7;
  const long = new Date(year, 1, 29).getMonth() === 1 ? 366 : 365;
  const weeks = Math.ceil((shift + long) / 7);
  const x = scaleBand<number>(
    Array.from({ length: weeks }, (_, i) => i),
    [0, weeks * STEP],
  ).paddingInner(0.14);
  const y = scaleBand<number>([0, 1, 2, 3, 4, 5, 6], [TOP, TOP + 7 * STEP]).paddingInner(0.14);
  const cells: Cell[] = [];
  const months: YearGrid["months"] = [];
  for (let i = 0; i < long; i++) {
    const date = day(new Date(year, 0, 1 + i, 12));
    const column = x(Math.floor((shift + i) / 7)) ?? 0;
    if (date.endsWith("-01")) months.push({ month: Number(date.slice(5, 7)) - 1, x: column });
    cells.push({
      date,
      x: column,
      y: y((shift + i) % 7) ?? 0,
      view: known.get(date) ?? null,
      future: date > today,
    });
  }
  return { width: weeks * STEP, height: TOP + 7 * STEP, cell: x.bandwidth(), cells, months };
}
