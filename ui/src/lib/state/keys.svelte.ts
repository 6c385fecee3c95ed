/** Everything that a key can do. */
export type Action =
  | "record"
  | "play"
  | "next"
  | "previous"
  | "open"
  | "edit"
  | "search"
  | "palette"
  | "lock"
  | "sheet"
  | "undo"
  | "back";

/** A chord: `ctrl` stands for the Command key, too. */
export interface Chord {
  key: string;
  ctrl?: boolean;
}

/** The keys of each action; a later setting may replace them. */
export const bindings: Record<Action, Chord> = {
  record: { key: "r" },
  play: { key: " " },
  next: { key: "j" },
  previous: { key: "k" },
  open: { key: "Enter" },
  edit: { key: "e" },
  search: { key: "/" },
  palette: { key: "k", ctrl: true },
  lock: { key: "l", ctrl: true },
  sheet: { key: "?" },
  undo: { key: "z", ctrl: true },
  back: { key: "Escape" },
};

/** A chord as it is written on a key cap. */
export function cap({ key, ctrl }: Chord): string[] {
  const names: Record<string, string> = { " ": "Space", Escape: "Esc" };
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return ctrl ? ["Ctrl", name] : [name];
}

const FIELD =
  "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable=true]";

/** Whether a key belongs to what has the focus and not to the app. */
function taken(event: KeyboardEvent, action: Action): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const typing = target.matches(FIELD);
  // What is typed is taken back by the field itself.
  if (action === "undo") return typing;
  if (typing) return !event.ctrlKey && !event.metaKey && action !== "back";
  if (event.key === " " || event.key === "Enter")
    return target.matches("button, a, summary, input, [role=slider], [role=option]");
  return false;
}

type Handler = () => void;

class Keys {
  readonly #handlers = new Map<Action, Handler[]>();

  /** Handles an action until the returned function is called; the latest handler wins. */
  bind(action: Action, handler: Handler): () => void {
    const stack = this.#handlers.get(action) ?? [];
    stack.push(handler);
    this.#handlers.set(action, stack);
    return () => {
      const at = stack.lastIndexOf(handler);
      if (at >= 0) stack.splice(at, 1);
    };
  }

  bindAll(handlers: Partial<Record<Action, Handler>>): () => void {
    const ends = Object.entries(handlers).map(([action, handler]) =>
      this.bind(action as Action, handler),
    );
    return () => {
      for (const end of ends) end();
    };
  }

  run(action: Action): boolean {
    const handler = this.#handlers.get(action)?.at(-1);
    handler?.();
    return handler !== undefined;
  }

  /** In a field the first press leaves the field and not the page with what was typed; a page that knows
   *  better about its long texts does that itself. */
  #leavesField(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement) || !target.matches(FIELD)) return false;
    const knows = (this.#handlers.get("back")?.length ?? 0) > 1;
    if (knows && target.matches("textarea")) return false;
    target.blur();
    return true;
  }

  listen(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    // An open dialog keeps its keys to itself, but for the one that hides what it shows.
    const dialog = document.querySelector("dialog[open]") !== null;
    const ctrl = event.ctrlKey || event.metaKey;
    for (const [name, chord] of Object.entries(bindings)) {
      const action = name as Action;
      if (chord.key.toLowerCase() !== event.key.toLowerCase() || (chord.ctrl ?? false) !== ctrl)
        continue;
      if (dialog && action !== "lock") return;
      if (taken(event, action)) continue;
      if (action === "back" && this.#leavesField(event.target)) {
        event.preventDefault();
        return;
      }
      if (this.run(action)) event.preventDefault();
      return;
    }
  }
}

export const keys = new Keys();
