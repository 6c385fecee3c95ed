import {
  call,
  failure,
  on,
  type Failure,
  type RecordingFrame,
  type RecordingView,
  type RecordingWarning,
} from "$lib/api";
import { router } from "./router.svelte";

/** How many levels the line on the page remembers: 12 s at 20 a second. */
export const REMEMBERED = 240;

/** The recording that is going on, wherever it was started. */
class Recording {
  view = $state.raw<RecordingView | null>(null);
  elapsed = $state(0);
  peak = $state(0);
  levels = $state.raw<number[]>([]);
  warnings = $state.raw<RecordingWarning[]>([]);
  settled = $state("");
  provisional = $state("");
  error = $state.raw<Failure | null>(null);
  busy = $state(false);
  /** The session that the last recording became, until the person goes on. */
  finished = $state<string | null>(null);
  #stopping = false;
  /** Counts notebooks: an answer that comes after its own was closed says nothing. */
  #turn = 0;
  /** Counts recordings that ended: an answer from before an end does not bring it back. */
  #ends = 0;

  watch(): () => void {
    void this.#join();
    const end = on("recording", (view) => {
      // A stop brings its own answer; until then the page stays as it is.
      if (this.#stopping) return;
      const begun = this.view === null && view !== null && !this.busy;
      const ended = view === null ? this.view : null;
      this.view = view;
      if (view === null) this.#ends++;
      if (begun) void this.#join();
      if (ended !== null) void this.#endedElsewhere(ended.session);
    });
    return () => {
      end();
      this.#turn++;
      this.view = null;
      this.busy = this.#stopping = false;
      this.#clear();
    };
  }

  async start(device: string | null): Promise<void> {
    if (this.busy || this.view !== null) return;
    const turn = this.#turn;
    this.busy = true;
    this.#clear();
    try {
      const view = await call("record_start", { device, channel: this.#channel() });
      if (turn === this.#turn) this.view = view;
    } catch (reason) {
      if (turn === this.#turn) this.error = failure(reason);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  async pause(): Promise<void> {
    await this.#order(() => call("record_pause"));
  }

  async resume(): Promise<void> {
    await this.#order(() => call("record_resume"));
  }

  async device(device: string): Promise<void> {
    await this.#order(() => call("record_device", { device }));
  }

  async stop(): Promise<void> {
    if (this.view === null || this.busy) return;
    const turn = this.#turn;
    this.busy = true;
    this.#stopping = true;
    try {
      const { session } = await call("record_stop");
      if (turn !== this.#turn) return;
      this.finished = session;
      this.view = null;
    } catch (reason) {
      const now = await call("record_state").catch(() => this.view);
      if (turn !== this.#turn) return;
      this.error = failure(reason);
      this.view = now;
    } finally {
      if (turn === this.#turn) this.busy = this.#stopping = false;
    }
  }

  reset(): void {
    this.finished = null;
    this.error = null;
  }

  /** By a key, by the tray or by itself: whoever looks at the page sees what became of it. */
  async #endedElsewhere(session: string): Promise<void> {
    const turn = this.#turn;
    try {
      await call("session", { id: session });
      if (turn !== this.#turn) return;
      if (this.view === null && router.route.page === "record") this.finished = session;
    } catch {
      // Nothing was recorded, or the notebook was locked.
    }
  }

  async #order(order: () => Promise<RecordingView>): Promise<void> {
    const turn = this.#turn;
    try {
      const view = await order();
      if (turn !== this.#turn) return;
      this.view = view;
      this.error = null;
    } catch (reason) {
      if (turn === this.#turn) this.error = failure(reason);
    }
  }

  async #join(): Promise<void> {
    const turn = this.#turn;
    const ends = this.#ends;
    try {
      const view = await call("record_watch", { channel: this.#channel() });
      if (view !== null && turn === this.#turn && ends === this.#ends) {
        if (this.view === null) this.#clear();
        this.view = view;
        this.elapsed = view.elapsed_ms;
      }
    } catch {
      // Nobody is signed in yet: there is nothing to join.
    }
  }

  #clear(): void {
    this.elapsed = 0;
    this.peak = 0;
    this.levels = [];
    this.warnings = [];
    this.settled = "";
    this.provisional = "";
    this.error = null;
    this.finished = null;
  }

  #channel(): (frame: RecordingFrame) => void {
    const turn = this.#turn;
    return (frame) => {
      if (turn === this.#turn) this.#hear(frame);
    };
  }

  #hear(frame: RecordingFrame): void {
    if (frame.type === "text") {
      this.settled = frame.settled;
      this.provisional = frame.provisional;
      return;
    }
    this.elapsed = frame.elapsed_ms;
    this.peak = frame.peak;
    this.warnings = frame.warnings;
    this.levels = [...this.levels.slice(1 - REMEMBERED), frame.rms];
  }
}

export const recording = new Recording();
