import { describe, expect, it } from "vitest";
import type { TranscriptView, PlacedWord } from "$lib/api";
import { seeded } from "$lib/api/mock/random";
import { align } from "./align";
import { Characters } from "./characters";
import { clock, dates, day, length, money, percent, size } from "./format";
import { opening, paragraphs } from "./paragraphs";
import { runs } from "./runs";
import { wordAt, wordAtTime } from "./words";

describe("characters", () => {
  it("counts an emoji once, as the core does", () => {
    const it = new Characters("a🌧b🌧c");
    expect(it.slice(1, 2)).toBe("🌧");
    expect(it.slice(4, 5)).toBe("c");
    expect([0, 1, 2, 3, 4, 5].map((at) => it.unit(at))).toEqual([0, 1, 3, 4, 6, 7]);
    expect(it.character(6)).toBe(4);
  });

  it("agrees with counting code points for any text and place", () => {
    const random = seeded(3);
    for (let round = 0; round < 200; round++) {
      const points = Array.from({ length: 30 }, () => (random() < 0.4 ? "😀" : "é"));
      const it = new Characters(points.join(""));
      const at = Math.floor(random() * 31);
      expect(it.unit(at)).toBe(points.slice(0, at).join("").length);
      expect(it.character(it.unit(at))).toBe(at);
    }
  });

  it("stays inside the text", () => {
    expect(new Characters("ab").unit(9)).toBe(2);
    expect(new Characters("ab").unit(-1)).toBe(0);
  });
});

describe("runs", () => {
  it("cuts overlapping ranges into runs that cover the text once", () => {
    const random = seeded(5);
    for (let round = 0; round < 200; round++) {
      const ranges = Array.from({ length: 6 }, (_, mark) => {
        const start = Math.floor(random() * 60) - 5;
        return { start, end: start + Math.floor(random() * 30), mark };
      });
      const out = runs(0, 50, ranges);
      expect(out[0]?.start).toBe(0);
      expect(out.at(-1)?.end).toBe(50);
      out.forEach((run, i) => {
        expect(run.start).toBeLessThan(run.end);
        if (i > 0) expect(run.start).toBe(out[i - 1]?.end);
        for (const { start, end, mark } of ranges)
          expect(run.marks.includes(mark)).toBe(start <= run.start && end >= run.end);
      });
    }
  });
});

const spoken = (parts: [string, number, number][]): TranscriptView => ({
  revision: 1,
  language: "en",
  model: "m",
  text: parts.map(([text]) => text).join(" "),
  segments: parts.map(([text, start_ms, end_ms]) => ({ text, start_ms, end_ms, probability: 0.9 })),
});

describe("paragraphs", () => {
  const long = "This sentence is long enough that a pause after it begins a new paragraph. ".repeat(
    2,
  );

  it("begin after a pause", () => {
    const out = paragraphs(
      spoken([
        [long.trim(), 0, 9000],
        ["Next.", 12000, 13000],
        ["And on.", 13100, 14000],
      ]),
    );
    expect(out.map((it) => it.start_ms)).toEqual([0, 12000]);
  });

  it("hold every word of the text, once, also where no segment has it", () => {
    const transcript = spoken([
      [long.trim(), 0, 9000],
      ["Next.", 12000, 13000],
    ]);
    const edited = { ...transcript, text: `Before ${transcript.text} and after` };
    const text = paragraphs(edited)
      .map(({ start, end }) => edited.text.slice(start, end))
      .join(" ");
    expect(text.replace(/\s+/gu, " ")).toBe(edited.text.replace(/\s+/gu, " "));
  });

  it("follow the lines of what was written", () => {
    const text = "One.\n\nTwo\nthree.";
    const out = paragraphs({
      revision: 1,
      language: null,
      model: null,
      text,
      segments: [{ text: "One.", start_ms: null, end_ms: null, probability: null }],
    });
    expect(out.map(({ start, end }) => text.slice(start, end))).toEqual(["One.", "Two", "three."]);
  });

  it("of nothing are none", () => {
    expect(paragraphs(spoken([]))).toEqual([]);
  });

  it("speech without a pause is still broken after a while", () => {
    const sentence = "And then we went on and on without any pause at all.";
    const out = paragraphs(
      spoken(Array.from({ length: 60 }, (_, i) => [sentence, i * 100, i * 100 + 100])),
    );
    expect(out.length).toBeGreaterThan(2);
  });

  it("an opening is cut at a word", () => {
    expect(opening("one two three", 8)).toBe("one two…");
    expect(opening("short")).toBe("short");
  });
});

it("notes stand at their lines, or below the note before", () => {
  expect(align([0, 10, 300], [40, 40, 40], 4)).toEqual([0, 44, 300]);
  expect(align([], [], 4)).toEqual([]);
});

describe("words", () => {
  const words: PlacedWord[] = [
    { start: 0, end: 3, start_ms: 0, end_ms: 300, probability: 1 },
    { start: 4, end: 8, start_ms: 400, end_ms: 800, probability: 1 },
    { start: 9, end: 12, start_ms: 3000, end_ms: 3300, probability: 1 },
  ];
  it("are found by their characters", () => {
    expect(wordAt(words, 0)?.start).toBe(0);
    expect(wordAt(words, 6)?.start).toBe(4);
    expect(wordAt(words, 99)?.start).toBe(9);
    expect(wordAt([], 1)).toBeNull();
  });
  it("are found by their time, and not in a pause", () => {
    expect(wordAtTime(words, 450)?.start).toBe(4);
    expect(wordAtTime(words, 2000)).toBeNull();
    expect(wordAtTime([], 2000)).toBeNull();
  });
});

describe("formats", () => {
  it("tell lengths and sizes as people do", () => {
    expect(clock(0)).toBe("0:00");
    expect(clock(3_729_000)).toBe("1:02:09");
    expect(length(48_000)).toBe("48 s");
    expect(length(720_000)).toBe("12 min");
    expect(length(3_900_000)).toBe("1 h 5 min");
    expect(size(148_000_000)).toBe("148 MB");
    expect(size(1_620_000_000)).toBe("1.6 GB");
    expect(percent(0.999)).toBe("99 %");
    expect(percent(1)).toBe("100 %");
    expect(money(0.001)).toBe("under 1 ¢");
  });

  it("call near days by their names", () => {
    const words = dates("en-GB", { today: "Today", yesterday: "Yesterday" });
    const today = new Date("2026-11-24T09:00:00");
    expect(words.near("2026-11-24T00:01:00", today)).toBe("Today");
    expect(words.near("2026-11-23T23:59:00", today)).toBe("Yesterday");
    expect(words.near("2026-11-20T12:00:00", today)).toBe("Friday");
    expect(words.near("2026-03-03T12:00:00", today)).toBe("3 March");
    expect(words.near("2024-03-03T12:00:00", today)).toBe("3 March 2024");
    expect(day(new Date("2026-01-02T00:30:00"))).toBe("2026-01-02");
  });
});
