import type { CommandMap, EventMap } from "./gen/commands";
import type { CommandError, ErrorCode } from "./gen/views";

export type Command = keyof CommandMap;
export type EventName = keyof EventMap;

/** Arguments as a caller writes them: a channel is a function that is called with each value. */
export type Args<C extends Command> = {
  [K in keyof CommandMap[C]["args"]]: K extends "channel"
    ? (value: CommandMap[C]["args"][K]) => void
    : CommandMap[C]["args"][K];
};
export type Result<C extends Command> = CommandMap[C]["result"];

/** The one way from the window to the core: really over Tauri, or a twin in memory. */
export interface Transport {
  invoke<C extends Command>(command: C, args: Args<C>): Promise<Result<C>>;
  /** Calls `handler` for every event of that name; the returned function ends it. */
  listen<E extends EventName>(event: E, handler: (payload: EventMap[E]) => void): () => void;
}

/** A failed command, as the core described it. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(error: CommandError) {
    super(error.message);
    this.name = "Failure";
    this.code = error.code;
    this.hint = error.hint;
  }
}

/** Makes a `Failure` of whatever a transport rejected with. */
export function failure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) {
    const { code, message } = reason;
    const hint = "hint" in reason && typeof reason.hint === "string" ? reason.hint : null;
    return new Failure({ code: String(code) as ErrorCode, message: String(message), hint });
  }
  return new Failure({
    code: "internal",
    message: "something inside the app did not answer as it should",
    hint: null,
  });
}
