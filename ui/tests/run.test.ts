import { beforeEach, describe, expect, it, vi } from "vitest";
import { account } from "$lib/state/account.svelte";
import { accessible, open, screen, waitFor } from "./window";

beforeEach(() => vi.restoreAllMocks());

/** Presses Tab until the element that is wanted has the focus. */
async function tabTo(user: { tab: () => Promise<void> }, name: RegExp) {
  for (let i = 0; i < 60; i++) {
    await user.tab();
    const it = document.activeElement;
    const label = it?.getAttribute("aria-label") ?? "";
    const labelled =
      it instanceof HTMLInputElement
        ? ([...(it.labels ?? [])].map((l) => l.textContent).join() ?? "")
        : "";
    if (name.test(label) || name.test(labelled) || name.test((it?.textContent ?? "").trim()))
      return;
  }
  throw new Error(`the Tab key never reaches ${String(name)}`);
}

describe("the main job, by the keyboard alone", () => {
  it("goes from the first run to a session, its elements, search, lock, and back", async () => {
    const { core, user } = await open("#/", { state: "first_run", more: null });
    const { keyboard } = user;
    await screen.findByRole("heading", { name: /A place to say/ });
    await accessible();
    await tabTo(user, /Make your notebook/);
    await keyboard("{Enter}");
    await waitFor(() => expect(screen.getByLabelText("Your name here")).toHaveFocus());
    await keyboard("Mira");
    await tabTo(user, /^Password$/);
    await keyboard("a quiet morning in june");
    await screen.findByText("Strong");
    await accessible();
    await keyboard("{Enter}");

    await screen.findByRole("heading", { name: "Write this recovery code down" });
    const groups = [...document.querySelectorAll(".code li")].map((it) => it.textContent?.slice(1));
    await accessible();
    await tabTo(user, /I have written it down/);
    await keyboard("{Enter}");
    const asked = await screen.findByLabelText(/type group \d of the code/);
    expect(asked).toHaveFocus();
    await keyboard("NOPE{Enter}");
    await screen.findByText(/That is not what the code says/);
    const n = Number(
      /group (\d)/.exec((asked as HTMLInputElement).labels?.[0]?.textContent ?? "")?.[1],
    );
    await user.clear(asked);
    await keyboard(`${groups[n - 1]}{Enter}`);

    await screen.findByRole("heading", { name: "Say something" });
    await tabTo(user, /Test the microphone/);
    await keyboard("{Enter}");
    await screen.findByText("You can be heard.");
    await accessible();
    await tabTo(user, /Continue/);
    await keyboard("{Enter}");
    await screen.findByRole("heading", { name: "How speech becomes text" });
    await screen.findByText("base.en");
    await accessible();
    await tabTo(user, /Continue/);
    await keyboard("{Enter}");
    await screen.findByRole("radio", { name: /^On this computer/ });
    await accessible();
    await tabTo(user, /^Begin$/);
    await keyboard("{Enter}");

    await screen.findByRole("button", { name: "Start recording" });
    (document.activeElement as HTMLElement | null)?.blur();
    await keyboard("r");
    await screen.findByRole("timer");
    await waitFor(() => expect(document.querySelector(".words")?.textContent).toMatch(/today/));
    await keyboard("r");
    await screen.findByText("Your recording is safe on this computer.");
    await screen.findByRole("article", { name: "Transcript" });

    await keyboard("j");
    expect(document.activeElement).toHaveAttribute("data-note");
    await keyboard("{Enter}");
    const played = core.calls.filter(({ command }) => command === "play").at(-1);
    const element = core.store[0]?.page.session.elements[0];
    expect(played?.args).toMatchObject({ from_ms: element?.evidence[0]?.start_ms });
    (document.activeElement as HTMLElement).blur();
    await keyboard(" ");
    await waitFor(() => expect(core.calls.some(({ command }) => command === "pause")).toBe(true));

    await keyboard("/");
    expect(screen.getByRole("searchbox")).toHaveFocus();
    await keyboard("friendly face{Enter}");
    await screen.findByText("1 match");
    await keyboard("{ArrowDown}");
    expect(document.activeElement).toHaveAttribute("data-hit");
    await keyboard("{Enter}");
    await waitFor(() => expect(window.location.hash).toMatch(/^#\/session\//));

    await keyboard("{Control>}l{/Control}");
    await screen.findByRole("heading", { name: "Mira’s notebook is locked" });
    expect(document.body.textContent).not.toContain("friendly face");
    await accessible();
    await keyboard("wrong{Enter}");
    await screen.findByText("That is not the password of this notebook.");
    await accessible();
    await tabTo(user, /^Password$/);
    await keyboard("a quiet morning in june{Enter}");
    await screen.findByRole("article", { name: "Transcript" });

    await keyboard("{Control>}k{/Control}");
    await screen.findByRole("combobox", { name: /Go to a page/ });
    await accessible();
    await keyboard("sessions{Enter}");
    await screen.findByText("1 session");
    await keyboard("j{Enter}");
    await screen.findByRole("article", { name: "Transcript" });
    await tabTo(user, /More for this session/);
    await keyboard("{Enter}{ArrowUp}{Enter}");
    await screen.findByText("Moved to the bin.");
    await tabTo(user, /^Undo$/);
    await keyboard("{Enter}");
    await screen.findByRole("article", { name: "Transcript" });
    expect(core.store[0]?.deleted_at).toBeNull();
  });
});

describe("keys", () => {
  it("have a sheet that lists every one", async () => {
    const { user } = await open("#/journey");
    await user.keyboard("?");
    await screen.findByRole("dialog", { name: "Keys" });
    for (const name of ["Record, or stop", "Play or pause", "Search", "Lock", "Edit", "Back"])
      expect(screen.getByText(name, { selector: "dd" })).toBeVisible();
    await accessible();
  });

  it("are letters while somebody types", async () => {
    const { core, user } = await open("#/record?write=1");
    await user.type(await screen.findByRole("textbox", { name: "Your words" }), "rejkr?/");
    expect(screen.getByRole("textbox", { name: "Your words" })).toHaveValue("rejkr?/");
    expect(core.calls.some(({ command }) => command === "record_start")).toBe(false);
  });

  it("lead back with Escape", async () => {
    const { user } = await open("#/journey");
    await screen.findByText("Before the talk", { selector: ".title" });
    window.location.hash = "#/bin";
    await screen.findByText("The bin is empty");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(window.location.hash).toBe("#/journey"));
  });
});

describe("signing in", () => {
  it("takes the recovery code", async () => {
    const { user } = await open("#/", { state: "signed_out" });
    await user.click(await screen.findByRole("button", { name: "Use the recovery code" }));
    await user.type(screen.getByLabelText("Recovery code"), "nonsense");
    await user.type(screen.getByLabelText("New password"), "another long sentence");
    await screen.findByText("Strong");
    await accessible();
    await user.click(screen.getByRole("button", { name: "Open my notebook" }));
    await screen.findByText("This is not the recovery code of that notebook.");
    await user.clear(screen.getByLabelText("Recovery code"));
    await user.type(screen.getByLabelText("Recovery code"), "k7qf 2mxt 9hrd w3pa 6zne b8vc j4ls");
    await user.click(screen.getByRole("button", { name: "Open my notebook" }));
    await screen.findByRole("navigation", { name: "Pages" });
  });

  it("says when to try again after too many attempts", async () => {
    const { user } = await open("#/", { state: "signed_out" });
    for (let i = 0; i < 5; i++) {
      await user.type(await screen.findByLabelText("Password"), "wrong{Enter}");
      await screen.findByRole("alert");
    }
    await screen.findByText("Try again in 30 seconds.");
  });

  it.each([
    ["idle", "Locked after a while without use."],
    ["suspend", "Locked because the computer went to sleep."],
  ] as const)("tells why it locked: %s", async (reason, text) => {
    const { core } = await open("#/journey");
    await core.invoke("lock", {});
    core.emit("locked", { reason });
    await screen.findByText(text);
    expect(document.querySelector("[data-session]")).toBeNull();
  });

  it("refuses a weak password before it is tried", async () => {
    const { user } = await open("#/", { state: "first_run" });
    await user.click(await screen.findByRole("button", { name: "Make your notebook" }));
    await user.type(screen.getByLabelText("Your name here"), "Mira");
    await user.type(screen.getByLabelText("Password"), "short");
    await screen.findByText(/Add another word or two/);
    expect(screen.getByRole("button", { name: "Create" })).toBeDisabled();
  });

  it("brings a backup back before there is any notebook", async () => {
    const { core, user } = await open("#/", { state: "first_run", more: null });
    await user.click(await screen.findByText("Restore a backup"));
    await user.type(screen.getByLabelText("Passphrase for the file"), "wrong");
    await user.click(screen.getByRole("button", { name: "Choose the backup" }));
    await screen.findByText("The passphrase does not open this file.");
    await accessible();
    await user.clear(screen.getByLabelText("Passphrase for the file"));
    await user.type(
      screen.getByLabelText("Passphrase for the file"),
      "four uncommon words suffice",
    );
    await user.click(screen.getByRole("button", { name: "Choose the backup" }));
    await screen.findByRole("heading", { name: "Welcome back" });
    await screen.findByText("Mira is here again. Sign in with the password of that time.");
    expect(core.calls.filter((it) => it.command === "restore")).toHaveLength(2);
  });

  it("lets one look around first, and leave again", async () => {
    const { user } = await open("#/", { state: "first_run", more: null });
    await user.click(await screen.findByRole("button", { name: "Look around first" }));
    await screen.findByText("You are looking at the sample notebook.");
    await screen.findByText("Before the talk", { selector: ".title" });
    await accessible();
    await user.click(screen.getByRole("button", { name: "Leave it" }));
    await screen.findByRole("heading", { name: /A place to say/ });
    expect(account.state?.state).toBe("first_run");
  });

  it("says so when the core does not answer", async () => {
    const { core, user } = await open("#/", {
      failing: {
        account_state: { code: "internal", message: "the vault could not be opened", hint: null },
      },
    });
    await screen.findByText("The vault could not be opened.");
    await accessible();
    core.fail("account_state", null);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("navigation", { name: "Pages" });
  });
});
