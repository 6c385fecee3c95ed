import { call, failure, on, type Playback } from "$lib/api";
import { t } from "$lib/strings/index.svelte";
import { toasts } from "./toasts.svelte";

const silent: Playback = {
  session: null,
  playing: false,
  position_ms: 0,
  rate: 1,
  skip_silence: false,
  broke_off: false,
};

/** What is being played. The sound itself is made by the core. */
class Player {
  view = $state.raw<Playback>(silent);
  /** Counts notebooks: an answer that comes after its own was closed says nothing. */
  #turn = 0;
  /** Counts events: each order is told by one, too, and what follows it is newer than its answer. */
  #told = 0;

  watch(): () => void {
    const end = on("playback", (view) => {
      this.#told++;
      this.view = view;
      if (view.broke_off)
        toasts.problem({
          code: "speaker",
          message: t().player.brokeOff,
          hint: t().player.brokeOffHint,
        });
    });
    return () => {
      end();
      void this.silence();
      this.#turn++;
      this.view = silent;
    };
  }

  /** From a moment (null: where it stands) to another (null: the end). */
  async play(id: string, from_ms: number | null, to_ms: number | null = null): Promise<void> {
    await this.#order(() => call("play", { id, from_ms, to_ms }));
  }

  async toggle(id: string): Promise<void> {
    if (this.view.playing && this.view.session === id) await this.#order(() => call("pause"));
    else await this.play(id, null);
  }

  async seek(id: string, position_ms: number): Promise<void> {
    if (this.view.session === id) await this.#order(() => call("seek", { position_ms }));
    else await this.play(id, position_ms);
  }

  async set(rate: number, skip_silence: boolean): Promise<void> {
    await this.#order(() => call("playback_set", { rate, skip_silence }));
  }

  async silence(): Promise<void> {
    if (this.view.playing) await this.#order(() => call("pause"));
  }

  async #order(order: () => Promise<Playback>): Promise<void> {
    const [turn, told] = [this.#turn, this.#told];
    try {
      const view = await order();
      if (turn === this.#turn && told === this.#told) this.view = view;
    } catch (reason) {
      if (turn === this.#turn) toasts.problem(failure(reason));
    }
  }
}

export const player = new Player();
