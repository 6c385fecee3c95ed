import { Characters } from "$lib/text/characters";
import { opening } from "$lib/text/paragraphs";
import { root } from "$lib/emotion";
import type {
  ElementView,
  SegmentView,
  SessionPageView,
  SessionRow,
  PlacedWord,
} from "../gen/views";
import { day } from "$lib/text/format";
import { seeded } from "./random";
import { days, samples, type Sample } from "./sample";

export interface Stored {
  page: SessionPageView;
  deleted_at: string | null;
}

const MS_PER_CHARACTER = 62;
const SENTENCE_PAUSE = 320;
const PARAGRAPH_PAUSE = 1400;

export function id(n: number): string {
  return `0190f3a2-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

function at(sample: Sample, now: Date): Date {
  const date = new Date(now);
  date.setDate(date.getDate() - sample.ago);
  date.setHours(sample.hour, (sample.ago * 7) % 60, 11, 0);
  return date > now ? new Date(now.getTime() - 600_000) : date;
}

/** Segments with their times, and the words in them, as a speech model would have heard the text. */
function spoken(paragraphs: string[]): {
  text: string;
  segments: SegmentView[];
  words: PlacedWord[];
} {
  const segments: SegmentView[] = [];
  const words: PlacedWord[] = [];
  let text = "";
  let clock = 400;
  for (const paragraph of paragraphs) {
    for (const sentence of paragraph.match(/[^.!?…]+[.!?…]*\s*/gu) ?? []) {
      const trimmed = sentence.trim();
      if (trimmed === "") continue;
      if (text !== "") text += " ";
      const begin = new Characters(text).character(text.length);
      const start_ms = clock;
      for (const match of trimmed.matchAll(/\S+/gu)) {
        const before = new Characters(trimmed).character(match.index);
        const long = [...match[0]].length;
        const end_ms = clock + long * MS_PER_CHARACTER;
        words.push({
          start: begin + before,
          end: begin + before + long,
          start_ms: clock,
          end_ms,
          probability: long > 8 ? 0.71 : 0.95,
        });
        clock = end_ms + MS_PER_CHARACTER;
      }
      text += trimmed;
      segments.push({ start_ms, end_ms: clock, text: trimmed, probability: 0.93 });
      clock += SENTENCE_PAUSE;
    }
    clock += PARAGRAPH_PAUSE;
  }
  return { text, segments, words };
}

export function session(sample: Sample, number: number, now: Date): Stored {
  const when = at(sample, now);
  const text = sample.source === "text" ? sample.text.join("\n\n") : "";
  const heard =
    sample.source === "text"
      ? {
          text,
          segments: sample.text.map((it) => ({
            start_ms: null,
            end_ms: null,
            text: it,
            probability: null,
          })),
          words: [],
        }
      : spoken(sample.text);
  const characters = new Characters(heard.text);
  const duration = heard.words.at(-1)?.end_ms ?? null;
  const timeOf = (start: number, end: number) => {
    const inside = heard.words.filter((word) => word.start < end && word.end > start);
    return { start_ms: inside[0]?.start_ms ?? null, end_ms: inside.at(-1)?.end_ms ?? null };
  };
  const elements: ElementView[] = sample.elements.map((element, i) => {
    const unit = heard.text.indexOf(element.quote);
    if (unit < 0) throw new Error(`a sample quote is not in its text: ${element.quote}`);
    const start = characters.character(unit);
    const end = characters.character(unit + element.quote.length);
    const due = new Date(when);
    if (element.due !== undefined) due.setDate(due.getDate() + Math.max(1, Math.abs(element.due)));
    return {
      id: id(number * 100 + i + 1_000_000),
      kind: element.kind,
      label: element.label,
      taxonomy: element.taxonomy ?? null,
      intensity: element.intensity ?? null,
      confidence: element.confidence ?? 0.8,
      stance: element.stance ?? null,
      status: element.kind === "action" ? "open" : null,
      due: element.due === undefined ? null : day(due),
      evidence: [
        {
          start,
          end,
          quote: element.quote,
          ...timeOf(start, end),
          state: element.repaired ? "repaired" : "verified",
        },
      ],
      found_by: null,
    };
  });
  const hole = sample.hole;
  const length = duration ?? 0;
  return {
    deleted_at: null,
    page: {
      session: {
        id: id(number),
        title: sample.title,
        recorded_at: when.toISOString(),
        source: sample.source,
        duration_ms: duration,
        status: "analysed",
        recovered: sample.recovered ?? false,
        tags: sample.tags ?? [],
        favourite: sample.favourite ?? false,
        coverage: {
          captured: 1,
          transcribed: hole ? 1 - (hole[1] - hole[0]) / 1000 : 1,
          analysed: 1,
          holes: hole
            ? [
                {
                  stage: "transcribe",
                  start_ms: (length * hole[0]) / 1000,
                  end_ms: (length * hole[1]) / 1000,
                  start: 0,
                  end: 0,
                  reason: hole[2],
                },
              ]
            : [],
          substitutes: [],
        },
        transcript: {
          revision: 1,
          language: "en",
          model: sample.source === "text" ? null : "base.en",
          text: heard.text,
          segments: heard.segments,
        },
        run: {
          id: id(number + 5_000_000),
          provider: "on-device",
          model: "elements.v1",
          prompt_version: "1",
          tokens_in: 0,
          tokens_out: 0,
          cost_usd: null,
          reused: "nothing",
        },
        elements,
        relationships: (sample.links ?? []).flatMap(([from, to, kind]) => {
          const a = elements[from];
          const b = elements[to];
          return a && b
            ? [{ from: a.id, to: b.id, kind, confidence: 0.7, evidence: a.evidence }]
            : [];
        }),
        error: null,
      },
      words: heard.words,
      has_audio: sample.source !== "text",
      care: sample.care ?? false,
      sent: 0,
    },
  };
}

/** The sample sessions and `more` short ones, spread over the days before `now`, newest first. */
export function notebook(now: Date, more: number): Stored[] {
  const random = seeded(7);
  const out = samples.map((sample, i) => session(sample, i + 1, now));
  for (let i = 0; i < more; i++) {
    const template = days[Math.floor(random() * days.length)];
    if (template === undefined) continue;
    const span = Math.max(420, more);
    const ago = 2 + Math.floor((i / more) * span * (0.9 + random() * 0.1));
    const source = random() < 0.8 ? "microphone" : "text";
    out.push(
      session({ ...template, ago, hour: 6 + Math.floor(random() * 17), source }, i + 1000, now),
    );
  }
  return out.sort((a, b) => b.page.session.recorded_at.localeCompare(a.page.session.recorded_at));
}

export function strongest(page: SessionPageView): SessionRow["emotion"] {
  const feelings = page.session.elements
    .filter((it) => it.kind === "emotion" && root(it.taxonomy) !== null)
    .sort((a, b) => (b.intensity ?? 0) - (a.intensity ?? 0));
  const first = feelings[0];
  return first && first.taxonomy
    ? { taxonomy: first.taxonomy, label: first.label, intensity: first.intensity ?? 1 }
    : null;
}

export function summary({ page }: Stored): SessionRow {
  const { session } = page;
  return {
    id: session.id,
    title: session.title,
    recorded_at: session.recorded_at,
    source: session.source,
    duration_ms: session.duration_ms,
    status: session.status,
    tags: session.tags,
    favourite: session.favourite,
    first_line: opening(session.transcript?.text ?? ""),
    emotion: strongest(page),
    n_elements: session.elements.length,
    recovered: session.recovered,
    failed: session.error !== null,
  };
}
