import type { PersonalSettings } from "$lib/api";

const dark = "(prefers-color-scheme: dark)";
const contrast = "(prefers-contrast: more)";

function matches(query: string): boolean {
  return typeof window.matchMedia === "function" && window.matchMedia(query).matches;
}

/** Puts the person's wishes on the root element, where the tokens read them. */
export function applyLook(settings: PersonalSettings | null): void {
  const it = document.documentElement;
  const theme = settings?.theme ?? "system";
  it.dataset["theme"] = theme === "system" ? (matches(dark) ? "dark" : "light") : theme;
  const more = settings?.contrast === "more" || matches(contrast);
  it.dataset["contrast"] = more ? "more" : "normal";
  it.dataset["motion"] = settings?.motion ?? "system";
  it.style.setProperty("--scale", String((settings?.text_size ?? 100) / 100));
  it.lang = settings?.language ?? "en";
}

/** Follows the system where the person wants it so. */
export function followSystem(apply: () => void): () => void {
  if (typeof window.matchMedia !== "function") return () => undefined;
  const lists = [window.matchMedia(dark), window.matchMedia(contrast)];
  for (const list of lists) list.addEventListener("change", apply);
  return () => {
    for (const list of lists) list.removeEventListener("change", apply);
  };
}
