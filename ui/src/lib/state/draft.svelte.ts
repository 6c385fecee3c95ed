import { call, failure, type Failure } from "$lib/api";
import { t } from "$lib/strings/index.svelte";
import { toasts } from "./toasts.svelte";

/** How often a text that is being typed is sent, ms. */
const PAUSE_MS = 1000;

/** A lock does not wait longer than this for what was typed last, ms. */
const LOCK_WAITS_MS = 2000;

export interface Typed {
  revision: number | null;
  title: string;
  text: string;
}

const open = new Set<Draft>();
const noted = () => undefined;
/** Counts notebooks: what was put aside in one is not for the next. */
let turn = 0;
const nothing: Typed = { revision: null, title: "", text: "" };

/** What is typed and not kept yet. The core has it at once, so that no lock and no wrong key loses it. */
export class Draft {
  /** Why the core does not have what was typed last. */
  problem = $state.raw<Failure | null>(null);
  /** How the page takes what comes back to it; false where it cannot do that now. */
  onback: ((typed: Typed) => boolean | Promise<boolean>) | null = null;
  readonly #session: string | null;
  #known = nothing;
  #unsent: Typed | null = null;
  /** What was left here is not known yet: nothing may be sent over it. */
  #unread = false;
  #abandoned = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sending: Promise<void> = Promise.resolve();

  /** Of a session's text, or (null) of a new reflection. */
  constructor(session: string | null) {
    this.#session = session;
    open.add(this);
  }

  /** What was left here the last time, with what was typed before the answer came. */
  load(): Promise<Typed | null> {
    if (this.#unsent === null) this.#unread = true;
    const before = [...open].filter((it) => it.#session === this.#session).map((it) => it.flush());
    const loading = Promise.all(before)
      .then(() => {
        this.#unread = true;
        return call("draft_get", { session: this.#session });
      })
      .then((left) => {
        this.#unread = false;
        this.#known = nothing;
        if (left === null) return null;
        const { revision, title, text } = left;
        this.#known = { revision, title, text };
        const typed = this.#unsent;
        if (typed === null) return this.#known;
        this.#unsent = {
          revision,
          title: typed.title || title,
          text: joined(text, typed.text),
        };
        return this.#unsent;
      });
    // What is typed meanwhile does not replace what was left.
    this.#sending = this.#sending.then(() => loading).then(noted, noted);
    return loading;
  }

  /** The first letter is sent at once, which also tells the core that somebody is here. */
  set(title: string, text: string, revision: number | null = null): void {
    if (this.#abandoned) return;
    const last = this.#unsent ?? this.#known;
    if (last.title === title && last.text === text) return;
    this.#unsent = { revision, title, text };
    if (this.#timer === null) this.#tick();
  }

  /** Sends what is not sent yet, and waits for it. */
  flush(): Promise<void> {
    this.#send();
    return this.#sending;
  }

  /** It is kept. */
  forget(): void {
    this.#stop();
    // What the core has where it could not be told the last words is older than what was kept.
    const behind = this.#unsent !== null;
    this.#unsent = behind ? nothing : null;
    this.#known = nothing;
    this.problem = null;
    if (behind) this.#send();
  }

  /** Nothing more is typed here. */
  end(): void {
    this.#stop();
    this.onback = null;
    // What was typed over something that could not be read is added to it, where that can be read now.
    const read = this.#unread && this.#unsent !== null ? this.load().then(noted, noted) : null;
    void Promise.resolve(read)
      .then(() => this.flush())
      .then(() => open.delete(this));
  }

  /** The notebook is left: what the core does not have belongs to nobody who comes after. */
  abandon(): void {
    this.#stop();
    this.#unsent = null;
    this.#abandoned = true;
  }

  /**
   * Into the page on which this is being written now, or behind what the core has of it. Nothing that
   * was typed since is replaced.
   */
  static async bringBack(session: string | null, typed: Typed): Promise<boolean> {
    const pages = [...open].filter((it) => it.#session === session);
    const onback = pages.find((it) => it.onback !== null)?.onback;
    if (onback) return onback(typed);
    const draft = new Draft(session);
    draft.#unread = true;
    draft.#unsent = typed;
    try {
      await draft.load();
      await draft.flush();
      if (draft.problem !== null) throw draft.problem;
      return true;
    } catch (reason) {
      // It is offered again, and must not come twice.
      draft.abandon();
      throw reason;
    } finally {
      draft.end();
    }
  }

  #tick(): void {
    this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#unsent !== null) this.#tick();
    }, PAUSE_MS);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #send(): void {
    // One after the other: an older text must not arrive after a newer one.
    this.#sending = this.#sending.then(async () => {
      const typed = this.#unsent;
      if (typed === null || this.#unread) return;
      try {
        await call("draft_set", { session: this.#session, ...typed });
        this.#known = typed;
        if (this.#unsent === typed) this.#unsent = null;
        this.problem = null;
      } catch (reason) {
        this.problem = failure(reason);
      }
    });
  }
}

/** The core gets what was typed last: before the notebook is locked, or drafts are asked for. */
export async function flushDrafts(): Promise<void> {
  const sent = Promise.all([...open].map((draft) => draft.flush()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => (timer = setTimeout(done, LOCK_WAITS_MS)));
  await Promise.race([sent, late]);
  clearTimeout(timer);
}

/** Both texts, the earlier one first. */
export function joined(first: string, second: string): string {
  return [...new Set([first, second])].filter((it) => it !== "").join("\n\n");
}

/** What was typed is put aside, with a way back that is offered until it was gone. */
export function tellDiscarded(session: string | null, typed: Typed): void {
  const now = turn;
  const run = async () => {
    let back = false;
    try {
      back = await Draft.bringBack(session, typed);
    } catch (reason) {
      if (now === turn) toasts.problem(failure(reason));
    }
    if (!back && now === turn) tellDiscarded(session, typed);
  };
  toasts.tell(t().draft.discarded, { label: t().common.undo, run: () => void run() });
}

/** The notebook is left: nothing of it may be sent into the one that is opened next. */
export function abandonDrafts(): void {
  for (const draft of open) draft.abandon();
  open.clear();
  turn++;
}
