import { within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { defaults } from "$lib/api/mock/fixtures";
import { id, session } from "$lib/api/mock/notebook";
import type { ModelRow, QueuedJob } from "$lib/api";
import { account } from "$lib/state/account.svelte";
import { advice } from "$lib/text/advice";
import { accessible, now, open, screen, waitFor } from "./window";

describe("advice", () => {
  it.each([
    ["wrong_password", "Try again, or use the recovery code."],
    [
      "no_model",
      "Settings, Speech to text has models to choose from. The recording is safe and waits.",
    ],
    [
      "internal",
      "Try it once more. If it stays, Settings has a health check that says what is wrong.",
    ],
  ] as const)("for %s never sends anybody from the window to a terminal", (code, said) => {
    expect(advice({ code, hint: "Run `insight-journey something NAME`." })).toBe(said);
    expect(advice({ code, hint: "Free some space." })).toBe("Free some space.");
    expect(advice({ code, hint: null })).toBeNull();
  });

  it("at the door is the window's own", async () => {
    const { user } = await open("#/", {
      state: "signed_out",
      failing: {
        sign_in: {
          code: "wrong_password",
          message: "the name or the password is wrong",
          hint: "Try again: `insight-journey account recover NAME`.",
        },
      },
    });
    await user.type(await screen.findByLabelText("Password"), "something{Enter}");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("The name or the password is wrong.");
    expect(alert).toHaveTextContent("Try again, or use the recovery code.");
    expect(alert.textContent).not.toContain("insight-journey");
  });
});

describe("the list of sessions", () => {
  const row = (title: string, text: string) =>
    session(
      { ago: 0, hour: 9, title, source: "text", text: [text], elements: [] },
      77,
      new Date(now()),
    );

  it.each([
    ["I feel calm", "I feel calm. The rest followed.", false],
    ["I feel calm and…", "I feel calm and slow. The rest followed.", false],
    ["A slow day", "I feel calm. The rest followed.", true],
  ])("says nothing twice: “%s”", async (title, text, titled) => {
    const { core } = await open("#/journey", { more: null });
    core.store.unshift(row(title, text));
    window.location.hash = "#/sessions";
    await waitFor(() => expect(document.querySelector("[data-session]")).not.toBeNull());
    const line = document.querySelector<HTMLElement>("[data-session]");
    expect(line?.querySelector(".title") !== null).toBe(titled);
    expect(line).toHaveTextContent("The rest followed");
    await accessible();
  });

  it("follows a session whose stage has changed", async () => {
    const { core } = await open("#/journey", { more: null });
    core.store.unshift(row("First title", "One."));
    window.location.hash = "#/sessions";
    await screen.findByText("First title");
    const page = core.store[0]?.page;
    if (page) page.session.title = "Second title";
    core.emit("session_changed", { id: id(77) });
    await screen.findByText("Second title");
  });

  it("shows no day as chosen when none is", async () => {
    await open("#/sessions");
    const from = await screen.findByLabelText("From");
    expect(from).toHaveClass("any");
    expect(from).toHaveAttribute("data-any", "any day");
  });
});

describe("imports", () => {
  const job: QueuedJob = {
    id: "j1",
    session: null,
    kind: "import",
    label: "morning.m4a",
    state: "running",
    fraction: 0.4,
    remaining_ms: null,
    message: null,
    error: null,
  };

  it("that have left the queue are done, not gone", async () => {
    const { core } = await open("#/record");
    await screen.findByRole("button", { name: "Start recording" });
    core.emit("progress", job);
    const queue = await screen.findByRole("region", { name: "Imports" });
    await within(queue).findByText("under way");
    core.emit("queue_changed", null);
    await within(queue).findByText("done");
    expect(queue).toHaveTextContent("morning.m4a");
    await accessible();
  });
});

describe("speech models", () => {
  const model = (name: string, change: Partial<ModelRow> = {}): ModelRow => ({
    name,
    title: name,
    bytes: 148_000_000,
    english_only: true,
    speed: 5,
    accuracy: 0.4,
    recommended: false,
    state: "available",
    fraction: null,
    in_use: false,
    error: null,
    ...change,
  });

  it("show what matters here, and the long list when asked", async () => {
    const { core, user } = await open("#/settings/look");
    const many = Array.from({ length: 17 }, (_, i) => model(`model-${i}`));
    many[4] = model("model-4", { recommended: true });
    many[9] = model("model-9", { state: "installed", in_use: true });
    const invoke = core.invoke.bind(core);
    core.invoke = ((command: string, args: never) =>
      command === "models"
        ? Promise.resolve({ models: many })
        : invoke(command as "models", args)) as typeof core.invoke;
    window.location.hash = "#/settings/speech";
    const list = await screen.findByRole("list", { name: "Speech models" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(2);
    expect(within(list).getAllByText("model-4")).toHaveLength(1);
    await user.click(screen.getByText("15 other models"));
    await accessible();
  });
});

describe("the door", () => {
  it("has the focus on the first box that is empty", async () => {
    await open("#/", { state: "signed_out" });
    const name = await screen.findByLabelText<HTMLInputElement>("Name");
    const password = screen.getByLabelText("Password");
    await waitFor(() => expect(name.value === "" ? name : password).toHaveFocus());
  });
});

it("a computer without a microphone says so in settings", async () => {
  const { core } = await open("#/journey");
  const invoke = core.invoke.bind(core);
  core.invoke = ((command: string, args: never) =>
    command === "devices"
      ? Promise.resolve({ devices: [] })
      : invoke(command as "devices", args)) as typeof core.invoke;
  window.location.hash = "#/settings/recording";
  const menu = await screen.findByLabelText("Microphone");
  await waitFor(() => expect(menu).toHaveDisplayValue("No microphone"));
  expect(menu).toBeDisabled();
});

describe("what is chosen on one page", () => {
  it("is known to the others: who analyses", async () => {
    const { user } = await open("#/settings/analysis");
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await waitFor(() => expect(account.settings?.provider).toBe("openai"));
    window.location.hash = "#/record";
    await screen.findByText(/The recording never leaves this computer/);
  });

  it("is known to the others: the only speech model is used without being chosen", async () => {
    const { core, user } = await open("#/record", { speed: 4 });
    account.settings = { ...defaults, setup_done: true, speech_model: null };
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await user.click(await screen.findByRole("button", { name: "Stop" }));
    await screen.findByText("Your recording is safe on this computer.");
    await waitFor(() =>
      expect(core.calls.filter(({ command }) => command === "models").length).toBeGreaterThan(1),
    );
    expect(screen.queryByText(/No speech model yet/)).toBeNull();
  });
});
