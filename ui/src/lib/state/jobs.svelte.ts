import { SvelteMap } from "svelte/reactivity";
import { call, on, type QueuedJob } from "$lib/api";

/** Work that is under way, as the progress events tell it. */
class Jobs {
  readonly all = new SvelteMap<string, QueuedJob>();
  #asked = 0;
  #shown = 0;

  /** Follows the open notebook until the returned function is called; nothing of it stays then. */
  watch(): () => void {
    void this.#ask();
    const ends = [
      on("progress", (job) => {
        // An event names no private content, so the label is the one that was asked for.
        const before = this.all.get(job.id);
        const label = job.label || (before?.label ?? "");
        // One that stands still had come as far as it was told last.
        const fraction = job.fraction ?? before?.fraction ?? null;
        this.all.set(job.id, { ...job, label, fraction });
      }),
      on("queue_changed", () => void this.#ask()),
    ];
    return () => {
      for (const end of ends) end();
      // What comes later is of somebody who is not here any more.
      this.#shown = ++this.#asked;
      this.all.clear();
    };
  }

  async #ask(): Promise<void> {
    const turn = ++this.#asked;
    try {
      const { jobs } = await call("queue");
      // A newer answer has been shown already.
      if (turn < this.#shown) return;
      this.#shown = turn;
      const listed = new Set(jobs.map((it) => it.id));
      for (const job of this.imports) {
        if (listed.has(job.id) || job.state === "done") continue;
        // A file that failed stays in the queue; one that is gone from it was taken in.
        this.all.set(job.id, { ...job, state: "done", fraction: 1 });
      }
      for (const job of jobs) this.all.set(job.id, job);
    } catch {
      // Locked meanwhile, or the next event asks again.
    }
  }

  of(session: string): QueuedJob[] {
    return [...this.all.values()].filter((it) => it.session === session);
  }

  running(session: string): QueuedJob | null {
    return this.of(session).find((it) => it.state === "running" || it.state === "waiting") ?? null;
  }

  /** The imports that are still under way or did not work. */
  get imports(): QueuedJob[] {
    return [...this.all.values()].filter((it) => it.kind === "import" && it.state !== "cancelled");
  }

  forget(id: string): void {
    this.all.delete(id);
  }
}

export const jobs = new Jobs();
