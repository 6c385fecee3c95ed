import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { EventMap } from "./gen/commands";
import {
  failure,
  type Args,
  type Command,
  type EventName,
  type Result,
  type Transport,
} from "./transport";

/** The transport of the real window. */
export const tauri: Transport = {
  async invoke<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
    const wire: Record<string, unknown> = { ...args };
    if (typeof wire["channel"] === "function") {
      const channel = new Channel<unknown>();
      channel.onmessage = wire["channel"] as (value: unknown) => void;
      wire["channel"] = channel;
    }
    try {
      return await invoke<Result<C>>(command, wire);
    } catch (reason) {
      throw failure(reason);
    }
  },

  listen<E extends EventName>(event: E, handler: (payload: EventMap[E]) => void): () => void {
    let ended = false;
    const listening = listen<EventMap[E]>(event, ({ payload }) => {
      if (!ended) handler(payload);
    });
    return () => {
      ended = true;
      void listening.then((stop) => stop());
    };
  },
};
