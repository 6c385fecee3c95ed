import { SvelteMap } from "svelte/reactivity";
import { call, on, type QueuedJob } from "$lib/api";

/** Work that is under way, as the progress events tell it. */
class Jobs {
  readonly all = new SvelteMap<string, QueuedJob>();

  watch(): () => void {
    void call("queue")
      .then(({ jobs }) => {
        for (const job of jobs) this.all.set(job.id, job);
      })
      .catch(() => undefined);
    return on("progress", (job) => {
      this.all.set(job.id, job);
    });
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
