import { describe, expect, it } from "vitest";
import { fireEvent } from "@testing-library/svelte";
import type { Mock } from "$lib/api/mock";
import { id } from "$lib/api/mock/notebook";
import type { Command } from "$lib/api/transport";
import { places } from "$lib/state/places";
import { open, screen, waitFor } from "./window";

const first = id(1);
const go = (hash: string) => {
  window.location.hash = hash;
};
/** Everything that was on its way has arrived. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 30));

/** The core takes its time for each of these commands until it is let go. */
function holding(core: Mock, held: Command) {
  const invoke = core.invoke.bind(core);
  const waiting: Array<() => void> = [];
  let on = true;
  core.invoke = (async (command: Command, args: never) => {
    if (command === held && on) await new Promise<void>((resolve) => waiting.push(resolve));
    return invoke(command, args);
  }) as typeof core.invoke;
  return {
    waiting,
    /** The oldest of them is answered. */
    one: () => waiting.shift()?.(),
    /** All are answered, and none waits any more. */
    free: () => {
      on = false;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

describe("an answer that comes after one has gone on", () => {
  it("of a search leaves one where one is, and the history as it was", async () => {
    const { core, user } = await open("#/search");
    const held = holding(core, "search");
    await user.type(await screen.findByRole("searchbox"), "garden");
    await waitFor(() => expect(held.waiting).toHaveLength(1));
    go("#/bin");
    await screen.findByText("The bin is empty");
    held.free();
    await quiet();
    expect(location.hash).toBe("#/bin");
    expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Bin");
  });

  it("of a deletion leaves one where one is", async () => {
    const { core, user } = await open(`#/session/${first}`);
    const held = holding(core, "bin");
    await user.click(await screen.findByRole("button", { name: "More for this session" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    await waitFor(() => expect(held.waiting).toHaveLength(1));
    go("#/help");
    await screen.findByText("A listening line");
    held.free();
    await screen.findByText(/Undo/);
    expect(location.hash).toBe("#/help");
  });
});

describe("a long list", () => {
  const list = () => screen.findByRole("list", { name: "Sessions, newest first" });
  const row = (core: Mock, index: number) =>
    document.querySelector<HTMLElement>(`[data-session="${core.store[index]?.page.session.id}"]`);
  const scroll = async (to: number) => {
    const box = (await list()).closest(".box") as HTMLElement;
    box.scrollTop = to * 73;
    await fireEvent.scroll(box);
    return box;
  };

  it("keeps the rows in sight when something in it changes, however far down they are", async () => {
    const { core } = await open("#/sessions", { more: 2_000 });
    await scroll(1_200);
    await waitFor(() => expect(row(core, 1_205)).not.toBeNull());
    const held = holding(core, "sessions");
    core.emit("sessions_changed", null);
    await waitFor(() => expect(held.waiting).toHaveLength(1));
    expect(row(core, 1_205)).not.toBeNull();
    held.free();
    await waitFor(async () => expect(await list()).toHaveAttribute("aria-busy", "false"));
    expect(row(core, 1_205)).not.toBeNull();
    expect(document.querySelector(".coming")).toBeNull();
  });

  it("goes on loading when something changes while it does", async () => {
    const { core } = await open("#/sessions", { more: 2_000 });
    await waitFor(() => expect(row(core, 3)).not.toBeNull());
    const held = holding(core, "sessions");
    await scroll(1_200);
    await waitFor(() => expect(held.waiting).toHaveLength(1));
    core.emit("sessions_changed", null);
    await waitFor(() => expect(held.waiting).toHaveLength(2));
    held.free();
    await waitFor(() => expect(row(core, 1_205)).not.toBeNull());
  });

  it("is not replaced by the failure of an earlier question", async () => {
    const { core, user } = await open("#/sessions", { more: 2_000 });
    await waitFor(() => expect(row(core, 3)).not.toBeNull());
    const invoke = core.invoke.bind(core);
    let refuse = (): void => undefined;
    core.invoke = (async (command: Command, args: never) => {
      if (command === "sessions" && (args as { after: string | null }).after !== null)
        await new Promise((_, reject) => (refuse = () => reject(new Error("late"))));
      return invoke(command, args);
    }) as typeof core.invoke;
    await scroll(300);
    await user.click(screen.getByRole("button", { name: "Favourites" }));
    await screen.findByText("2 sessions");
    refuse();
    await quiet();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(document.querySelectorAll("[data-session]")).toHaveLength(2);
  });

  it("stands where one left it, with the focus on the row one came from", async () => {
    const { core, user } = await open("#/sessions", { more: 2_000 });
    const box = await scroll(1_200);
    await waitFor(() => expect(row(core, 1_203)).not.toBeNull());
    expect(box.scrollTop).toBe(1_200 * 73);
    row(core, 1_203)?.focus();
    go(`#/session/${core.store[1_203]?.page.session.id}`);
    await screen.findByRole("article", { name: "Transcript" });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(row(core, 1_203)).toHaveFocus());
    expect((await list()).closest(".box")?.scrollTop).toBe(1_200 * 73);
    // Another list has its own place.
    await user.click(screen.getByRole("button", { name: "Favourites" }));
    await screen.findByText("2 sessions");
    expect((await list()).closest(".box")?.scrollTop).toBe(0);
  });

  it("forgets where one was when the notebook is locked", async () => {
    const { core, user } = await open("#/sessions", { more: 2_000 });
    await scroll(1_200);
    await waitFor(() => expect(row(core, 1_203)).not.toBeNull());
    go("#/bin");
    await screen.findByText("The bin is empty");
    go("#/sessions");
    await waitFor(() => expect(row(core, 1_203)).not.toBeNull());
    await core.invoke("lock", {});
    await screen.findByLabelText("Password");
    expect(places.get("#/sessions")).toBeNull();
    await user.type(await screen.findByLabelText("Password"), "a quiet morning in june{Enter}");
    expect((await list()).closest(".box")?.scrollTop).toBe(0);
  });
});

describe("a page that waits", () => {
  const busy = () => document.querySelector("main [aria-busy=true]");

  it.each([
    ["sessions", "#/sessions", /28 sessions/],
    ["search", "#/search?q=garden", /match/],
  ] as const)("says so: %s", async (command, hash, told) => {
    const { core } = await open("#/bin");
    await screen.findByText("The bin is empty");
    const held = holding(core, command);
    go(hash);
    await waitFor(() => expect(busy()).not.toBeNull());
    await waitFor(() => expect(document.querySelector("main .skeleton")).not.toBeNull());
    held.free();
    await screen.findByText(told);
    expect(busy()).toBeNull();
    expect(document.querySelector("main .skeleton")).toBeNull();
  });

  it("says for what the hits are that are still there", async () => {
    const { core, user } = await open("#/search?q=talk");
    await screen.findByText(/^\d+ matches$/);
    const held = holding(core, "search");
    await user.type(screen.getByRole("searchbox"), "zzz");
    await screen.findByText(/Until then, what matches “talk”/);
    expect(busy()).not.toBeNull();
    held.free();
    await screen.findByText("Nothing matches “talkzzz”");
    expect(busy()).toBeNull();
    // What is typed further was not asked yet.
    await user.type(screen.getByRole("searchbox"), "y");
    expect(screen.getByText("Nothing matches “talkzzz”")).toBeVisible();
  });
});

describe("Beside the journey", () => {
  const margin = () => screen.getByRole("complementary", { name: "More" });

  it("all of it comes together, so that nothing moves what is read", async () => {
    await open("#/journey", { hanging: ["tags"] });
    await screen.findByText("Before the talk", { selector: ".title" });
    // Its other parts have answered and wait for the last one.
    await waitFor(() => expect(document.querySelector("[data-day]")).not.toBeNull());
    expect(margin().textContent.trim()).toBe("");
  });

  it("what could not be read is said once, and asked for again", async () => {
    const broken = {
      code: "internal",
      message: "the notebook did not answer",
      hint: null,
    } as const;
    const { core, user } = await open("#/journey", {
      failing: { tags: broken, streak: broken },
    });
    await screen.findByText("Some of what stands here could not be read.");
    expect(margin().textContent).toContain("Favourites");
    core.fail("tags", null);
    core.fail("streak", null);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("heading", { name: "Tags" });
    await waitFor(() =>
      expect(screen.queryByText("Some of what stands here could not be read.")).toBeNull(),
    );
  });
});
