import type { CommandError } from "$lib/api";
import { advice } from "$lib/text/advice";

export interface Toast {
  id: number;
  text: string;
  hint: string | null;
  warn: boolean;
  action: { label: string; run: () => void } | null;
  /** What its action takes back the newest change of. */
  about: string | null;
}

class Toasts {
  all = $state<Toast[]>([]);
  /** How long one stays that nobody holds. */
  shownMs = 8000;
  #next = 1;
  /** The newest that can be taken back, also once it is gone. */
  #undo: Toast | null = null;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Tells `text`. Of those whose action takes back the newest change of one thing, named by `about`,
   *  only the last stays: an earlier one would take back what it does not speak of. */
  tell(text: string, action: Toast["action"] = null, about: string | null = null): void {
    if (about !== null) {
      for (const earlier of this.all) if (earlier.about === about) this.hold(earlier.id);
      this.all = this.all.filter((it) => it.about !== about);
    }
    const toast = { id: this.#next++, text, hint: null, warn: false, action, about };
    if (action !== null) this.#undo = toast;
    this.#push(toast);
  }

  /** Does what a toast offers. */
  act(toast: Toast): void {
    this.dismiss(toast.id);
    if (this.#undo?.id === toast.id) this.#undo = null;
    toast.action?.run();
  }

  /** Takes back what was told last of what can be taken back. */
  undo(): void {
    if (this.#undo !== null) this.act(this.#undo);
  }

  problem(failure: Pick<CommandError, "code" | "message" | "hint">): void {
    this.#push({
      id: this.#next++,
      text: sentence(failure.message),
      hint: advice(failure),
      warn: true,
      action: null,
      about: null,
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
    this.#undo = null;
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
