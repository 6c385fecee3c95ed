import type { CommandError } from "$lib/api/gen/views";
import { t } from "$lib/strings/index.svelte";

/** A command of the terminal, which is no advice for somebody at the window. */
const TERMINAL = /`insight-journey\b/u;

/** What to do about a failure, in the window's words where the core's are for the command line. */
export function advice({ code, hint }: Pick<CommandError, "code" | "hint">): string | null {
  const own = t().hints;
  return inWindow(hint, code in own ? own[code as keyof typeof own] : t().errors.unknownHint);
}

/** A hint, or other words where it is for the command line. */
export function inWindow(hint: string | null, otherwise: string): string | null {
  return hint === null || !TERMINAL.test(hint) ? hint : otherwise;
}
