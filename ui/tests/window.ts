import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { connect } from "$lib/api";
import { mock, type Mock, type MockOptions } from "$lib/api/mock";
import { account } from "$lib/state/account.svelte";
import { jobs } from "$lib/state/jobs.svelte";
import { places } from "$lib/state/places";
import { player } from "$lib/state/player.svelte";
import { recording } from "$lib/state/recording.svelte";
import { parse, router } from "$lib/state/router.svelte";
import { toasts } from "$lib/state/toasts.svelte";
import App from "../src/App.svelte";

/** A day on which the sample notebook is always the same. */
export const now = () => new Date("2026-11-24T18:00:00");

/** Opens the whole window at a page, over a twin of the core with these options. */
export async function open(hash: string, options: MockOptions = {}) {
  cleanup();
  places.clear();
  // The pages read the clock of the computer, which is to say the same day as the core's.
  vi.setSystemTime(now());
  const core: Mock = mock({ now, speed: 60, more: 20, ...options });
  connect(core);
  account.state = null;
  account.settings = null;
  account.reason = null;
  account.last = null;
  jobs.all.clear();
  recording.view = null;
  recording.reset();
  player.view = {
    session: null,
    playing: false,
    position_ms: 0,
    rate: 1,
    skip_silence: false,
    broke_off: false,
  };
  toasts.all = [];
  // A message that a test answers waits for it, however slow this computer is.
  toasts.shownMs = 600_000;
  window.history.replaceState(null, "", hash);
  router.route = parse(hash);
  render(App);
  if (!options.hanging?.includes("account_state") && !options.failing?.account_state)
    await waitFor(() => expect(document.querySelector("main")).not.toBeNull());
  return { core, user: userEvent.setup({ delay: null }) };
}

/** What axe finds; contrast is measured on the tokens, which jsdom cannot draw. */
export async function accessible(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(
    violations.map(
      (it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
    ),
  ).toEqual([]);
}

export { screen, waitFor };
