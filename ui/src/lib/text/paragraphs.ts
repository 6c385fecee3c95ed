import type { TranscriptView } from "$lib/api";
import { Characters } from "./characters";

/** A paragraph of a transcript, in UTF-16 positions of its text. */
export interface Paragraph {
  start: number;
  end: number;
  start_ms: number | null;
}

/** A pause of this length begins a new paragraph, if the one before it is long enough. */
const PAUSE_MS = 900;
const SHORTEST = 120;
/** Speech without pauses is still broken at the end of a sentence after so many characters. */
const LONGEST = 900;

/** Paragraphs by the pauses of speech, or by the lines of what was written. */
export function paragraphs(transcript: TranscriptView): Paragraph[] {
  const { text, segments } = transcript;
  const timed = segments.some((segment) => segment.start_ms !== null);
  return timed ? spoken(transcript) : written(text);
}

function written(text: string): Paragraph[] {
  const out: Paragraph[] = [];
  for (const match of text.matchAll(/[^\n]+/gu)) {
    if (match[0].trim() === "") continue;
    out.push({ start: match.index, end: match.index + match[0].length, start_ms: null });
  }
  return out;
}

function spoken({ text, segments }: TranscriptView): Paragraph[] {
  const out: Paragraph[] = [];
  let open: Paragraph | null = null;
  let ended: number | null = null;
  let at = 0;
  for (const segment of segments) {
    const start = text.indexOf(segment.text, at);
    if (start < 0 || segment.text === "") continue;
    at = start + segment.text.length;
    const pause = ended !== null && segment.start_ms !== null ? segment.start_ms - ended : 0;
    const length: number = open === null ? 0 : open.end - open.start;
    const sentence = open !== null && /[.!?…]["'”’)]?$/u.test(text.slice(open.start, open.end));
    if (
      open === null ||
      (pause >= PAUSE_MS && length >= SHORTEST) ||
      (length >= LONGEST && sentence)
    ) {
      open = { start, end: at, start_ms: segment.start_ms };
      out.push(open);
    } else {
      open.end = at;
    }
    ended = segment.end_ms ?? ended;
  }
  // An edited transcript may hold words that no segment has: they belong to the paragraph before.
  out.forEach((paragraph, i) => {
    const next = out[i + 1];
    const gap = text.slice(paragraph.end, next?.start ?? text.length);
    if (gap.trim() !== "") paragraph.end += gap.trimEnd().length;
  });
  const first = out[0];
  if (first === undefined) return written(text);
  if (text.slice(0, first.start).trim() !== "") first.start = 0;
  return out;
}

/** The first sentence or so, for lists. */
export function opening(text: string, longest = 160): string {
  const flat = text.replace(/\s+/gu, " ").trim();
  const characters = new Characters(flat);
  if (characters.character(flat.length) <= longest) return flat;
  const cut = characters.slice(0, longest);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), longest / 2))}…`;
}
