import {
  call,
  failure,
  on,
  type AccountState,
  type PersonalSettings,
  type SettingValue,
} from "$lib/api";
import { speak } from "$lib/strings/index.svelte";
import { flushDrafts } from "./draft.svelte";
import { toasts } from "./toasts.svelte";

export type LockReason = "asked" | "idle" | "suspend" | "revoked";

/** Who is here, and how they want the window to be. */
class Account {
  state = $state.raw<AccountState | null>(null);
  settings = $state.raw<PersonalSettings | null>(null);
  reason = $state<LockReason | null>(null);

  get admin(): boolean {
    return this.state?.account?.role === "admin";
  }

  async load(): Promise<void> {
    await this.enter(await call("account_state"));
  }

  /** Takes over a new state; with an open notebook its settings come along. */
  async enter(state: AccountState): Promise<void> {
    if (state.state === "unlocked") {
      this.settings = await call("settings_get");
      speak(this.settings.language);
      this.reason = null;
    } else {
      this.settings = null;
    }
    this.state = state;
  }

  /** Asks for the settings again, after an order that changed some of them. */
  async refresh(): Promise<void> {
    this.settings = await call("settings_get");
  }

  async set(key: keyof PersonalSettings, value: SettingValue): Promise<void> {
    const before = this.settings;
    if (before !== null) this.settings = { ...before, [key]: value };
    try {
      this.settings = await call("settings_set", { key, value });
      speak(this.settings.language);
    } catch (reason) {
      this.settings = before;
      toasts.problem(failure(reason));
    }
  }

  async lock(): Promise<void> {
    try {
      await flushDrafts();
      this.reason = "asked";
      await this.enter(await call("lock"));
    } catch (reason) {
      this.reason = null;
      toasts.problem(failure(reason));
    }
  }

  watch(): () => void {
    return on("locked", ({ reason }) => {
      this.reason = reason;
      void call("account_state").then((state) => this.enter(state));
    });
  }
}

export const account = new Account();
