/** Dates, lengths and sizes as a person reads them. `now` and the zone come from the caller. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `4:05`, `1:02:09`. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}`
    : `${minutes}:${seconds}`;
}

/** A length in words: `48 s`, `12 min`, `1 h 5 min`. */
export function length(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  const hours = Math.floor(ms / HOUR);
  const minutes = Math.round((ms - hours * HOUR) / MINUTE);
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

/** `148 MB`, `1.6 GB`. */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 1 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ""}`;
}

export function percent(fraction: number): string {
  const value = Math.max(0, Math.min(1, fraction)) * 100;
  return `${value > 99 && value < 100 ? 99 : Math.round(value)} %`;
}

export function money(usd: number): string {
  return usd < 0.01 ? "under 1 ¢" : `$${usd.toFixed(2)}`;
}

/** The local day of a time, `YYYY-MM-DD`. */
export function day(date: Date): string {
  const month = String(date.getMonth() + 1).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, "0")}`;
}

/** Noon of a `YYYY-MM-DD`, so that no zone moves it to another day. */
export function noon(date: string): Date {
  return new Date(`${date}T12:00:00`);
}

export interface Dates {
  /** `Today`, `Yesterday`, `Sunday`, `3 March`, `3 March 2024`. */
  near(time: string, now: Date): string;
  /** `Sunday, 22 November 2026, 18:03`. */
  full(time: string): string;
  time(time: string): string;
  /** `Sunday, 22 November 2026`. */
  date(date: string): string;
  short(date: string): string;
  month(month: number): string;
}

export function dates(locale: string, words: { today: string; yesterday: string }): Dates {
  const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  const time = of({ hour: "2-digit", minute: "2-digit" });
  const weekday = of({ weekday: "long" });
  const dayMonth = of({ day: "numeric", month: "long" });
  const withYear = of({ day: "numeric", month: "long", year: "numeric" });
  const date = of({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const short = of({ day: "numeric", month: "short", year: "numeric" });
  const month = of({ month: "short" });
  return {
    near(at, now) {
      const then = new Date(at);
      const days = Math.round((noon(day(now)).getTime() - noon(day(then)).getTime()) / 86_400_000);
      if (days === 0) return words.today;
      if (days === 1) return words.yesterday;
      if (days > 1 && days < 7) return weekday.format(then);
      return (then.getFullYear() === now.getFullYear() ? dayMonth : withYear).format(then);
    },
    full: (at) => `${date.format(new Date(at))}, ${time.format(new Date(at))}`,
    time: (at) => time.format(new Date(at)),
    date: (at) => date.format(noon(at)),
    short: (at) => short.format(at.includes("T") ? new Date(at) : noon(at)),
    month: (index) => month.format(new Date(2026, index, 15)),
  };
}
