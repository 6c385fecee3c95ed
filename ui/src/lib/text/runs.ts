/** A stretch of text with everything that rests on it. */
export interface Run<T> {
  start: number;
  end: number;
  marks: T[];
}

export interface Range<T> {
  start: number;
  end: number;
  mark: T;
}

/**
 * Cuts `from..to` wherever a range begins or ends, so that overlapping ranges become adjoining
 * runs, each with all its marks. Empty and outlying ranges are left out.
 */
export function runs<T>(from: number, to: number, ranges: readonly Range<T>[]): Run<T>[] {
  const inside = ranges
    .map(({ start, end, mark }) => ({
      start: Math.max(start, from),
      end: Math.min(end, to),
      mark,
    }))
    .filter(({ start, end }) => start < end);
  const cuts = new Set([from, to]);
  for (const { start, end } of inside) cuts.add(start).add(end);
  const sorted = [...cuts].sort((a, b) => a - b);
  const out: Run<T>[] = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const start = sorted[i] ?? from;
    const end = sorted[i + 1] ?? to;
    const marks = inside.filter((r) => r.start <= start && r.end >= end).map((r) => r.mark);
    out.push({ start, end, marks });
  }
  return out;
}
