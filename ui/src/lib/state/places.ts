/** Where one was in a list. */
export interface Place {
  /** How far it was scrolled, in pixels. */
  top: number;
  /** The row one was at or went out from, and whose it is. */
  row: number | null;
  id: string | null;
  /** How many rows were wanted, so that all of them are there before one comes back. */
  wanted: number;
}

/** The places of one's lists by their addresses, as long as the notebook is open. */
class Places {
  readonly #all = new Map<string, Place>();
  /** Counts notebooks: a list that closes with its own leaves nothing in the next. */
  notebook = 0;

  get(address: string): Place | null {
    return this.#all.get(address) ?? null;
  }

  keep(notebook: number, address: string, place: Place): void {
    if (notebook === this.notebook) this.#all.set(address, place);
  }

  /** Where one person was is nothing for the next. */
  clear(): void {
    this.notebook++;
    this.#all.clear();
  }
}

export const places = new Places();
