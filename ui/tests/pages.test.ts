import { fireEvent, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { tick } from "svelte";
import { describe, expect, it, vi } from "vitest";
import type { Mock, MockOptions } from "$lib/api/mock";
import { id, session } from "$lib/api/mock/notebook";
import type { BackupDone } from "$lib/api";
import { Failure, type Command } from "$lib/api/transport";
import { player } from "$lib/state/player.svelte";
import { Draft } from "$lib/state/draft.svelte";
import { router } from "$lib/state/router.svelte";
import { accessible, now, open, screen, waitFor } from "./window";

const broken = {
  code: "internal",
  message: "the notebook did not answer",
  hint: "Start the app again.",
} as const;
const first = id(1);

/** Each page, what it asks first, and what it shows of the sample notebook and of an empty one. */
const pages: {
  name: string;
  hash: string;
  asks: Command;
  many: RegExp;
  empty: RegExp | null;
  /** Where what it asks first is shown in another section. */
  whole?: boolean;
}[] = [
  {
    name: "journey",
    hash: "#/journey",
    asks: "calendar",
    many: /Before the talk/,
    empty: /Your journey starts/,
  },
  {
    name: "sessions",
    hash: "#/sessions",
    asks: "sessions",
    many: /An evening with Jonas/,
    empty: /Nothing here yet/,
  },
  {
    name: "session",
    hash: `#/session/${first}`,
    asks: "session",
    many: /Nervousness/,
    empty: null,
  },
  {
    name: "record",
    hash: "#/record",
    asks: "devices",
    many: /Write instead/,
    empty: /Write instead/,
  },
  {
    name: "search",
    hash: "#/search?q=garden",
    asks: "search",
    many: /matches/,
    empty: /Nothing matches/,
  },
  {
    name: "bin",
    hash: "#/bin",
    asks: "bin_list",
    many: /The bin is empty/,
    empty: /The bin is empty/,
  },
  {
    name: "privacy",
    hash: "#/privacy",
    asks: "ledger",
    many: /api.openai.com/,
    empty: /Nothing has ever left/,
  },
  {
    name: "look",
    hash: "#/settings/look",
    asks: "devices",
    many: /Theme/,
    empty: /Theme/,
    whole: true,
  },
  {
    name: "recording settings",
    hash: "#/settings/recording",
    asks: "devices",
    many: /Keep audio/,
    empty: null,
  },
  {
    name: "speech settings",
    hash: "#/settings/speech",
    asks: "models",
    many: /148 MB/,
    empty: null,
  },
  {
    name: "analysis settings",
    hash: "#/settings/analysis",
    asks: "providers",
    many: /Ollama/,
    empty: null,
  },
  {
    name: "words",
    hash: "#/settings/words",
    asks: "taxonomy_nodes",
    many: /Gratitude/,
    empty: null,
  },
  {
    name: "threads",
    hash: "#/threads",
    asks: "threads",
    many: /Are these the same/,
    empty: /Nothing has come up twice yet/,
  },
  {
    name: "care settings",
    hash: "#/settings/care",
    asks: "devices",
    many: /Offer help lines/,
    empty: null,
    whole: true,
  },
  {
    name: "account settings",
    hash: "#/settings/account",
    asks: "devices",
    many: /Change password/,
    empty: null,
    whole: true,
  },
  { name: "health", hash: "#/settings/health", asks: "doctor", many: /182 GB free/, empty: null },
  {
    name: "accounts",
    hash: "#/settings/accounts",
    asks: "accounts_list",
    many: /Tomas/,
    empty: null,
  },
  {
    name: "system",
    hash: "#/settings/system",
    asks: "system_settings_get",
    many: /Allowed hosts/,
    empty: null,
  },
  { name: "log", hash: "#/settings/audit", asks: "audit", many: /account create/, empty: null },
  { name: "help", hash: "#/help", asks: "crisis_help", many: /A listening line/, empty: null },
];
const shown = (text: RegExp) =>
  waitFor(() => expect(document.querySelector("main")?.textContent).toMatch(text));

describe.each(pages)("$name", ({ hash, asks, many, empty, whole = false }) => {
  it.each(["light", "dark"] as const)("is accessible in the %s theme", async (theme) => {
    await open(hash, { settings: { theme } });
    await shown(many);
    expect(document.documentElement.dataset["theme"]).toBe(theme);
    await accessible();
  });

  it("says what went wrong, and tries again", async () => {
    const { core, user } = await open(hash, { failing: { [asks]: broken } });
    if (whole) {
      // What failed is no part of this page: it is there as ever, and says nothing of it.
      await shown(many);
      await waitFor(() => expect(core.calls.some((it) => it.command === asks)).toBe(true));
      expect(screen.queryByText("The notebook did not answer.")).toBeNull();
      await accessible();
      return;
    }
    const alert = await screen.findAllByText("The notebook did not answer.");
    expect(alert.length).toBeGreaterThan(0);
    expect(screen.getAllByText("Start the app again.").length).toBeGreaterThan(0);
    core.fail(asks, null);
    const again = screen.getAllByRole("button", { name: "Try again" });
    for (const button of again) await user.click(button);
    await shown(many);
    await accessible();
  });

  it("keeps still while it waits", async () => {
    await open(hash, { hanging: [asks] });
    await waitFor(() => expect(screen.getByRole("main")).toBeVisible());
    await accessible();
  });

  if (empty !== null)
    it("teaches when there is nothing yet", async () => {
      await open(hash, { more: null });
      await shown(empty);
      await accessible();
    });
});

it("a skeleton comes only after 300 ms", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await open("#/journey", { hanging: ["calendar"] });
  vi.advanceTimersByTime(299);
  await tick();
  expect(document.querySelector(".skeleton")).toBeNull();
  vi.advanceTimersByTime(1);
  await tick();
  expect(document.querySelector(".skeleton")).not.toBeNull();
});

/** Opens one session that is made for the test. */
async function one(sample: Partial<Parameters<typeof session>[0]>, options: MockOptions = {}) {
  const opened = await open("#/journey", { more: null, ...options });
  opened.core.store.unshift(
    session(
      {
        ago: 0,
        hour: 9,
        title: "One",
        source: "microphone",
        text: ["I feel calm."],
        elements: [],
        ...sample,
      },
      77,
      now(),
    ),
  );
  return opened;
}
const go = (hash: string) => {
  window.location.hash = hash;
};

describe("texts of all kinds", () => {
  const long = "unbrokenword".repeat(60);
  it.each([
    ["a long title without a space", { title: long, text: [`${long}. I feel calm.`] }],
    ["Hebrew", { title: "יום ארוך", text: ["היום הרגשתי רגוע. מחר אתקשר לאמא."] }],
    ["Arabic and English", { title: "يوم هادئ", text: ["شعرت بالهدوء today. ثم نمت."] }],
    ["Japanese", { title: "雨の朝", text: ["今日は雨だった。静かな気持ちだ。"] }],
    ["markup", { title: "<b>bold</b>", text: ["I wrote <script>alert(1)</script> & went on."] }],
    ["emoji", { title: "🌧", text: ["It rained 🌧🌧 all day. I feel calm 🙂."] }],
  ])("%s is shown as it was said", async (_, sample) => {
    await one(sample);
    go(`#/session/${id(77)}`);
    const article = await screen.findByRole("article", { name: "Transcript" });
    expect(article.textContent).toContain(sample.text[0]);
    expect(article.querySelectorAll("script, b")).toHaveLength(0);
    for (const paragraph of article.querySelectorAll("p"))
      expect(paragraph).toHaveAttribute("dir", "auto");
    expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent(sample.title);
    await accessible();
    go("#/sessions");
    await screen.findByText(sample.title);
    await accessible();
  });
});

describe("what is typed and not kept yet", () => {
  const box = (name: string) => screen.findByRole<HTMLTextAreaElement>("textbox", { name });
  const kept = (core: Mock, session: string | null) =>
    core.invoke("draft_get", { session }).then((draft) => draft?.text ?? null);
  const unlock = async (core: Mock, user: UserEvent) => {
    await user.type(await screen.findByLabelText("Password"), "a quiet morning in june{Enter}");
    await screen.findByRole("navigation", { name: "Pages" });
    expect(core.calls.some(({ command }) => command === "sign_in")).toBe(true);
  };
  /** As the core locks a window that nobody uses. */
  const lockItself = async (core: Mock) => {
    await core.invoke("lock", {});
    await screen.findByLabelText("Password");
  };

  it("stays when Escape is pressed, and an empty page is left by it", async () => {
    const { user } = await open("#/journey");
    await screen.findByText("Before the talk", { selector: ".title" });
    go("#/record?write=1");
    await user.type(await box("Your words"), "I wrote.{Escape}");
    expect(await box("Your words")).toHaveValue("I wrote.");
    await user.clear(await box("Your words"));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(window.location.hash).toBe("#/journey"));
  });

  it("stays when Escape is pressed on the page with which the window opened", async () => {
    const { user } = await open("#/record?write=1");
    await user.type(await box("Your words"), "I wrote.{Escape}");
    await accessible();
    expect(await box("Your words")).toHaveValue("I wrote.");
  });

  /** The core takes its time for every one of these commands until it is let go. */
  const holding = (core: Mock, held: Command) => {
    const invoke = core.invoke.bind(core);
    let letGo = (): void => undefined;
    const free = new Promise<void>((resolve) => (letGo = resolve));
    core.invoke = (async (command: Command, args: never) => {
      if (command === held) await free;
      return invoke(command, args);
    }) as typeof core.invoke;
    return letGo;
  };

  it("never comes to the next account, however long the core kept it waiting", async () => {
    const { core, user } = await open("#/record?write=1");
    const invoke = core.invoke.bind(core);
    const sent: string[] = [];
    let letGo = (): void => undefined;
    const free = new Promise<null>((resolve) => (letGo = () => resolve(null)));
    core.invoke = (async (command: Command, args: never) => {
      if (command === "draft_set") sent.push((args as { text: string }).text);
      if (sent.length === 1 && command === "draft_set") return free;
      const answer = await invoke(command, args);
      const tomas = { id: id(2), name: "Tomas", role: "regular" };
      return command === "sign_in" ? { ...(answer as object), account: tomas } : answer;
    }) as typeof core.invoke;
    await fireEvent.input(await box("Your words"), { target: { value: "Mine" } });
    await waitFor(() => expect(sent).toEqual(["Mine"]));
    await fireEvent.input(await box("Your words"), { target: { value: "Mine alone" } });
    await fireEvent.blur(await box("Your words"));
    await lockItself(core);
    await unlock(core, user);
    letGo();
    go("#/record?write=1");
    await fireEvent.input(await box("Your words"), { target: { value: "Theirs" } });
    await waitFor(() => expect(sent).toContain("Theirs"));
    expect(sent).toEqual(["Mine", "Theirs"]);
  });

  it("is looked for once all of it has arrived", async () => {
    const { core } = await open("#/record?write=1");
    const letGo = holding(core, "draft_set");
    await fireEvent.input(await box("Your words"), { target: { value: "I wrote." } });
    go("#/bin");
    await screen.findByText("The bin is empty");
    go("#/record?write=1");
    expect(await box("Your words")).toHaveValue("");
    letGo();
    await screen.findByText("Taken up where you left it.");
    expect(await box("Your words")).toHaveValue("I wrote.");
  });

  it("is not typed over while it cannot be read", async () => {
    const { core, user } = await open("#/bin");
    await core.invoke("draft_set", { session: null, revision: null, title: "", text: "Left." });
    const edit = { session: first, revision: 1, title: "", text: "An edit." };
    await core.invoke("draft_set", edit);
    core.fail("draft_get", broken);
    go("#/record?write=1");
    await screen.findByText("The notebook did not answer.");
    await user.type(await box("Your words"), "Over it.");
    expect(await box("Your words")).toHaveValue("");
    await accessible();
    core.fail("draft_get", null);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("Taken up where you left it.");
    await user.type(await box("Your words"), " More.");
    expect(await box("Your words")).toHaveValue("Left. More.");

    core.fail("draft_get", broken);
    go(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await screen.findByText("The notebook did not answer.");
    expect(screen.queryByRole("textbox", { name: "Transcript" })).toBeNull();
    core.fail("draft_get", null);
    expect(await kept(core, first)).toBe("An edit.");
    await user.keyboard("e");
    expect(await box("Transcript")).toHaveValue("An edit.");
  });

  it("typed before it turned out that nothing can be read is added to what was left", async () => {
    const { core } = await open("#/bin");
    await core.invoke("draft_set", { session: null, revision: null, title: "", text: "Left." });
    core.fail("draft_get", broken);
    const letters = new Draft(null);
    const read = letters.load();
    letters.set("", "a");
    await expect(read).rejects.toThrow();
    await letters.flush();
    core.fail("draft_get", null);
    expect(await kept(core, null)).toBe("Left.");
    letters.end();
    await waitFor(async () => expect(await kept(core, null)).toBe("Left.\n\na"));
  });

  it("is stored anew where the core does not have it any more", async () => {
    const { core } = await open("#/bin");
    const draft = new Draft(first);
    draft.set("", "The same.", 1);
    await draft.flush();
    await core.invoke("draft_set", { session: first, revision: null, title: "", text: "" });
    expect(await draft.load()).toBeNull();
    draft.set("", "The same.", 1);
    await draft.flush();
    expect(await kept(core, first)).toBe("The same.");
    draft.end();
  });

  it("is there again after another page, and can be discarded and brought back", async () => {
    const { core, user } = await open("#/record?write=1");
    await user.type(await box("Your words"), "I wrote.");
    await user.type(screen.getByRole("textbox", { name: "Title" }), "Tuesday");
    go("#/bin");
    await screen.findByText("The bin is empty");
    go("#/record?write=1");
    await screen.findByText("Taken up where you left it.");
    expect(await box("Your words")).toHaveValue("I wrote.");
    expect(screen.getByRole("textbox", { name: "Title" })).toHaveValue("Tuesday");
    await accessible();
    await user.click(screen.getByRole("button", { name: "Discard" }));
    expect(await box("Your words")).toHaveValue("");
    await waitFor(async () => expect(await kept(core, null)).toBeNull());
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(await box("Your words")).toHaveValue("I wrote.");
    await user.click(screen.getByRole("button", { name: "Keep this" }));
    await waitFor(() =>
      expect(core.store.some(({ page }) => page.session.title === "Tuesday")).toBe(true),
    );
    expect(await kept(core, null)).toBeNull();
    go("#/bin");
    await screen.findByText("The bin is empty");
    expect(await kept(core, null)).toBeNull();
  });

  it("is there again after the window locked itself, and none of it is in the locked one", async () => {
    const { core, user } = await open("#/record?write=1");
    await user.type(await box("Your words"), "Private");
    // What was typed before the blur was sent by then, as with the lid or the tray.
    await fireEvent.blur(await box("Your words"));
    await waitFor(async () => expect(await kept(core, null)).toBe("Private"));
    await lockItself(core);
    expect(document.body.innerHTML).not.toContain("Private");
    await unlock(core, user);
    await screen.findByText("Taken up where you left it.");
    expect(await box("Your words")).toHaveValue("Private");
  });

  it("is offered as soon as one comes back to the microphone", async () => {
    const { user } = await open("#/record", { delay: 5 });
    await user.click(await screen.findByRole("button", { name: "Write instead" }));
    await user.type(await box("Your words"), "I wrote.");
    await user.click(screen.getByRole("button", { name: "Speak instead" }));
    await user.click(await screen.findByRole("button", { name: "Go on writing" }));
    await waitFor(async () => expect(await box("Your words")).toHaveValue("I wrote."));
  });

  it("is sent to the last letter before a key locks the window", async () => {
    const { core, user } = await open("#/record?write=1", { delay: 5 });
    await user.type(await box("Your words"), "To the last letter{Control>}l{/Control}");
    await screen.findByLabelText("Password");
    const lock = core.calls.findIndex(({ command }) => command === "lock");
    const sent = core.calls.slice(0, lock).filter(({ command }) => command === "draft_set");
    expect(sent.at(-1)?.args).toMatchObject({ text: "To the last letter" });
    await unlock(core, user);
    expect(await kept(core, null)).toBe("To the last letter");
  });

  it("tells the core with the first letter that somebody is here, then once a second", async () => {
    const { core } = await open("#/record?write=1");
    const words = await box("Your words");
    vi.useFakeTimers();
    const sent = () => core.calls.filter(({ command }) => command === "draft_set").length;
    const type = async (value: string) => {
      await fireEvent.input(words, { target: { value } });
      await vi.advanceTimersByTimeAsync(0);
    };
    await type("a");
    expect(sent()).toBe(1);
    await type("ab");
    await type("abc");
    expect(sent()).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toBe(2);
    expect(await kept(core, null)).toBe("abc");
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent()).toBe(2);
  });

  it("is added to what was left where somebody types before that is there", async () => {
    const { core, user } = await open("#/record", { delay: 5 });
    await core.invoke("draft_set", { session: null, revision: null, title: "T", text: "Left." });
    go("#/record?write=1");
    await fireEvent.input(await box("Your words"), { target: { value: "a" } });
    go("#/bin");
    await screen.findByText("The bin is empty");
    await waitFor(async () => expect(await kept(core, null)).toBe("Left.\n\na"));
    go("#/record?write=1");
    await fireEvent.input(await box("Your words"), { target: { value: "b" } });
    await screen.findByText("Taken up where you left it.");
    expect(await box("Your words")).toHaveValue("Left.\n\na\n\nb");
    await user.click(screen.getByRole("button", { name: "Discard" }));
    await waitFor(async () => expect(await kept(core, null)).toBeNull());
  });

  it("says so when the core cannot keep it, and tries again", async () => {
    const { core, user } = await open("#/record?write=1", { failing: { draft_set: broken } });
    await user.type(await box("Your words"), "a");
    await screen.findByText("The notebook did not answer.");
    core.fail("draft_set", null);
    await waitFor(async () => expect(await kept(core, null)).toBe("a"));
    await waitFor(() => expect(screen.queryByText("The notebook did not answer.")).toBeNull());
  });

  it("becomes one session when it is kept twice at once", async () => {
    const { core, user } = await open("#/record?write=1", { delay: 20 });
    const twice = "{Control>}{Enter}{Enter}{/Control}";
    await user.type(await box("Your words"), `Once.${twice}`);
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Your words" })).toBeNull());
    expect(core.calls.filter(({ command }) => command === "write")).toHaveLength(1);
  });

  it("of a session's text stays through Escape, another page and a lock", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await box("Transcript");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Transcript" })).toBeNull());
    expect(await kept(core, first)).toBeNull();

    await user.keyboard("e");
    await user.type(await box("Transcript"), " Added.{Escape}");
    const typed = (await box("Transcript")).value;
    expect(typed).toMatch(/ Added\.$/);
    go("#/bin");
    await screen.findByText("The bin is empty");
    await lockItself(core);
    await unlock(core, user);
    go(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await screen.findByText("Taken up where you left it.");
    expect(await box("Transcript")).toHaveValue(typed);
    await accessible();
    await user.click(screen.getByRole("button", { name: "Discard" }));
    await waitFor(async () => expect(await kept(core, first)).toBeNull());
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await user.click(await screen.findByRole("button", { name: "Save this version" }));
    await screen.findByText(/^Saved as a new version/);
    expect(await kept(core, first)).toBeNull();
  });

  it("of a session's text is discarded without what was begun elsewhere", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await core.invoke("draft_set", { session: null, revision: null, title: "", text: "Begun." });
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await user.type(await box("Transcript"), " Added.");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(async () => expect(await kept(core, first)).toBeNull());
    expect(await kept(core, null)).toBe("Begun.");
    const emptied = core.calls.findLast(({ command }) => command === "draft_set");
    expect(emptied?.args).toMatchObject({ session: first, revision: 1, text: "" });
  });

  it("comes back beside what was typed since it was discarded", async () => {
    const { core, user } = await open("#/bin");
    await core.invoke("draft_set", { session: null, revision: null, title: "T", text: "Before." });
    go("#/record?write=1");
    await user.click(await screen.findByRole("button", { name: "Discard" }));
    await user.type(await box("Your words"), "Since.");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(await box("Your words")).toHaveValue("Before.\n\nSince.");
    expect(screen.getByRole("textbox", { name: "Title" })).toHaveValue("T");
    await waitFor(async () => expect(await kept(core, null)).toBe("Before.\n\nSince."));
  });

  it("comes back into the page that was opened since, and behind what is stored", async () => {
    const { core, user } = await open("#/bin");
    const again = async () => {
      go("#/bin");
      await screen.findByText("The bin is empty");
    };
    await core.invoke("draft_set", { session: null, revision: null, title: "", text: "One." });
    go("#/record?write=1");
    await user.click(await screen.findByRole("button", { name: "Discard" }));
    await again();
    go("#/record?write=1");
    await user.type(await box("Your words"), "Two.");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(await box("Your words")).toHaveValue("One.\n\nTwo.");
    await again();
    go("#/record?write=1");
    await user.click(await screen.findByRole("button", { name: "Discard" }));
    await again();
    await core.invoke("draft_set", { session: null, revision: null, title: "", text: "Three." });
    core.fail("draft_get", broken);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await screen.findByText("The notebook did not answer.");
    core.fail("draft_get", null);
    // It could not be brought back, and is offered still.
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(async () => expect(await kept(core, null)).toBe("Three.\n\nOne.\n\nTwo."));
  });

  it("of a session's text comes back beside an edit that was begun since", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    const edit = async (value: string) => {
      await user.keyboard("e");
      await fireEvent.input(await box("Transcript"), { target: { value } });
    };
    await edit("Before.");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await edit("Since.");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(async () => expect(await box("Transcript")).toHaveValue("Before.\n\nSince."));
    await waitFor(async () => expect(await kept(core, first)).toBe("Before.\n\nSince."));
  });

  it("stays where an edit is taken back that was saved before it was begun", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    const text = () => core.store.find(({ page }) => page.session.id === first)?.page.session;
    const before = text()?.transcript?.text ?? "";
    const edit = async (value: string) => {
      await user.keyboard("e");
      await fireEvent.input(await box("Transcript"), { target: { value } });
    };
    await edit("Saved.");
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText(/^Saved as a new version/);
    await edit("Begun since.");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(text()?.transcript?.text).toBe(before));
    expect(await kept(core, first)).toBe("Begun since.");
    expect(await box("Transcript")).toHaveValue("Begun since.");
  });

  it("an edit that was opened and not touched is of the text that was brought back", async () => {
    const { user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    const before = (await box("Transcript")).value;
    await fireEvent.input(await box("Transcript"), { target: { value: "Saved." } });
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText(/^Saved as a new version/);
    await user.keyboard("e");
    expect(await box("Transcript")).toHaveValue("Saved.");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(async () => expect(await box("Transcript")).toHaveValue(before));
  });

  it("does not come back once what replaced it was kept without the core hearing of it", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await fireEvent.input(await box("Transcript"), { target: { value: "Half" } });
    await waitFor(async () => expect(await kept(core, first)).toBe("Half"));
    core.fail("draft_set", broken);
    await fireEvent.input(await box("Transcript"), { target: { value: "Whole." } });
    await fireEvent.blur(await box("Transcript"));
    await screen.findByText("The notebook did not answer.");
    core.fail("draft_set", null);
    const invoke = core.invoke.bind(core);
    let saved = false;
    core.invoke = (async (command: Command, args: never) => {
      if (command === "transcript_edit") saved = true;
      // The core does not hear of it before the text is kept.
      if (command === "draft_set" && !saved) throw new Failure(broken);
      return invoke(command, args);
    }) as typeof core.invoke;
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText(/^Saved as a new version/);
    await waitFor(async () => expect(await kept(core, first)).toBeNull());
  });

  it("is sent to the last letter before one signs out", async () => {
    const { core, user } = await open("#/settings/account");
    const draft = new Draft(null);
    const letGo = holding(core, "draft_set");
    draft.set("", "To the last");
    draft.set("", "To the last letter");
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    letGo();
    await screen.findByLabelText("Password");
    const out = core.calls.findIndex(({ command }) => command === "sign_out");
    const sent = core.calls.slice(0, out).filter(({ command }) => command === "draft_set");
    expect(sent.at(-1)?.args).toMatchObject({ text: "To the last letter" });
  });

  it("does not replace what a session's text became meanwhile, unless one wants it", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    await user.type(await box("Transcript"), " Mine.");
    const typed = (await box("Transcript")).value;
    const stored = core.store.find(({ page }) => page.session.id === first)?.page.session;
    if (!stored?.transcript) throw new Error("the sample has a text");
    stored.transcript = { ...stored.transcript, revision: 2, text: "A part came after all." };
    core.emit("session_changed", { id: first });
    await waitFor(() =>
      expect(core.calls.filter(({ command }) => command === "session").length).toBeGreaterThan(1),
    );
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText("The text has changed since you began. Yours is still here.");
    const edits = () => core.calls.filter(({ command }) => command === "transcript_edit");
    expect(edits().at(-1)?.args).toMatchObject({ revision: 1 });
    expect(stored.transcript.text).toBe("A part came after all.");
    expect(await box("Transcript")).toHaveValue(typed);
    await accessible();
    await user.click(screen.getByRole("button", { name: "Replace it with mine" }));
    await waitFor(() => expect(stored.transcript).toMatchObject({ revision: 3, text: typed }));
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(stored.transcript?.text).toBe("A part came after all."));
  });
});

describe("a session", () => {
  it("lights an element and its words both ways", async () => {
    const { user } = await open(`#/session/${first}`);
    const note = await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    const words = await screen.findByText(
      "I am scared that I will lose the thread in front of everyone",
    );
    note.focus();
    await waitFor(() => expect(words).toHaveClass("lit"));
    await user.hover(screen.getByText("I slept maybe five hours"));
    await waitFor(() =>
      expect(
        screen.getByRole("button", { name: /^Challenge: Sleeping badly/ }).closest(".note"),
      ).toHaveClass("lit"),
    );
    expect(words).not.toHaveClass("lit");
  });

  it("plays exactly the seconds that an element rests on", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: /^Emotion: Nervousness/ }));
    const element = core.store
      .flatMap(({ page }) => page.session.elements)
      .find((it) => it.label === "Nervousness");
    const played = core.calls.filter(({ command }) => command === "play").at(-1);
    expect(played?.args).toEqual({
      id: first,
      from_ms: element?.evidence[0]?.start_ms,
      to_ms: element?.evidence[0]?.end_ms,
    });
  });

  it("says what is a guess and what was repaired", async () => {
    await open(`#/session/${first}`);
    const note = await screen.findByRole("button", { name: /^Action: Look at one friendly face/ });
    expect(note).toHaveTextContent("a guess");
    expect(note).toHaveTextContent("repaired");
    expect(note).toHaveAccessibleDescription(/Confidence 48 %.*slightly changed/);
  });

  it.each([
    ["Not me", "element_not_me"],
    ["Delete", "element_delete"],
  ])("takes “%s” back", async (choice, command) => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: "More: Nervousness" }));
    await user.click(screen.getByRole("menuitem", { name: choice }));
    await waitFor(() =>
      expect(screen.queryByRole("button", { name: /^Emotion: Nervousness/ })).toBeNull(),
    );
    expect(core.calls.some((it) => it.command === command)).toBe(true);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
  });

  it("corrects an element", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: /^More: The fear gets smaller/ }));
    await user.click(screen.getByRole("menuitem", { name: "Correct" }));
    const dialog = await screen.findByRole("dialog", { name: "Correct" });
    await user.selectOptions(within(dialog).getByLabelText("Kind"), "Belief");
    const label = within(dialog).getByLabelText("Label");
    await user.clear(label);
    await user.type(label, "Beginning helps");
    await accessible();
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    await screen.findByRole("button", { name: /^Belief: Beginning helps/ });
    expect(core.calls.find((it) => it.command === "element_correct")?.args).toMatchObject({
      kind: "belief",
      label: "Beginning helps",
      taxonomy: null,
    });
  });

  it("begins an edit in the text", async () => {
    const { user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Edit transcript" }));
    const box = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Transcript" });
    await waitFor(() => expect(document.activeElement).toBe(box));
    // At its beginning: at the end a long text would stand scrolled away from where it begins.
    expect([box.selectionStart, box.selectionEnd]).toEqual([0, 0]);
  });

  it("edits the transcript as a new version, and keeps the text when that fails", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    await user.keyboard("e");
    const box = await screen.findByRole("textbox", { name: "Transcript" });
    await user.type(box, " Added.");
    core.fail("transcript_edit", broken);
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText("The notebook did not answer.");
    expect(screen.getByRole("textbox", { name: "Transcript" })).toHaveValue(
      `${core.store.find(({ page }) => page.session.id === first)?.page.session.transcript?.text} Added.`,
    );
    core.fail("transcript_edit", null);
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await waitFor(() =>
      expect(screen.getByRole("article", { name: "Transcript" }).textContent).toContain("Added."),
    );
  });

  it("tells what an edit did to its elements, and takes the edit back", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await screen.findByRole("button", { name: /^Emotion: Nervousness/ });
    const stored = core.store.find(({ page }) => page.session.id === first)?.page.session;
    const before = stored?.transcript?.text ?? "";
    const gone = stored?.elements[0]?.evidence[0]?.quote ?? "";
    await user.keyboard("e");
    const box = await screen.findByRole("textbox", { name: "Transcript" });
    await fireEvent.input(box, { target: { value: before.replace(gone, "Nothing") } });
    await user.click(screen.getByRole("button", { name: "Save this version" }));
    await screen.findByText(
      /^Saved as a new version: \d+ elements keep their words, 1 is gone with its words\.$/,
    );
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(stored?.transcript).toMatchObject({ text: before, revision: 3 }));
  });

  it("shows its holes, and retries one", async () => {
    const { core, user } = await open(`#/session/${id(3)}`);
    await user.click(await screen.findByText("1 part is missing"));
    expect(screen.getByText("the recording was too quiet here")).toBeVisible();
    await accessible();
    await user.click(screen.getByRole("button", { name: "Retry this part" }));
    expect(core.calls.some((it) => it.command === "retry_part")).toBe(true);
    await waitFor(() => expect(screen.queryByText("1 part is missing")).toBeNull());
  });

  it("says which parts another analyser read, and why, and marks what it found there", async () => {
    const { core } = await open("#/privacy");
    const page = await core.invoke("session", { id: first });
    const run = page.session.run;
    const [element] = page.session.elements;
    if (!run || !element) throw new Error("the sample was analysed");
    run.provider = "openai";
    run.reused = "some";
    element.found_by = "on-device";
    page.session.coverage.substitutes = [
      {
        provider: "on-device",
        model: "elements.v1",
        start_ms: 4_000,
        end_ms: 9_000,
        start: 0,
        end: 90,
        why: "was_missing",
        reason: "the answer was no JSON",
      },
    ];
    core.answer("session", page);
    go(`#/session/${first}`);
    await screen.findByText("1 part was read by this computer, not by openai");
    screen.getByText("read by this computer");
    screen.getByText("this part was missing and was read later");
    expect(screen.queryByText(/no JSON/)).toBeNull();
    screen.getByText(/partly answered as before/);
    expect(document.querySelector(".player .substitute")).not.toBeNull();
    await accessible();
  });

  it("marks two parts that begin at the same place", async () => {
    const { core } = await open("#/privacy");
    const page = await core.invoke("session", { id: first });
    const part = {
      provider: "on-device",
      model: "elements.v1",
      start: 0,
      end: 9,
      why: "unusable_answer" as const,
      reason: "",
    };
    page.session.coverage.substitutes = [6_000, 9_000].map((end_ms) => ({
      ...part,
      start_ms: 4_000,
      end_ms,
    }));
    core.answer("session", page);
    go(`#/session/${first}`);
    await waitFor(() => expect(document.querySelectorAll(".player .substitute")).toHaveLength(2));
  });

  it("takes back only its own tag and title, whatever was changed and shown since", async () => {
    const { core, user } = await open(`#/session/${first}`);
    const stored = (of: string) =>
      core.store.find(({ page }) => page.session.id === of)?.page.session;
    const tags = stored(first)?.tags ?? [];
    const rename = async (from: string, to: string) => {
      await user.click(await screen.findByRole("button", { name: from }));
      const title = screen.getByRole("textbox", { name: "Title of the session" });
      await user.clear(title);
      await user.type(title, `${to}{Enter}`);
      await screen.findByRole("button", { name: to });
    };
    await rename("Before the talk", "After the talk");
    await user.click(
      await screen.findByRole("button", { name: `Remove the tag ${tags[0] ?? ""}` }),
    );
    await screen.findByText(`The tag ${tags[0] ?? ""} is off.`);
    await user.type(screen.getByRole("combobox", { name: "Add a tag" }), "courage{Enter}");
    await screen.findByRole("button", { name: "Remove the tag courage" });
    await core.invoke("rename", { id: first, title: "The third title" });

    const [other, its] = [stored(id(2))?.title, structuredClone(stored(id(2))?.tags)];
    go(`#/session/${id(2)}`);
    await screen.findByRole("button", { name: other ?? "" });
    for (const undo of screen.getAllByRole("button", { name: "Undo" })) await user.click(undo);
    await waitFor(() =>
      expect(stored(first)?.tags.toSorted()).toEqual([...tags, "courage"].toSorted()),
    );
    await screen.findByText("It has another title since; that one stays.");
    expect(stored(first)?.title).toBe("The third title");
    expect([stored(id(2))?.title, stored(id(2))?.tags]).toEqual([other, its]);
  });

  it("keeps both of two tags that are added before the page is there again", async () => {
    const { core, user } = await open(`#/session/${first}`, { delay: 20 });
    const box = await screen.findByRole("combobox", { name: "Add a tag" });
    await user.type(box, "one{Enter}two{Enter}");
    await screen.findByRole("button", { name: "Remove the tag one" });
    await screen.findByRole("button", { name: "Remove the tag two" });
    const stored = core.store.find(({ page }) => page.session.id === first)?.page.session;
    expect(stored?.tags).toEqual(expect.arrayContaining(["one", "two"]));
  });

  it("is renamed, tagged and marked", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: "Before the talk" }));
    const title = screen.getByRole("textbox", { name: "Title of the session" });
    await user.clear(title);
    await user.type(title, "After the talk{Enter}");
    await screen.findByRole("button", { name: "After the talk" });
    await user.type(screen.getByRole("combobox", { name: "Add a tag" }), "courage{Enter}");
    await user.click(await screen.findByRole("button", { name: "Remove the tag courage" }));
    await screen.findByText("The tag courage is off.");
    await user.click(screen.getAllByRole("button", { name: "Undo" }).at(-1) as HTMLElement);
    await screen.findByRole("button", { name: "Remove the tag courage" });
    await user.click(screen.getAllByRole("button", { name: "Undo" })[0] as HTMLElement);
    await screen.findByRole("button", { name: "Before the talk" });
    await user.click(screen.getByRole("button", { name: "Favourite" }));
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "Favourite" })).toHaveAttribute(
        "aria-pressed",
        "false",
      ),
    );
    expect(
      core.calls.filter((it) => ["rename", "tag", "favourite"].includes(it.command)),
    ).toHaveLength(6);
  });

  it("compares its analyses and chooses one", async () => {
    const { core, user } = await open(`#/session/${first}`);
    await user.click(await screen.findByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Analyses" }));
    await user.click(await screen.findByRole("button", { name: "Compare" }));
    await screen.findByText("Added");
    await accessible();
    await user.click(screen.getByRole("button", { name: "Use this one" }));
    await waitFor(() => expect(core.calls.some((it) => it.command === "accept_run")).toBe(true));
  });

  it("lets the person choose when another analysis found something else", async () => {
    const { core, user } = await open(`#/session/${first}`);
    const accepted = () =>
      core.calls.filter((it) => it.command === "accept_run").map((it) => it.args);
    await user.click(await screen.findByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Analyse again" }));
    await screen.findByText("What this analysis changes");
    const dialog = screen.getByRole("dialog", { name: "What this analysis changes" });
    within(dialog).getByText("Added");
    await accessible();
    expect(accepted()).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Keep the earlier one" }));
    await screen.findByText("The earlier analysis is shown.");
    const diff = core.calls.find((it) => it.command === "diff")?.args as { from: string };
    expect(accepted()).toEqual([{ id: first, run: diff.from }]);
    expect(screen.queryByRole("dialog")).toBeNull();

    await user.click(screen.getByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Analyse again" }));
    await user.click(await screen.findByText("Use the new one"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(accepted()).toHaveLength(1);
  });

  it("shows what would be sent before it is sent", async () => {
    const { core, user } = await open(`#/session/${first}`, { settings: { provider: "openai" } });
    await core.invoke("provider_use", { name: "openai" });
    await user.click(await screen.findByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Analyse again" }));
    await screen.findByText("These bytes, to api.openai.com, and nothing else.");
    expect(core.calls.some((it) => it.command === "analyse")).toBe(false);
    expect(document.querySelector("pre")?.textContent).not.toContain("Jonas");
    await accessible();
    await user.click(screen.getByRole("button", { name: "Find elements" }));
    await waitFor(() => expect(core.calls.some((it) => it.command === "analyse")).toBe(true));
  });

  it("shows what would be sent also where the provider was changed elsewhere", async () => {
    const { core, user } = await open(`#/session/${id(2)}`);
    await screen.findByRole("article", { name: "Transcript" });
    // As from the command line: the window is not told.
    await core.invoke("provider_use", { name: "openai" });
    await core.invoke("settings_set", { key: "preview_before_sending", value: true });
    await user.click(screen.getByRole("button", { name: "More for this session" }));
    await user.click(screen.getByRole("menuitem", { name: "Analyse again" }));
    await screen.findByText("These bytes, to api.openai.com, and nothing else.");
    expect(core.calls.some((it) => it.command === "analyse")).toBe(false);
    // What was looked at is what is sent, whatever is chosen by then.
    await core.invoke("provider_use", { name: "on-device" });
    await user.click(screen.getByRole("button", { name: "Find elements" }));
    await waitFor(() => {
      const order = core.calls.find((it) => it.command === "analyse");
      expect(order?.args).toEqual({ id: id(2), provider: "openai" });
    });
  });

  it("shows what would be sent before a missing part is sent", async () => {
    const { core, user } = await open("#/sessions", { settings: { provider: "openai" } });
    await core.invoke("provider_use", { name: "openai" });
    const page = core.store.find((it) => it.page.session.id === id(3))?.page;
    for (const hole of page?.session.coverage.holes ?? []) hole.stage = "analyse";
    router.go("session", id(3));
    await user.click(await screen.findByText("1 part is missing"));
    await user.click(screen.getByRole("button", { name: "Retry this part" }));
    await screen.findByText("These bytes, to api.openai.com, and nothing else.");
    expect(core.calls.some((it) => it.command === "retry_part")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Find elements" }));
    await waitFor(() => expect(core.calls.some((it) => it.command === "retry_part")).toBe(true));
  });

  it("offers help lines quietly where words of crisis were met", async () => {
    await open(`#/session/${id(6)}`);
    expect(await screen.findByRole("link", { name: "See help lines" })).toHaveAttribute(
      "href",
      "#/help",
    );
    await accessible();
  });

  it("that has no transcript yet says so", async () => {
    const { core } = await one({});
    const page = core.store[0]?.page;
    if (page) {
      page.session.transcript = null;
      page.session.run = null;
      page.session.status = "captured";
      page.session.error = {
        code: "bad_model",
        message: "the speech model is damaged",
        stage: "transcribe",
      };
    }
    go(`#/session/${id(77)}`);
    await screen.findByText("There is no text yet.");
    await screen.findByText("The speech model is damaged.");
    await accessible();
  });

  it("of the sample notebook says why there is no sound", async () => {
    const { core } = await open("#/journey", { settings: { sample: true } });
    const stored = core.store.find(({ page }) => page.session.id === first);
    if (stored) stored.page.has_audio = false;
    go(`#/session/${first}`);
    await screen.findByText("The sample notebook has words alone: nobody really said them.");
  });

  it("without elements does not make some up", async () => {
    await one({});
    go(`#/session/${id(77)}`);
    await screen.findByText("No elements");
  });
});

describe("the list of sessions", () => {
  it("holds ten thousand with few rows in the window, and reaches the last", async () => {
    const { core } = await open("#/sessions", { more: 10_000 });
    await screen.findByText("10,008 sessions");
    const rows = () => document.querySelectorAll("[data-session]").length;
    expect(rows()).toBeGreaterThan(5);
    expect(document.querySelectorAll("main li").length).toBeLessThanOrEqual(60);
    const box = screen
      .getByRole("list", { name: "Sessions, newest first" })
      .closest(".box") as HTMLElement;
    box.scrollTop = 10_000 * 73;
    await fireEvent.scroll(box);
    const last = core.store.at(-1)?.page.session.id;
    await waitFor(() => expect(document.querySelector(`[data-session="${last}"]`)).not.toBeNull());
    expect(document.querySelectorAll("main li").length).toBeLessThanOrEqual(60);
    expect(
      core.calls
        .filter(({ command }) => command === "sessions")
        .every(({ args }) => (args as { limit: number }).limit <= 500),
    ).toBe(true);
  });

  it("keeps the rows of the window in the order of the list, however far it was moved", async () => {
    const { core } = await open("#/sessions", { more: 300 });
    await screen.findByText("308 sessions");
    const box = screen
      .getByRole("list", { name: "Sessions, newest first" })
      .closest(".box") as HTMLElement;
    for (const top of [73, 730, 9_000, 3_650, 0, 308 * 73]) {
      box.scrollTop = top;
      await fireEvent.scroll(box);
      const last = Math.min(307, Math.floor(top / 73));
      const wanted = core.store[last]?.page.session.id;
      await waitFor(() =>
        expect(document.querySelector(`[data-session="${wanted}"]`)).not.toBeNull(),
      );
      const places = [...document.querySelectorAll("main li")].map((it) =>
        Number(it.getAttribute("aria-posinset")),
      );
      expect(places).toEqual(places.map((_, i) => (places[0] ?? 0) + i));
      const shown = [...document.querySelectorAll<HTMLElement>("main li")].map(
        (it) => it.querySelector<HTMLElement>("[data-session]")?.dataset["session"],
      );
      expect(shown).toEqual(places.map((place) => core.store[place - 1]?.page.session.id));
    }
  });

  it("moves only the rows that went out, and none at all in a leap", async () => {
    const { core } = await open("#/sessions", { more: 300 });
    await screen.findByText("308 sessions");
    const list = screen.getByRole("list", { name: "Sessions, newest first" });
    const box = list.closest(".box") as HTMLElement;
    const stands = (index: number) =>
      waitFor(() => {
        const it = document.querySelector(`[data-session="${core.store[index]?.page.session.id}"]`);
        expect(it).not.toBeNull();
        return it?.closest("li") as HTMLElement;
      });
    const places = () => [...list.children].map((it) => it.getAttribute("aria-posinset"));
    // How many elements were put elsewhere while the list went to a row.
    const moved = async (top: number, awaited: number) => {
      const records: MutationRecord[] = [];
      const watch = new MutationObserver((more) => records.push(...more));
      watch.observe(list, { childList: true });
      box.scrollTop = top * 73;
      await fireEvent.scroll(box);
      await waitFor(() => expect(places()).toContain(String(awaited + 1)));
      records.push(...watch.takeRecords());
      watch.disconnect();
      return records.filter((it) =>
        [...it.addedNodes].some((node) => node instanceof HTMLElement && node.tagName === "LI"),
      ).length;
    };
    const fifth = await stands(5);
    expect(await moved(5, 17)).toBe(2);
    expect(await stands(5)).toBe(fifth);
    expect(await moved(150, 150)).toBe(0);
    expect(await moved(148, 148)).toBe(2);
    expect(await moved(0, 0)).toBe(0);
  });

  it("narrows by favourite, tag and feeling, and opens up again", async () => {
    const { user } = await open("#/sessions");
    await user.click(await screen.findByRole("button", { name: "Favourites" }));
    await screen.findByText("2 sessions");
    await user.selectOptions(screen.getByLabelText("Tag"), "garden");
    await screen.findByText("1 session");
    await user.selectOptions(screen.getByLabelText("Feeling"), "Anger");
    await screen.findByText("No session matches these filters");
    await user.click(screen.getAllByRole("button", { name: "Clear filters" })[0] as HTMLElement);
    await screen.findByText("28 sessions");
  });

  it("says that there is one when there is one", async () => {
    await one({});
    go("#/sessions");
    await screen.findByText("1 session");
    await accessible();
  });
});

describe("search", () => {
  it("asks at once for what the address says, and once", async () => {
    const { core, user } = await open("#/search?q=talk");
    const asked = () =>
      core.calls.filter(({ command }) => command === "search").map(({ args }) => args);
    await screen.findByText(/match/);
    await user.type(screen.getByRole("searchbox"), "s");
    await waitFor(() => expect(location.hash).toContain("q=talks"));
    expect(asked()).toMatchObject([{ query: "talk" }, { query: "talks" }]);
  });

  it("takes no letter away when an answer comes while somebody types", async () => {
    const { core, user } = await open("#/search", { delay: 200 });
    const box = await screen.findByRole("searchbox");
    await user.type(box, "ta");
    await waitFor(() => expect(core.calls.some(({ command }) => command === "search")).toBe(true));
    await user.type(box, "l");
    await waitFor(() => expect(location.hash).toContain("q=tal"));
    expect(box).toHaveValue("tal");
  });

  it("shows a feeling in its own shape and hue", async () => {
    await open("#/search?q=nervousness");
    const hit = await screen.findByRole("link", { name: /Emotion · / });
    expect(hit.querySelector(".feeling.fear")).not.toBeNull();
  });
});

describe("recording", () => {
  it("shows level, time and provisional words, pauses, stops, and becomes the session in place", async () => {
    const { core, user } = await open("#/record");
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await screen.findByRole("timer");
    await waitFor(() => expect(document.querySelector(".provisional")?.textContent).not.toBe(""));
    await accessible();
    await user.click(screen.getByRole("button", { name: "Pause" }));
    await screen.findByText("Paused");
    await user.click(screen.getByRole("button", { name: "Go on" }));
    await user.click(screen.getByRole("button", { name: "Stop" }));
    await screen.findByText("Your recording is safe on this computer.");
    await accessible();
    await screen.findByRole("article", { name: "Transcript" });
    expect(window.location.hash).toBe("#/record");
    expect(core.calls.map(({ command }) => command)).toEqual(
      expect.arrayContaining(["record_start", "record_pause", "record_resume", "record_stop"]),
    );
  });

  it.each([
    ["no_signal", /Nothing is heard/],
    ["clipping", /Too loud/],
    ["device_lost", /microphone is gone/],
    ["disk_low", /nearly full/],
    ["dropped_frames", /too busy/],
    ["long_silence", /quiet for a while/],
  ] as const)("tells of %s in one line, with what to do", async (warning, text) => {
    const { user } = await open("#/record", { warnings: [warning] });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    expect(await screen.findByText(text)).toHaveAttribute("role", "status");
    await accessible();
  });

  it("stays as it is while it is being stopped", async () => {
    const { core, user } = await open("#/record");
    const invoke = core.invoke.bind(core);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    core.invoke = async (command, args) => {
      if (command === "record_stop") await held;
      return invoke(command, args);
    };
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await screen.findByRole("timer");
    await waitFor(() => expect(screen.getByRole("button", { name: "Stop" })).toBeEnabled());
    await user.click(screen.getByRole("button", { name: "Stop" }));
    core.emit("recording", null);
    await tick();
    expect(screen.getByRole("timer")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Start recording" })).toBeNull();
    answer();
    await screen.findByText("Your recording is safe on this computer.");
  });

  it("that ends by itself becomes its session, too", async () => {
    const { core, user } = await open("#/record", { speed: 1 });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await screen.findByRole("timer");
    core.emit("recording", null);
    await screen.findByText("Your recording is safe on this computer.");
    const transcribing = screen.getByRole("progressbar", { name: "Transcribing" });
    expect(transcribing.closest("li")).toHaveTextContent("under way");
  });

  it("that ends elsewhere takes the page away from nobody who is typing", async () => {
    const { core, user } = await open("#/record?write=1", { speed: 1 });
    const box = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Your words" });
    await user.type(box, "I was w");
    await core.invoke("record_start", { device: null, channel: () => undefined });
    const asked = () => core.calls.filter(({ command }) => command === "session").length;
    const before = asked();
    await core.invoke("record_stop", {});
    await waitFor(() => expect(asked()).toBe(before + 1));
    await user.keyboard("riting.");
    expect(box).toBeVisible();
    expect(box).toHaveFocus();
    expect(box).toHaveValue("I was writing.");
    expect(core.calls.filter(({ command }) => command === "record_start")).toHaveLength(1);
    // It is there for whoever comes back to the microphone.
    await user.click(screen.getByRole("button", { name: "Speak instead" }));
    await screen.findByText("Your recording is safe on this computer.");
  });

  it("goes on where it could not be stopped, and says why", async () => {
    const { core, user } = await open("#/record");
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await screen.findByRole("timer");
    core.fail("record_stop", { code: "rate_limited", message: "too many commands", hint: null });
    await user.click(screen.getByRole("button", { name: "Stop" }));
    await screen.findByText("Too many commands.");
    expect(screen.getByRole("timer")).toBeVisible();
    core.fail("record_stop", null);
    await user.click(screen.getByRole("button", { name: "Stop" }));
    await screen.findByText("Your recording is safe on this computer.");
  });

  it("that is over before its order is answered is over", async () => {
    const { core } = await open("#/privacy");
    const view = { session: first, rate: 1, skip_silence: false, broke_off: false };
    const invoke = core.invoke.bind(core);
    core.invoke = ((command: Command, args: never) => {
      if (command !== "play") return invoke(command, args);
      core.emit("playback", { ...view, playing: true, position_ms: 0 });
      core.emit("playback", { ...view, playing: false, position_ms: 200 });
      return Promise.resolve({ ...view, playing: true, position_ms: 0 });
    }) as typeof invoke;
    await player.play(first, 0, 200);
    expect(player.view).toMatchObject({ playing: false, position_ms: 200 });
  });

  it("that is played and breaks off says so, and what to do", async () => {
    const { core } = await open("#/privacy");
    const view = { session: first, playing: false, position_ms: 200, rate: 1, skip_silence: false };
    core.emit("playback", { ...view, broke_off: true });
    await screen.findByText("The sound broke off.");
    await screen.findByText("Check the speaker, then play on from there.");
  });

  it("tests no microphone any more once its page was left, however late that one opens", async () => {
    const { core, user } = await open("#/", { settings: { setup_done: false }, delay: 30 });
    await user.click(await screen.findByRole("button", { name: "Test the microphone" }));
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(screen.queryByRole("button", { name: "Test the microphone" })).toBeNull();
    await waitFor(() =>
      expect(core.calls.map(({ command }) => command)).toContain("microphone_test_stop"),
    );
  });

  it("without a microphone leads to writing", async () => {
    await open("#/record", { devices: [] });
    await screen.findByText(/No microphone was found/);
    expect(screen.getByRole("button", { name: "Start recording" })).toBeDisabled();
    await accessible();
  });

  it("that cannot begin says why", async () => {
    const { user } = await open("#/record", {
      failing: {
        record_start: {
          code: "busy",
          message: "the microphone is in use",
          hint: "Close the other program.",
        },
      },
    });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await screen.findByText("The microphone is in use.");
    await screen.findByText("Close the other program.");
  });

  it("waits with sending until one has seen what would be sent", async () => {
    const { core, user } = await open("#/record", { settings: { provider: "openai" } });
    await core.invoke("provider_use", { name: "openai" });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await user.click(await screen.findByRole("button", { name: "Stop" }));
    await screen.findByText("Not analysed yet.");
    expect(core.calls.some(({ command }) => command === "analyse")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Find elements" }));
    await screen.findByText("These bytes, to api.openai.com, and nothing else.");
  });

  it("without a speech model says that the text follows", async () => {
    const { user } = await open("#/record", { settings: { speech_model: null }, speed: 2 });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await user.click(await screen.findByRole("button", { name: "Stop" }));
    await screen.findByText(/text follows when there is one/);
  });

  it("lets a stage be stopped, and keeps what was said", async () => {
    const { user } = await open("#/record", { speed: 4 });
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    await user.click(await screen.findByRole("button", { name: "Stop" }));
    await user.click(await screen.findByRole("button", { name: "Cancel: Transcribing" }));
    await screen.findByText(/Stopped here. What was recorded is kept/);
    for (const bar of screen.getAllByRole("progressbar")) expect(bar).toHaveAttribute("value");
    await user.click(screen.getByRole("button", { name: "Open the session" }));
    await screen.findByText("There is no text yet.");
  });

  it("keeps what is written when it could not be stored", async () => {
    const { core, user } = await open("#/record?write=1", { failing: { write: broken } });
    const box = await screen.findByRole("textbox", { name: "Your words" });
    await user.type(box, "I feel glad. I will sleep.");
    await user.click(screen.getByRole("button", { name: "Keep this" }));
    await screen.findByText("The notebook did not answer.");
    expect(box).toHaveValue("I feel glad. I will sleep.");
    await accessible();
    core.fail("write", null);
    await user.click(screen.getByRole("button", { name: "Keep this" }));
    await screen.findByRole("article", { name: "Transcript" });
    await screen.findByText("Relief");
  });

  it("asks for the queue when files wait that the core took in", async () => {
    const { core } = await open("#/record");
    await screen.findByRole("button", { name: /Start recording/ });
    core.emit("files_dragged", { phase: "dropped", count: 2 });
    const before = core.calls.filter((it) => it.command === "queue").length;
    core.emit("queue_changed", null);
    await waitFor(() =>
      expect(core.calls.filter((it) => it.command === "queue").length).toBe(before + 1),
    );
  });

  it("shows no file of an import that a lock interrupted twice, nor to the next person", async () => {
    // So slow that an import begins and never goes on.
    const options = { speed: 1e-6, chosen: ["letter-to-jonas.txt"] };
    const { core, user } = await open("#/record", options);
    const begin = async () => {
      await user.click(await screen.findByRole("button", { name: "Import recordings or text" }));
      await within(await screen.findByRole("region", { name: "Imports" })).findByText(
        "letter-to-jonas.txt",
      );
    };
    const lockAndUnlock = async () => {
      await core.invoke("lock", {});
      await user.type(await screen.findByLabelText("Password"), "a quiet morning in june{Enter}");
      await screen.findByRole("navigation", { name: "Pages" });
    };
    await begin();
    core.answer("queue", { jobs: [] });
    await lockAndUnlock();
    await screen.findByRole("button", { name: "Import recordings or text" });
    expect(screen.queryByText("letter-to-jonas.txt")).toBeNull();

    await begin();
    go(`#/session/${first}`);
    const [tag] = await screen.findAllByRole("button", { name: /^Remove the tag/ });
    if (!tag) throw new Error("the sample has tags");
    await user.click(tag);
    await screen.findByText(/^The tag .* is off\.$/);
    go("#/search?q=garden");
    await screen.findByText(/matches/);
    const state = await core.invoke("account_state", {});
    core.answer("sign_in", { ...state, account: { id: id(2), name: "Tomas", role: "regular" } });
    await lockAndUnlock();
    await waitFor(() => expect(window.location.hash).toBe("#/journey"));
    expect(screen.queryByText(/^The tag .* is off\.$/)).toBeNull();
    await user.keyboard("{Escape}");
    expect(window.location.hash).toBe("#/journey");
    go("#/record");
    await screen.findByRole("button", { name: "Import recordings or text" });
    expect(screen.queryByText("letter-to-jonas.txt")).toBeNull();
  });

  it("follows the newest answer about what is under way, whichever comes last", async () => {
    const { core } = await open("#/record");
    const { jobs } = await core.invoke("import_choose", {});
    if (!jobs[0]) throw new Error("a file was chosen");
    const file = { ...jobs[0], id: id(900) };
    await screen.findByRole("region", { name: "Imports" });
    const invoke = core.invoke.bind(core);
    let older: (answer: unknown) => void = () => undefined;
    core.invoke = ((command: Command, args: unknown) =>
      command === "queue"
        ? new Promise<unknown>((answer) => (older = answer))
        : invoke(command, args as never)) as typeof invoke;
    core.emit("queue_changed", null);
    core.invoke = invoke;
    core.answer("queue", { jobs: [{ ...file, label: "newer.txt", state: "running" }] });
    core.emit("queue_changed", null);
    await screen.findByText("newer.txt");
    older({ jobs: [{ ...file, label: "older.txt", state: "waiting" }] });
    await tick();
    await tick();
    expect(screen.queryByText("older.txt")).toBeNull();
    expect(screen.getByText("newer.txt")).toBeVisible();
  });

  it("imports many files, each with its own state", async () => {
    const chosen = ["a.m4a", "b.xyz", "c.txt"];
    const { user } = await open("#/record", { speed: 4, chosen });
    await user.click(await screen.findByRole("button", { name: "Import recordings or text" }));
    const queue = await screen.findByRole("region", { name: "Imports" });
    await within(queue).findByText(/This kind of file cannot be read. Audio, video/);
    await waitFor(() => expect(within(queue).getAllByRole("listitem")).toHaveLength(3));
    await accessible();
  });

  it("shows how many files are about to be dropped", async () => {
    const { core } = await open("#/journey");
    core.emit("files_dragged", { phase: "over", count: 3 });
    await screen.findByText("3 files");
    core.emit("files_dragged", { phase: "dropped", count: 3 });
    await screen.findByRole("button", { name: "Start recording" });
  });
});

describe("journey", () => {
  it("has its year as a table, too", async () => {
    const { user } = await open("#/journey");
    await user.click(await screen.findByRole("button", { name: "Show as table" }));
    const table = await screen.findByRole("table");
    expect(within(table).getAllByRole("row").length).toBeGreaterThan(5);
    expect(table).toHaveTextContent("Nervousness");
    await accessible();
  });

  it("lets the arrow keys walk over the days, and opens one", async () => {
    const { user } = await open("#/journey");
    const stop = await waitFor(() => {
      const it = document.querySelector<SVGElement>('[data-day][tabindex="0"]');
      expect(it).not.toBeNull();
      return it as SVGElement;
    });
    stop.focus();
    await user.keyboard("{ArrowLeft}");
    const day = (document.activeElement as SVGElement).dataset["day"];
    expect(day).not.toBe(stop.dataset["day"]);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(window.location.hash).toBe(`#/sessions?from=${day}&to=${day}`));
  });

  it("shows no streak to those who do not want one", async () => {
    await open("#/journey", { settings: { streak: false } });
    await screen.findByText("Before the talk", { selector: ".title" });
    expect(screen.queryByText(/You were here/)).toBeNull();
  });
});

describe("the bin", () => {
  it("gives a session back, and erases only on the second press", async () => {
    const { core, user } = await open("#/bin");
    await core.invoke("bin", { id: first });
    await core.invoke("bin", { id: id(2) });
    const row = (await screen.findByText("Before the talk")).closest("li") as HTMLElement;
    await accessible();
    await user.click(within(row).getByRole("button", { name: "Put back" }));
    await screen.findByText("The session is back.");
    await user.click(screen.getByRole("button", { name: "Erase now" }));
    expect(core.calls.some((it) => it.command === "erase")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Erase for good" }));
    await screen.findByText("The bin is empty");
  });
});

/** All that follows from an answer that was given has been done. */
const settled = () => new Promise((done) => setTimeout(done));

describe("the slider of a session", () => {
  it("follows the sound again where it is put back to where it was taken", async () => {
    const { core } = await open(`#/session/${first}`);
    const slider = await screen.findByRole<HTMLInputElement>("slider", { name: "Position" });
    const drag = async () => {
      await fireEvent.pointerDown(slider);
      await fireEvent.input(slider, { target: { value: 5_000 } });
      expect(slider.getAttribute("aria-valuetext")).toMatch(/^0:05/);
      await fireEvent.input(slider, { target: { value: 0 } });
    };
    const playing = { ...(await core.invoke("playback_set", { rate: 1, skip_silence: false })) };
    for (const event of ["pointerUp", "pointerCancel", "blur"] as const) {
      await drag();
      await fireEvent[event](slider);
      core.emit("playback", { ...playing, session: first, playing: true, position_ms: 7_000 });
      await waitFor(() => expect(slider.getAttribute("aria-valuetext")).toMatch(/^0:07/));
    }
    // It stays where it is held until the sound is there.
    let there = (): void => undefined;
    const invoke = core.invoke.bind(core);
    const free = new Promise<void>((resolve) => (there = resolve));
    core.invoke = (async (command: Command, args: never) => {
      if (command === "seek") await free;
      return invoke(command, args);
    }) as typeof core.invoke;
    await fireEvent.input(slider, { target: { value: 9_000 } });
    await fireEvent.pointerUp(slider);
    await fireEvent.change(slider);
    await settled();
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^0:09/);
    // Grabbed once more, and put back where it was before the sound is there.
    await fireEvent.pointerDown(slider);
    await fireEvent.input(slider, { target: { value: 3_000 } });
    await fireEvent.pointerUp(slider);
    there();
    await waitFor(() => expect(slider.getAttribute("aria-valuetext")).not.toMatch(/^0:03/));
  });

  it("asks for one place however far it is dragged, and shows where it is held", async () => {
    const { core } = await open(`#/session/${first}`);
    const slider = await screen.findByRole<HTMLInputElement>("slider", { name: "Position" });
    const places = () => core.calls.filter((it) => it.command === "seek" || it.command === "play");
    for (let n = 1; n <= 50; n++) await fireEvent.input(slider, { target: { value: n * 100 } });
    expect(places()).toHaveLength(0);
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^0:05/);
    await fireEvent.change(slider);
    await waitFor(() => expect(places()).toHaveLength(1));
    expect(places()[0]?.args).toMatchObject({ from_ms: 5_000 });
  });
});

describe("a backup", () => {
  const passphrase = () =>
    waitFor(() => {
      const form = screen.getByRole("region", { name: "Backup" }).querySelector("form");
      return within(form as HTMLFormElement).getByLabelText("Passphrase for the file");
    });

  async function begun() {
    const { core, user } = await open("#/privacy");
    const invoke = core.invoke.bind(core);
    let give: (done: BackupDone) => void = () => undefined;
    let fail: (reason: Failure) => void = () => undefined;
    const answer = new Promise<BackupDone>(
      (resolve, reject) => ((give = resolve), (fail = reject)),
    );
    core.invoke = ((command: Command, args: never) =>
      command === "backup" ? answer : invoke(command, args)) as typeof core.invoke;
    await user.type(await passphrase(), "four uncommon words suffice");
    await waitFor(() => expect(screen.getByRole("button", { name: "Back up" })).toBeEnabled());
    await user.click(screen.getByRole("button", { name: "Back up" }));
    await screen.findByRole("button", { name: "Writing and checking the backup" });
    router.go("sessions");
    await screen.findByRole("heading", { name: "Sessions" });
    return { core, give, fail, user };
  }

  it.each(["done", "refused"] as const)(
    "of another account is none of the next one's (%s)",
    async (end) => {
      const { core, give, fail, user } = await begun();
      const invoke = core.invoke.bind(core);
      core.invoke = (async (command: Command, args: never) => {
        const answer = await invoke(command, args);
        const tomas = { id: id(2), name: "Tomas", role: "regular" };
        return command === "sign_in" ? { ...(answer as object), account: tomas } : answer;
      }) as typeof core.invoke;
      await core.invoke("lock", {});
      await user.type(await screen.findByLabelText("Password"), "a quiet morning in june{Enter}");
      await screen.findByRole("navigation", { name: "Pages" });
      router.go("privacy");
      await user.type(await passphrase(), "four uncommon words suffice");
      await waitFor(() => expect(screen.getByRole("button", { name: "Back up" })).toBeEnabled());
      if (end === "done")
        give({ file_name: "mira.journey", bytes: 1_000, at: now().toISOString() });
      else fail(new Failure(broken));
      await settled();
      expect(document.body).not.toHaveTextContent("mira.journey");
      expect(document.body).not.toHaveTextContent("The notebook did not answer.");
      expect(screen.getByRole("button", { name: "Back up" })).toBeEnabled();
    },
  );

  it("that fails once its page is left is told all the same", async () => {
    const { fail } = await begun();
    fail(new Failure(broken));
    await screen.findByText("The notebook did not answer.");
  });

  it("is still under way for whoever comes back to its page", async () => {
    const { give, user } = await begun();
    router.go("privacy");
    const working = await screen.findByRole("button", { name: "Writing and checking the backup" });
    await user.type(await passphrase(), "four uncommon words suffice");
    expect(working).toBeDisabled();
    give({ file_name: "mira.journey", bytes: 1_000, at: now().toISOString() });
    await screen.findByText(/mira.journey is written and checked/);
    await screen.findByRole("button", { name: "Back up" });
  });
});

describe("settings", () => {
  it("take effect at once, and go back when they cannot be kept", async () => {
    const { core, user } = await open("#/settings/look");
    await user.selectOptions(await screen.findByLabelText("Theme"), "Dark");
    await waitFor(() => expect(document.documentElement.dataset["theme"]).toBe("dark"));
    await user.selectOptions(screen.getByLabelText("Text size"), "150 %");
    await waitFor(() =>
      expect(document.documentElement.style.getPropertyValue("--scale")).toBe("1.5"),
    );
    await user.click(screen.getByLabelText("High contrast"));
    await waitFor(() => expect(document.documentElement.dataset["contrast"]).toBe("more"));
    core.fail("settings_set", broken);
    await user.selectOptions(screen.getByLabelText("Theme"), "Light");
    await screen.findByText("The notebook did not answer.");
    expect(document.documentElement.dataset["theme"]).toBe("dark");
  });

  it("check the notebook’s health and advise in the window’s own words", async () => {
    await open("#/settings/health");
    await screen.findByText("85 days of sessions were never backed up.");
    expect(screen.getByText("Backup")).toBeVisible();
    expect(screen.getByText("Make one under Privacy.")).toBeVisible();
    expect(document.body.textContent).not.toContain("insight-journey");
  });

  it("of the computer are for administrators alone", async () => {
    await open("#/settings/system", { role: "regular" });
    await screen.findByLabelText("Theme");
    expect(screen.queryByText("For administrators")).toBeNull();
    expect(screen.queryByRole("link", { name: "Accounts" })).toBeNull();
  });

  it("download a model, pause, and go on", async () => {
    const { user } = await open("#/settings/speech", { speed: 2 });
    const row = (await screen.findByText("tiny.en")).closest("li") as HTMLElement;
    await user.click(within(row).getByRole("button", { name: "Download" }));
    await user.click(await within(row).findByRole("button", { name: "Pause" }));
    await user.click(await within(row).findByRole("button", { name: "Go on" }));
    await within(row).findByRole("progressbar");
    await accessible();
  });

  it("let the old recovery code go only once the new one is written down", async () => {
    const { core, user } = await open("#/settings/account", { delay: 20 });
    const dialog = () =>
      screen.findByRole<HTMLDialogElement>("dialog", { name: "Make a new recovery code" });
    /** What Escape, the backdrop and a window manager do to a dialog. */
    const tryToClose = async () => {
      const box = await dialog();
      const escape = new Event("cancel", { cancelable: true });
      box.dispatchEvent(escape);
      expect(escape.defaultPrevented).toBe(true);
      box.close();
      await fireEvent.click(box);
      await tick();
      expect(await dialog()).toHaveProperty("open", true);
      expect(within(box).queryByRole("button", { name: "Close" })).toBeNull();
    };
    const order = async () => {
      await user.click(await screen.findByRole("button", { name: "Make a new recovery code" }));
      await user.type(await screen.findByLabelText("Current password"), "a quiet morning in june");
      await user.click(screen.getByRole("button", { name: "Continue" }));
    };
    await order();
    await tryToClose();
    await screen.findByText("K7QF");
    await tryToClose();
    await accessible();
    await user.click(screen.getByRole("button", { name: "Keep the old code" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const confirmed = () => core.calls.filter((it) => it.command === "confirm_recovery_code");
    expect(confirmed()).toEqual([]);

    await order();
    const groups = [...((await screen.findByText("K7QF")).parentElement?.children ?? [])];
    const codes = groups.map((it) => it.textContent?.replace(/^\d/u, "") ?? "");
    await user.click(screen.getByRole("button", { name: /written/i }));
    const box = await screen.findByRole("textbox");
    const n = Number(/\d/u.exec((box as HTMLInputElement).labels?.[0]?.textContent ?? "")?.[0]);
    core.fail("confirm_recovery_code", broken);
    await user.type(box, `${codes[n - 1] ?? ""}{Enter}`);
    await screen.findByText("The notebook did not answer.");
    expect(await dialog()).toHaveProperty("open", true);
    core.fail("confirm_recovery_code", null);
    await user.keyboard("{Enter}");
    await screen.findByText("The new recovery code holds; the old one no longer works.");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(confirmed().at(-1)?.args).toEqual({ recovery_code: codes.join("-") });
  });

  it("keep no key for an address that was refused, and say nothing is done", async () => {
    const { core, user } = await open("#/settings/analysis");
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.type(await screen.findByLabelText("Key"), "sk-secret");
    const address = screen.getByLabelText("Address");
    await user.clear(address);
    await user.type(address, "http://gateway.local/v1");
    core.fail("provider_configure", {
      code: "usage",
      message: "the address has to begin with https",
      hint: "Use https.",
    });
    await user.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText("The address has to begin with https.");
    await tick();
    expect(core.calls.some((it) => it.command === "provider_set_key")).toBe(false);
    expect(screen.queryByText("Done")).toBeNull();
    expect(screen.getByLabelText("Key")).toHaveValue("sk-secret");
    core.fail("provider_configure", null);
    await user.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText("Done");
    expect(core.calls.find((it) => it.command === "provider_set_key")?.args).toMatchObject({
      key: "sk-secret",
    });
  });

  it("test a provider with the service’s own words, and never show a key again", async () => {
    const { core, user } = await open("#/settings/analysis");
    await user.click(await screen.findByRole("radio", { name: /^OpenAI/ }));
    await user.click(await screen.findByRole("button", { name: "Test" }));
    await screen.findByText("There is no key for OpenAI.");
    await user.type(screen.getByLabelText("Key"), "sk-secret");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText("A key is kept in your notebook.");
    await waitFor(() => expect(screen.getByLabelText("Key")).toHaveValue(""));
    expect(core.calls.find((it) => it.command === "provider_set_key")?.args).toEqual({
      name: "openai",
      key: "sk-secret",
    });
    await user.click(screen.getByRole("button", { name: "Test" }));
    await screen.findByText(/It works./);
    await accessible();
  });
});

describe("words for feelings and topics", () => {
  it("are renamed, merged, taken apart and added, and each change is taken back", async () => {
    const { core, user } = await open("#/settings/words");
    const change = async (name: string, what: string) => {
      await user.click(await screen.findByRole("button", { name: `Change ${name}` }));
      await user.click(screen.getByRole("menuitem", { name: what }));
      return within(await screen.findByRole("dialog"));
    };
    let dialog = await change("Joy", "Call it something else");
    await user.clear(dialog.getByRole("textbox", { name: "Name" }));
    await user.type(dialog.getByRole("textbox", { name: "Name" }), "Gladness");
    await accessible();
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await screen.findByRole("button", { name: "Change Gladness" });

    dialog = await change("Surprise", "Make it part of another");
    await user.selectOptions(dialog.getByRole("combobox", { name: "Part of" }), "fear");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() =>
      expect(screen.queryByRole("button", { name: "Change Surprise" })).toBeNull(),
    );

    dialog = await change("Fear", "Take a part out");
    await user.type(dialog.getByRole("textbox", { name: "Name" }), "Stage fright");
    await user.type(dialog.getByRole("textbox", { name: "What you say for it" }), "stage, talk");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await screen.findByText("Stage fright");
    expect(core.calls.find(({ command }) => command === "taxonomy_split")?.args).toEqual({
      node: "fear",
      name: "Stage fright",
      words: ["stage", "talk"],
    });

    for (let n = 0; n < 3; n++)
      await user.click(screen.getByRole("button", { name: "Undo the last change" }));
    await screen.findByRole("button", { name: "Change Joy" });
    await screen.findByRole("button", { name: "Change Surprise" });
    expect(screen.queryByRole("button", { name: "Undo the last change" })).toBeNull();
  });

  it("say in the window’s own words why a name cannot be taken", async () => {
    const { user } = await open("#/settings/words");
    await user.click(await screen.findByRole("button", { name: "Add a word" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByRole("textbox", { name: "Name" }), "joy");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await dialog.findByText("Another node has this name already.");
    expect(document.body.textContent).not.toContain("insight-journey");
    expect(dialog.getByRole("textbox", { name: "Name" })).toHaveValue("joy");
  });
});

describe("what came up again", () => {
  it("is asked about once for each pair, joined, and taken apart again", async () => {
    const { user } = await open("#/threads");
    const asked = () => screen.queryAllByRole("button", { name: "The same" }).length;
    await waitFor(() => expect(asked()).toBe(1));
    await user.click(screen.getByRole("button", { name: "The same" }));
    await screen.findByText("Kept as one from now on.");
    expect(asked()).toBe(0);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(asked()).toBe(1));
    await user.click(screen.getByRole("button", { name: "Not the same" }));
    await screen.findByText("Kept apart. You will not be asked again.");
    expect(asked()).toBe(0);
  });

  it("opens on the sessions behind a number, which are asked for only then", async () => {
    const { core, user } = await open("#/threads");
    const asked = () => core.calls.filter(({ command }) => command === "thread_places").length;
    await user.click(await screen.findByRole("button", { name: "The same" }));
    const summary = await screen.findByText(/sessions, last on/);
    expect(asked()).toBe(0);
    await user.click(summary);
    const places = summary.closest("details");
    await waitFor(() => expect(places?.querySelectorAll("a").length).toBeGreaterThan(1));
    expect(asked()).toBe(1);
  });

  it("keeps what is open open, and as it is now, after an answer, its undo and a new session", async () => {
    const { core, user } = await open("#/privacy");
    const place = (element: string) => ({
      element,
      session: first,
      title: "One",
      recorded_at: "2026-11-20T10:00:00Z",
      quote: `quote of ${element}`,
      status: null,
    });
    const line = { kind: "belief" as const, label: "I am late", sessions: 2 };
    core.answer("threads", {
      questions: [
        { ...line, id: "a", others: [{ thread: "b", label: "I was late", similarity: 0.7 }] },
      ],
      again: [{ ...line, id: "a", last: "2026-11-20T10:00:00Z" }],
      more: false,
      unwoven: 0,
    });
    for (const command of ["thread_confirm", "thread_undo"] as const) core.answer(command, null);
    const answer = (element: string) =>
      core.answer("thread_places", { places: [place(element)], more: false });
    answer("one");
    go("#/threads");
    await user.click(await screen.findByText(/sessions, last on/));
    await screen.findByText("quote of one");
    answer("two");
    await user.click(screen.getByRole("button", { name: "The same" }));
    const answered = core.calls.find(({ command }) => command === "thread_confirm");
    expect(answered?.args).toEqual({ id: "a", others: ["b"] });
    await screen.findByText("quote of two");
    answer("three");
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await screen.findByText("quote of three");
    answer("four");
    core.emit("sessions_changed", null);
    await screen.findByText("quote of four");
    answer("five");
    core.emit("threads_changed", null);
    await screen.findByText("quote of five");
  });

  it("says what is still being compared, shows what is there, and follows", async () => {
    const { core } = await open("#/privacy");
    const answer = (unwoven: number, labels: string[]) => {
      core.answer("threads", {
        questions: [],
        again: labels.map((label, i) => ({
          id: id(i),
          kind: "belief" as const,
          label,
          sessions: 2,
          last: "2026-11-20T10:00:00Z",
        })),
        more: false,
        unwoven,
      });
    };
    answer(9_000, ["I am late"]);
    go("#/threads");
    await screen.findByText("Still comparing 9,000 sessions. This list grows meanwhile.");
    await screen.findByText("I am late");
    answer(0, ["I am late", "I am never on time"]);
    core.emit("threads_changed", null);
    await screen.findByText("I am never on time");
    expect(screen.queryByText(/Still comparing/)).toBeNull();
  });
});

describe("privacy", () => {
  it("says what each request was for, what came of it, and where nothing left", async () => {
    const { core } = await open("#/journey");
    const [line] = (await core.invoke("ledger", { id: null })).ledger;
    if (!line) throw new Error("the sample has sent something");
    core.answer("ledger", {
      ledger: [
        { ...line, id: "a", purpose: "analyse", outcome: "timed out" },
        { ...line, id: "b", purpose: "provider test", outcome: "not sent" },
        { ...line, id: "c", purpose: "model download", outcome: "failed" },
        { ...line, id: "d", purpose: "provider probe", outcome: null },
      ],
    });
    go("#/privacy");
    const rows = (await screen.findAllByText(line.host)).map((it) => it.closest("summary"));
    const said = rows.map((it) => it?.textContent ?? "");
    expect(said[0]).toMatch(/finding elements.*kB, no answer in time$/);
    expect(said[1]).toMatch(/asking an analyser for its models.*no connection, nothing was sent$/);
    expect(said[1]).not.toContain("kB");
    expect(said[2]).toMatch(/fetching a speech model.*kB, failed$/);
    expect(said[3]).toMatch(/looking for analysers on this computer.*kB, under way$/);
  });

  it("keeps a list of names, and erases all only with the password", async () => {
    const { core, user } = await open("#/privacy");
    await user.type(await screen.findByLabelText("Name or place"), "Lena");
    await user.type(screen.getByLabelText("Sent as"), "Marta");
    await user.click(screen.getByRole("button", { name: "Add" }));
    await screen.findByRole("cell", { name: "Marta" });
    await user.click(screen.getByRole("button", { name: "Delete everything" }));
    await user.type(screen.getByLabelText("To go on, type your password"), "wrong");
    await user.click(screen.getByRole("button", { name: "Erase my notebook" }));
    await screen.findByText("That is not the current password.");
    expect(core.store.length).toBeGreaterThan(0);
    await accessible();
  });

  it("says so when nothing may be sent, and to whom when it may", async () => {
    const { core } = await open("#/privacy");
    await screen.findByText(/Nothing. Elements are found on this computer./);
    await core.invoke("provider_use", { name: "openai" });
    go("#/journey");
    await screen.findByRole("heading", { name: "Journey" });
    go("#/privacy");
    await screen.findByText(/to api.openai.com. Never the audio./);
  });
});
