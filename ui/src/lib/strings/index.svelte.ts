import { dates, type Dates } from "$lib/text/format";
import { en } from "./en";

/** What every language has to fill. */
export type Catalogue = Widen<typeof en>;
type Widen<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : T[K] extends readonly string[]
        ? readonly string[]
        : Widen<T[K]>;
};

const catalogues: Record<string, Catalogue> = { en };
let language = $state("en");

export function languages(): string[] {
  return Object.keys(catalogues);
}

export function speak(name: string): void {
  language = name in catalogues ? name : "en";
}

/** The app's words in the chosen language. */
export function t(): Catalogue {
  return catalogues[language] ?? en;
}

const formatters = new Map<string, Dates>();

/** Dates in the chosen language. */
export function d(): Dates {
  let it = formatters.get(language);
  if (it === undefined) {
    it = dates(language === "en" ? "en-GB" : language, t().days);
    formatters.set(language, it);
  }
  return it;
}
