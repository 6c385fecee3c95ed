/**
 * Positions in a transcript count Unicode scalar values; strings here count UTF-16 units.
 * `Characters` answers between the two for one text.
 */
export class Characters {
  readonly text: string;
  /** UTF-16 positions of the pairs' second halves, ascending; empty for most texts. */
  readonly #seconds: number[] = [];

  constructor(text: string) {
    this.text = text;
    for (let at = 0; at < text.length; at++) {
      const point = text.codePointAt(at);
      if (point !== undefined && point > 0xffff) this.#seconds.push(++at);
    }
  }

  /** The UTF-16 position of a character, held inside the text. */
  unit(character: number): number {
    let at = Math.max(0, character);
    for (const second of this.#seconds) {
      if (second > at) break;
      at++;
    }
    return Math.min(at, this.text.length);
  }

  /** The character at a UTF-16 position. */
  character(unit: number): number {
    let pairs = 0;
    for (const second of this.#seconds) {
      if (second >= unit) break;
      pairs++;
    }
    return unit - pairs;
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}
