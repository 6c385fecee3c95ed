import { call } from "$lib/api";

/** The speech model that is used: the chosen one, or the only one there is; null without any. */
export async function speechModel(): Promise<string | null> {
  const { models } = await call("models");
  return models.find((it) => it.in_use)?.name ?? null;
}
