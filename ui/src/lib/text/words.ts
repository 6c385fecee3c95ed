import type { PlacedWord } from "$lib/api";

/** The last word for which `before` holds; `before` holds for a first part of the words. */
function last(
  words: readonly PlacedWord[],
  before: (word: PlacedWord) => boolean,
): PlacedWord | null {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const word = words[middle];
    if (word !== undefined && before(word)) low = middle + 1;
    else high = middle;
  }
  return words[low - 1] ?? null;
}

/** The word at a character of the text, or the one just before it. */
export function wordAt(words: readonly PlacedWord[], character: number): PlacedWord | null {
  return last(words, (word) => word.start <= character) ?? words[0] ?? null;
}

/** The word being spoken at a time; none in a longer pause. */
export function wordAtTime(words: readonly PlacedWord[], ms: number): PlacedWord | null {
  const word = last(words, (it) => it.start_ms <= ms);
  return word !== null && ms <= word.end_ms + 250 ? word : null;
}
