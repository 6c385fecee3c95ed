import {
  call,
  failure,
  on,
  type AccountState,
  type PersonalSettings,
  type SettingValue,
} from "$lib/api";
import { speak } from "$lib/strings/index.svelte";
import { abandonDrafts, flushDrafts } from "./draft.svelte";
import { places } from "./places";
import { router } from "./router.svelte";
import { toasts } from "./toasts.svelte";

export type LockReason = "asked" | "idle" | "suspend" | "revoked";

/** Who is here, and how they want the window to be. */
class Account {
  state = $state.raw<AccountState | null>(null);
  settings = $state.raw<PersonalSettings | null>(null);
  reason = $state<LockReason | null>(null);
  /** Whose notebook was open last. */
  last: string | null = null;

  get admin(): boolean {
    return this.state?.account?.role === "admin";
  }

  /** Whose notebook is open. */
  get here(): string | null {
    return this.state?.state === "unlocked" ? (this.state.account?.id ?? null) : null;
  }

  async load(): Promise<void> {
    await this.enter(await call("account_state"));
  }

  /** Takes over a new state; with an open notebook its settings come along. */
  async enter(state: AccountState): Promise<void> {
    // Before the pages go, which send what they have: it would come to the next notebook.
    if (state.account?.id !== this.state?.account?.id) {
      abandonDrafts();
      places.clear();
    }
    if (state.state === "unlocked") {
      this.settings = await call("settings_get");
      speak(this.settings.language);
      this.reason = null;
      const now = state.account?.id ?? null;
      if (this.last !== null && this.last !== now) router.reset();
      this.last = now;
    } else {
      this.settings = null;
    }
    this.state = state;
  }

  /** Asks for the settings again, after an order that changed some of them. */
  async refresh(): Promise<void> {
    this.settings = await call("settings_get");
  }

  /** Changes a setting; whether that worked. */
  async set(key: keyof PersonalSettings, value: SettingValue): Promise<boolean> {
    const before = this.settings;
    if (before !== null) this.settings = { ...before, [key]: value };
    try {
      this.settings = await call("settings_set", { key, value });
      speak(this.settings.language);
      return true;
    } catch (reason) {
      this.settings = before;
      toasts.problem(failure(reason));
      return false;
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

  async signOut(): Promise<void> {
    await flushDrafts();
    await this.enter(await call("sign_out"));
  }

  watch(): () => void {
    return on("locked", ({ reason }) => {
      this.reason = reason;
      void call("account_state").then((state) => this.enter(state));
    });
  }
}

export const account = new Account();
