import type { CommandMap, EventMap } from "./gen/commands";
import type { Args, Command, EventName, Result, Transport } from "./transport";

export { Failure, failure } from "./transport";
export type * from "./gen/views";

let current: Transport | null = null;

/** Chooses the transport; called once before anything is mounted, and by each test. */
export function connect(transport: Transport): void {
  current = transport;
}

function transport(): Transport {
  if (current === null) throw new Error("no transport is connected");
  return current;
}

type NoArgs = {
  [C in Command]: string extends keyof CommandMap[C]["args"] ? C : never;
}[Command];
type WithArgs = Exclude<Command, NoArgs>;

/** Asks or orders something of the core; rejects with a `Failure`. */
export function call<C extends NoArgs>(command: C): Promise<Result<C>>;
export function call<C extends WithArgs>(command: C, args: Args<C>): Promise<Result<C>>;
export function call<C extends Command>(command: C, args?: Args<C>): Promise<Result<C>> {
  return transport().invoke(command, args ?? ({} as Args<C>));
}

/** Is told of an event until the returned function is called. */
export function on<E extends EventName>(
  event: E,
  handler: (payload: EventMap[E]) => void,
): () => void {
  return transport().listen(event, handler);
}
