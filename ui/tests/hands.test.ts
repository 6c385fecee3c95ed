import { within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { call } from "$lib/api";
import { id } from "$lib/api/mock/notebook";
import { toasts } from "$lib/state/toasts.svelte";
import { open, screen, waitFor } from "./window";

const first = id(1);

describe("What was done", () => {
  it("is taken back by a key, also when nothing on the page offers it any more", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: "More: Nervousness" }));
    await user.click(screen.getByRole("menuitem", { name: "Not me" }));
    await screen.findByText("Marked as not yours. It stays away in later analyses.");
    for (const { id: told } of toasts.all) toasts.dismiss(told);
    toasts.all = [];
    await waitFor(() => expect(screen.queryByRole("button", { name: "Undo" })).toBeNull());
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(() =>
      expect(core.calls.map(({ command }) => command)).toContain("element_restore"),
    );
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    // Once: a second press takes back nothing else.
    const calls = core.calls.length;
    await user.keyboard("{Control>}z{/Control}");
    expect(core.calls.length).toBe(calls);
  });

  it("in a field is taken back by the field itself", async () => {
    const { core, user } = await open("#/threads");
    await user.click(await screen.findByRole("button", { name: "Not the same" }));
    await screen.findByRole("button", { name: "Undo" });
    await user.click(screen.getByRole("searchbox"));
    await user.keyboard("x{Control>}z{/Control}");
    expect(core.calls.map(({ command }) => command)).not.toContain("thread_undo");
  });

  it("offers one Undo for what only takes back the newest decision", () => {
    toasts.clear();
    const undone: string[] = [];
    toasts.tell("First.", { label: "Undo", run: () => undone.push("first") }, "threads");
    toasts.tell("Elsewhere.", { label: "Undo", run: () => undone.push("elsewhere") });
    toasts.tell("Second.", { label: "Undo", run: () => undone.push("second") }, "threads");
    expect(toasts.all.map(({ text }) => text)).toEqual(["Elsewhere.", "Second."]);
    toasts.undo();
    toasts.undo();
    expect(undone).toEqual(["second"]);
    toasts.clear();
  });
});

describe("Escape", () => {
  it("leaves the field first, and the page only then", async () => {
    const { user } = await open("#/sessions");
    await screen.findByText("An evening with Jonas");
    await user.click(screen.getByRole("link", { name: "Privacy" }));
    const box = await screen.findByRole("textbox", { name: "Name or place" });
    await user.type(box, "Jonas{Escape}");
    expect(window.location.hash).toBe("#/privacy");
    expect(box).toHaveValue("Jonas");
    expect(document.activeElement).toBe(document.body);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(window.location.hash).toBe("#/sessions"));
  });
});

describe("A dialog", () => {
  it.each([
    ["Keys", "?"],
    ["Commands", "{Control>}k{/Control}"],
  ])("gives the focus back where it took it: %s", async (name, chord) => {
    const { user } = await open("#/journey");
    const entry = await screen.findByRole("button", { name: "Lock" });
    entry.focus();
    await user.keyboard(chord);
    const dialog = await screen.findByRole("dialog");
    const close = within(dialog).queryByRole("button", { name: "Close" });
    if (close) await user.click(close);
    else await user.click(dialog);
    await waitFor(() => expect(screen.queryByRole("dialog"), name).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(entry));
  });

  it("is no hindrance to locking", async () => {
    const { core, user } = await open("#/journey");
    await screen.findByRole("button", { name: "Lock" });
    await user.keyboard("?");
    await screen.findByRole("dialog");
    await user.keyboard("{Control>}l{/Control}");
    await screen.findByRole("button", { name: "Unlock" });
    expect(core.calls.map(({ command }) => command)).toContain("lock");
  });
});

async function makeNotebook(user: UserEvent) {
  await user.click(await screen.findByRole("button", { name: "Make a new notebook" }));
  await user.type(await screen.findByRole("textbox", { name: "Your name here" }), "Noa");
  await user.type(screen.getByLabelText("Password"), "seven kind herons waded home");
  const make = screen.getByRole("button", { name: "Create" });
  await waitFor(() => expect(make).toBeEnabled());
  await user.click(make);
}

describe("A locked window", () => {
  it("signs out who locked it before somebody makes a notebook, who then is the one here", async () => {
    const { core, user } = await open("#/journey", { state: "locked" });
    await makeNotebook(user);
    await user.click(await screen.findByRole("button", { name: "I have written it down" }));
    const commands = core.calls.map(({ command }) => command);
    expect(commands.indexOf("sign_out")).toBeGreaterThan(-1);
    expect(commands.indexOf("sign_out")).toBeLessThan(commands.indexOf("account_create"));
  });

  it("ends a first run that it came over", async () => {
    const { user } = await open("#/journey", { state: "signed_out" });
    await makeNotebook(user);
    await screen.findByRole("button", { name: "I have written it down" });
    await call("lock");
    await screen.findByRole("button", { name: "Unlock" });
  });

  it("says what was asked of it from outside and cannot be done", async () => {
    const { core } = await open("#/journey", { state: "locked" });
    await screen.findByRole("button", { name: "Unlock" });
    core.emit("notice", { code: "not_signed_in", message: "the notebook is locked", hint: null });
    await screen.findByText("The notebook is locked.");
  });
});

describe("What nobody waited for", () => {
  it("is said when it failed", async () => {
    await open("#/journey");
    await screen.findByRole("button", { name: "Lock" });
    const event = new Event("unhandledrejection");
    Object.assign(event, { reason: { code: "internal", message: "it broke", hint: null } });
    window.dispatchEvent(event);
    await screen.findByText("It broke.");
  });
});

describe("Record", () => {
  it("in the rail leads from what was made to the microphone again, and Write to a new text", async () => {
    const { user } = await open("#/record?write=1");
    const write = async (words: string) => {
      await user.type(await screen.findByRole("textbox", { name: "Your words" }), words);
      await user.click(screen.getByRole("button", { name: "Keep this" }));
      await screen.findByRole("article", { name: "Transcript" });
    };
    await write("A quiet day.");
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("Write{Enter}");
    await write("And another.");
    await user.click(screen.getByRole("link", { name: "Record" }));
    await screen.findByRole("button", { name: "Start recording" });
    expect(window.location.hash).toBe("#/record");
  });
});
