import "$lib/styles/tokens.css";
import "$lib/styles/base.css";
import { mount } from "svelte";
import { connect } from "$lib/api";
import type { Transport } from "$lib/api/transport";
import App from "./App.svelte";

/** The core where there is one; outside the real window, in development, its twin in memory. */
async function transport(): Promise<Transport> {
  if (
    import.meta.env.MODE === "sample" ||
    (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window))
  ) {
    const { mock } = await import("$lib/api/mock");
    const wish = new URLSearchParams(window.location.search);
    const state = wish.get("state");
    const theme = wish.get("theme");
    return mock({
      state:
        state === "first_run" || state === "signed_out" || state === "locked" ? state : "unlocked",
      more: wish.get("sessions") === "none" ? null : Number(wish.get("sessions") ?? 160),
      settings: theme === "dark" || theme === "light" ? { theme } : {},
    });
  }
  const { tauri } = await import("$lib/api/tauri");
  return tauri;
}

connect(await transport());
const target = document.getElementById("app");
if (target !== null) mount(App, { target });
