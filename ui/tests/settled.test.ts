import { fireEvent, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import type { MockOptions } from "$lib/api/mock";
import { accessible, open, screen, waitFor } from "./window";

const broken = {
  code: "internal",
  message: "the notebook did not answer",
  hint: "Start the app again.",
} as const;

describe("the first run", () => {
  /** The last step, of somebody whose notebook is made. */
  const analysis = async (options: MockOptions = {}) => {
    const opened = await open("#/", { settings: { setup_done: false }, ...options });
    const { user } = opened;
    for (const heading of ["Say something", "How speech becomes text"]) {
      await screen.findByRole("heading", { name: heading });
      await user.click(screen.getByRole("button", { name: "Continue" }));
    }
    await screen.findByRole("heading", { name: "How elements are found" });
    return opened;
  };

  it("keeps a key that was pasted when it ends", async () => {
    const { core, user } = await analysis();
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret");
    await user.click(screen.getByRole("button", { name: "Begin" }));
    await screen.findByRole("button", { name: "Start recording" });
    const commands = core.calls.map(({ command }) => command);
    expect(core.calls.find(({ command }) => command === "provider_set_key")?.args).toEqual({
      name: "openai",
      key: "sk-secret",
    });
    expect(commands.indexOf("provider_set_key")).toBeLessThan(commands.indexOf("settings_set"));
  });

  it("stays, and says why, where the key cannot be kept", async () => {
    const { core, user } = await analysis({ failing: { provider_set_key: broken } });
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret");
    await user.click(screen.getByRole("button", { name: "Begin" }));
    await screen.findByText("The notebook did not answer.");
    expect(screen.getByLabelText("Key")).toHaveValue("sk-secret");
    expect(core.calls.some(({ command }) => command === "settings_set")).toBe(false);
    await accessible();
    core.fail("provider_set_key", null);
    await waitFor(() => expect(screen.getByRole("button", { name: "Begin" })).toBeEnabled());
    await user.click(screen.getByRole("button", { name: "Begin" }));
    await screen.findByRole("button", { name: "Start recording" });
  });

  it("ends without sending anything to a provider's settings that were not touched", async () => {
    const { core, user } = await analysis();
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await screen.findByLabelText("Key");
    await user.click(screen.getByRole("button", { name: "Begin" }));
    await screen.findByRole("button", { name: "Start recording" });
    const commands = core.calls.map(({ command }) => command);
    expect(commands).not.toContain("provider_configure");
    expect(commands).not.toContain("provider_set_key");
  });

  it("taken up again says where a recovery code that was not written down is replaced", async () => {
    await open("#/", { settings: { setup_done: false } });
    await screen.findByRole("heading", { name: "Say something" });
    expect(screen.getByText(/recovery code was not written down/)).toHaveTextContent(
      "Settings, Account and lock",
    );
    await accessible();
  });

  it("does not speak of the recovery code to somebody who has just confirmed it", async () => {
    const { user } = await open("#/", { state: "first_run", more: null });
    await user.click(await screen.findByRole("button", { name: "Make your notebook" }));
    await user.type(screen.getByLabelText("Your name here"), "Mira");
    await user.type(screen.getByLabelText("Password"), "a quiet morning in june");
    await screen.findByText("Strong");
    await user.click(screen.getByRole("button", { name: "Create" }));
    await screen.findByRole("heading", { name: "Write this recovery code down" });
    const groups = [...document.querySelectorAll(".code li")].map((it) => it.textContent?.slice(1));
    await user.click(screen.getByRole("button", { name: /I have written it down/ }));
    const asked = await screen.findByLabelText<HTMLInputElement>(/type group \d of the code/);
    const n = Number(/group (\d)/.exec(asked.labels?.[0]?.textContent ?? "")?.[1]);
    await user.type(asked, `${groups[n - 1]}{Enter}`);
    await screen.findByRole("heading", { name: "Say something" });
    expect(screen.queryByText(/recovery code/)).toBeNull();
  });
});

describe("a provider", () => {
  it("is tested with what is on the screen", async () => {
    const { core, user } = await open("#/settings/analysis");
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret");
    const model = screen.getByLabelText("Model");
    await user.clear(model);
    await user.type(model, "gpt-4o");
    await user.click(screen.getByRole("button", { name: "Test" }));
    await screen.findByText(/It works./);
    const sent = core.calls.filter(({ command }) => /^provider_(?!s|u)|set_key/.test(command));
    expect(sent.map(({ command }) => command)).toEqual([
      "provider_configure",
      "provider_set_key",
      "provider_test",
    ]);
    expect(sent[0]?.args).toMatchObject({ name: "openai", model: "gpt-4o" });
    expect(screen.getByLabelText("Key")).toHaveValue("");
    await user.click(screen.getByRole("button", { name: "Test" }));
    await waitFor(() =>
      expect(core.calls.filter(({ command }) => command === "provider_test")).toHaveLength(2),
    );
    expect(core.calls.filter(({ command }) => command === "provider_configure")).toHaveLength(1);
  });

  it("is not tested where what was typed is refused", async () => {
    const { core, user } = await open("#/settings/analysis", {
      failing: { provider_configure: broken },
    });
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret");
    await user.click(screen.getByRole("button", { name: "Test" }));
    await screen.findByText("The notebook did not answer.");
    expect(core.calls.some(({ command }) => command === "provider_test")).toBe(false);
    expect(screen.getByLabelText("Key")).toHaveValue("sk-secret");
  });
});

describe("the microphones", () => {
  const usb = { id: "usb", name: "USB condenser microphone", default: true };
  const menu = () => screen.findByLabelText("Microphone");

  it.each(["#/record", "#/settings/recording"])(
    "are not said to be missing at %s while they are asked for",
    async (hash) => {
      await open(hash, { hanging: ["devices"], settings: { device: "usb" } });
      expect(await menu()).toHaveDisplayValue("Looking for microphones");
      expect(await menu()).toBeDisabled();
      expect(screen.queryByText(/No microphone/)).toBeNull();
      await accessible();
    },
  );

  it.each(["#/record", "#/settings/recording"])(
    "are asked for again at %s where that failed",
    async (hash) => {
      const { core, user } = await open(hash, { failing: { devices: broken } });
      await screen.findByText("The notebook did not answer.");
      expect(screen.queryByText(/No microphone/)).toBeNull();
      await accessible();
      core.fail("devices", null);
      await user.click(screen.getByRole("button", { name: "Try again" }));
      expect(await menu()).toBeEnabled();
      expect(screen.queryByText("The notebook did not answer.")).toBeNull();
    },
  );

  it("are noticed when the window gets the focus, and one that was plugged in is ready", async () => {
    const { core } = await open("#/record", { devices: [] });
    await screen.findByText(/No microphone was found/);
    core.answer("devices", { devices: [usb] });
    await fireEvent.focus(window);
    await waitFor(() => expect(screen.queryByText(/No microphone/)).toBeNull());
    expect(screen.getByRole("button", { name: "Start recording" })).toBeEnabled();
    expect(await menu()).toBeEnabled();
    const asked = () => core.calls.filter(({ command }) => command === "devices").length;
    const before = asked();
    await fireEvent.focus(window);
    expect(asked()).toBe(before);
  });

  it("are looked for every few seconds while there is none", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { core } = await open("#/record", { devices: [] });
    await vi.waitFor(() => expect(screen.getByText(/No microphone was found/)).toBeVisible());
    const asked = () => core.calls.filter(({ command }) => command === "devices").length;
    const before = asked();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked()).toBe(before + 2);
    core.answer("devices", { devices: [usb] });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(screen.queryByText(/No microphone/)).toBeNull();
    const then = asked();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked()).toBe(then);
  });
});

describe("what cannot be taken back", () => {
  it("is pressed twice: an account that is set aside", async () => {
    const { core, user } = await open("#/settings/accounts");
    const row = (await screen.findByText("Tomas")).closest("li") as HTMLElement;
    const done = () => core.calls.filter(({ command }) => command === "account_delete");
    await user.click(within(row).getByRole("button", { name: "Set aside" }));
    const sure = within(row).getByRole("button", { name: "Press again to set it aside" });
    expect(sure).toHaveFocus();
    expect(done()).toEqual([]);
    await accessible();
    await user.tab();
    await within(row).findByRole("button", { name: "Set aside" });
    await user.click(within(row).getByRole("button", { name: "Set aside" }));
    core.fail("account_delete", broken);
    await user.click(within(row).getByRole("button", { name: "Press again to set it aside" }));
    await screen.findByText("The notebook did not answer.");
    expect(row).toBeVisible();
    core.fail("account_delete", null);
    await user.dblClick(within(row).getByRole("button", { name: "Set aside" }));
    await screen.findByText(/The notebook itself stays/);
    await waitFor(() => expect(screen.queryByText("Tomas")).toBeNull());
    expect(done().at(-1)?.args).toEqual({ name: "Tomas" });
  });

  it("is pressed twice: a speech model that is removed", async () => {
    const { core, user } = await open("#/settings/speech");
    const row = (await screen.findByText("base.en")).closest("li") as HTMLElement;
    const done = () => core.calls.filter(({ command }) => command === "model_remove");
    await user.click(within(row).getByRole("button", { name: "Remove base.en" }));
    const sure = within(row).getByRole("button", { name: "Press again to remove it" });
    expect(sure).toHaveFocus();
    expect(done()).toEqual([]);
    await accessible();
    await user.tab();
    await user.click(await within(row).findByRole("button", { name: "Remove base.en" }));
    core.fail("model_remove", broken);
    await user.click(within(row).getByRole("button", { name: "Press again to remove it" }));
    await screen.findByText("The notebook did not answer.");
    core.fail("model_remove", null);
    await user.dblClick(within(row).getByRole("button", { name: "Remove base.en" }));
    await within(row).findByRole("button", { name: "Download" });
    expect(done().at(-1)?.args).toEqual({ name: "base.en" });
  });

  it("is pressed twice: a provider's key that is removed", async () => {
    const { core, user } = await open("#/settings/analysis");
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret{Enter}");
    await user.click(await screen.findByRole("button", { name: "Remove key" }));
    expect(screen.getByText("A key is kept in your notebook.")).toBeVisible();
    await accessible();
    await user.tab();
    await user.dblClick(await screen.findByRole("button", { name: "Remove key" }));
    await screen.findByText("No key yet.");
    expect(core.calls.filter(({ command }) => command === "provider_set_key")).toHaveLength(2);
  });
});

describe("what is looked for and what is refused", () => {
  it("says that no server was found, and which one was", async () => {
    const { core, user } = await open("#/settings/analysis");
    const look = await screen.findByRole("button", { name: "Look for local servers" });
    await user.click(look);
    await screen.findByText("No other one was found on this computer.");
    await accessible();
    const { providers } = await core.invoke("providers", {});
    core.answer("provider_probe", {
      providers: providers.map((it) => (it.name === "ollama" ? { ...it, model: "qwen3:4b" } : it)),
    });
    await user.click(look);
    await screen.findByText("Found: Ollama.");
  });

  it("shows the stored setting of the computer again where another was refused", async () => {
    const { core, user } = await open("#/settings/system", {
      failing: { system_settings_set: broken },
    });
    const box = await screen.findByLabelText<HTMLInputElement>("Commands a minute");
    const stored = box.value;
    await user.clear(box);
    await user.type(box, "5");
    await user.tab();
    await screen.findByText("The notebook did not answer.");
    await waitFor(() => expect(box).toHaveValue(Number(stored)));
    const level = screen.getByLabelText<HTMLSelectElement>("Log detail");
    const shown = level.value;
    await user.selectOptions(level, "debug");
    await waitFor(() => expect(level).toHaveValue(shown));
    core.fail("system_settings_set", null);
    await user.selectOptions(level, "debug");
    expect(level).toHaveValue("debug");
    expect(core.calls.at(-1)?.args).toEqual({ key: "log_level", value: "debug" });
  });
});
