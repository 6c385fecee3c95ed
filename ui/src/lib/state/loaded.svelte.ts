import { failure, type Failure } from "$lib/api";

/** How long an answer may take before a skeleton stands in for it. */
const SLOW_MS = 300;

/** Something asked of the core: not yet there, there, or refused. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<Failure | null>(null);
  slow = $state(false);
  readonly #ask: () => Promise<T>;
  #turn = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Asks (again). What was there stays until the answer comes; an older answer is ignored. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.error = null;
    const timer = setTimeout(() => {
      if (turn === this.#turn) this.slow = this.value === null;
    }, SLOW_MS);
    try {
      const value = await this.#ask();
      if (turn === this.#turn) this.value = value;
    } catch (reason) {
      if (turn === this.#turn) this.error = failure(reason);
    } finally {
      clearTimeout(timer);
      if (turn === this.#turn) this.slow = false;
    }
  }
}

/** Whether an answer is awaited, and whether it takes so long that the page says so. */
export class Waiting {
  now = $state(false);
  slow = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  begin(): void {
    if (this.now) return;
    this.now = true;
    this.#timer = setTimeout(() => (this.slow = true), SLOW_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.now = this.slow = false;
  }
}
