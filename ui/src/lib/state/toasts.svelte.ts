import type { CommandError } from "$lib/api";
import { advice } from "$lib/text/advice";

export interface Toast {
  id: number;
  text: string;
  hint: string | null;
  warn: boolean;
  action: { label: string; run: () => void } | null;
}

class Toasts {
  all = $state<Toast[]>([]);
  /** How long one stays that nobody holds. */
  shownMs = 8000;
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  tell(text: string, action: Toast["action"] = null): void {
    this.#push({ id: this.#next++, text, hint: null, warn: false, action });
  }

  problem(failure: Pick<CommandError, "code" | "message" | "hint">): void {
    this.#push({
      id: this.#next++,
      text: sentence(failure.message),
      hint: advice(failure),
      warn: true,
      action: null,
    });
  }

  dismiss(id: number): void {
    this.release(id);
    this.all = this.all.filter((it) => it.id !== id);
  }

  /** Nothing that was told stays. */
  clear(): void {
    for (const { id } of this.all) this.hold(id);
    this.all = [];
  }

  /** Stays while a pointer or the focus is on it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => {
        this.all = this.all.filter((it) => it.id !== id);
      }, this.shownMs),
    );
  }

  #push(toast: Toast): void {
    this.all = [...this.all.slice(-2), toast];
    this.release(toast.id);
  }
}

/** A message of the core as a sentence. */
export function sentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/u.test(first) ? first : `${first}.`;
}

export const toasts = new Toasts();
