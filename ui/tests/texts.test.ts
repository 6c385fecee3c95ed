import { describe, expect, it } from "vitest";
import { id, session } from "$lib/api/mock/notebook";
import { accessible, now, open, screen, waitFor } from "./window";

const texts = [
  ["a word without an end", "unbrokenword".repeat(60)],
  ["Hebrew", "היום הרגשתי רגוע ומחר אתקשר לאמא"],
  ["Arabic and English", "شعرت بالهدوء today ثم نمت"],
] as const;

/** A notebook with one session of which every text is this one. */
async function of(text: string) {
  const opened = await open("#/help", { more: null, chosen: [] });
  const sample = {
    ago: 0,
    hour: 9,
    title: text,
    source: "text" as const,
    text: [`${text}.`],
    elements: [],
  };
  opened.core.store.unshift(session(sample, 77, now()));
  return opened;
}
/** Goes to a page, and waits until the one before it is gone. */
async function go(hash: string, heading: string) {
  window.location.hash = hash;
  await screen.findByRole("heading", { level: 1, name: heading });
}
/** Every place that shows the text lets it run its own way, and nobody else's. */
async function runsItsOwnWay(text: string) {
  const places = () =>
    [...document.querySelectorAll<HTMLElement>("main *")].filter(
      (it) =>
        !it.matches("option, [hidden], .unseen") &&
        [...it.childNodes].some(({ nodeType, data }: ChildNode & { data?: string }) =>
          nodeType === Node.TEXT_NODE ? data?.includes(text.slice(0, 20)) : false,
        ),
    );
  await waitFor(() => expect(places().length).toBeGreaterThan(0));
  for (const place of places())
    expect(place.closest("[dir=auto]"), place.outerHTML.slice(0, 120)).not.toBeNull();
  await accessible();
}

describe.each(texts)("%s", (_, text) => {
  it.each([
    ["#/journey", "Journey"],
    ["#/sessions", "Sessions"],
  ])("stands on %s as it was said", async (hash, heading) => {
    await of(text);
    await go(hash, heading);
    await runsItsOwnWay(text);
  });

  it("is found, and shown where it was found", async () => {
    await of(text);
    await go(`#/search?q=${encodeURIComponent(text.slice(0, 8))}`, "Search");
    await waitFor(() => expect(document.querySelector("[data-hit]")).not.toBeNull());
    await accessible();
    for (const line of document.querySelectorAll("[data-hit] .theirs, [data-hit] .soft"))
      expect(line).toHaveAttribute("dir", "auto");
  });

  it("stands in the bin, where nothing says that it is empty", async () => {
    const { core } = await of(text);
    await core.invoke("bin", { id: id(77) });
    await go("#/bin", "Bin");
    await runsItsOwnWay(text);
    expect(screen.queryByText("The bin is empty")).toBeNull();
    expect(screen.getByRole("button", { name: "Put back" })).toBeEnabled();
  });

  it("comes up again", async () => {
    const { core } = await of(text);
    const line = { kind: "belief" as const, label: text, sessions: 2 };
    core.answer("threads", {
      questions: [{ ...line, id: "a", others: [{ thread: "b", label: text, similarity: 0.7 }] }],
      again: [{ ...line, id: "a", last: "2026-11-20T10:00:00Z" }],
      more: false,
      unwoven: 0,
    });
    await go("#/threads", "What came up again");
    await runsItsOwnWay(text);
  });

  it("is a name of a person, of an account, of a file", async () => {
    const { core } = await of(text);
    core.answer("pseudonyms", {
      pseudonyms: [{ original: text, replacement: text }],
      candidates: [],
    });
    await go("#/privacy", "Privacy");
    await runsItsOwnWay(text);
    core.answer("accounts_list", {
      accounts: [
        {
          id: id(4),
          name: text,
          role: "regular",
          disabled: true,
          created_at: "2026-11-20T10:00:00Z",
          last_sign_in: null,
        },
      ],
    });
    await go("#/settings/accounts", "Settings");
    await runsItsOwnWay(text);
    core.answer("queue", {
      jobs: [
        {
          id: id(5),
          session: null,
          kind: "import",
          label: text,
          state: "running",
          fraction: 0.4,
          message: null,
          remaining_ms: 4000,
          error: null,
        },
      ],
    });
    await go("#/record", "Record");
    core.emit("queue_changed", null);
    await screen.findByRole("progressbar");
    await runsItsOwnWay(text);
  });

  it("is written, and read again", async () => {
    const { user } = await of(text);
    await go("#/record?write=1", "Record");
    const box = await screen.findByRole("textbox", { name: "Your words" });
    expect(box).toHaveAttribute("dir", "auto");
    await user.click(box);
    await user.paste(text);
    await user.click(screen.getByRole("button", { name: "Keep this" }));
    const article = await screen.findByRole("article", { name: "Transcript" });
    expect(article.textContent).toContain(text);
    await runsItsOwnWay(text);
  });
});
