import { call, type BackupDone } from "$lib/api";
import { account } from "./account.svelte";

/** The backup that is being written, whichever page is shown meanwhile. */
class Backup {
  /** Whose backups are being written: one account's goes on while another one is here. */
  #writing = $state.raw<string[]>([]);

  /** Whether one of the account that is here is being written. */
  get busy(): boolean {
    const here = account.here;
    return here !== null && this.#writing.includes(here);
  }

  /** Null where the person chose no file. */
  async make(passphrase: string): Promise<BackupDone | null> {
    const whose = account.here;
    if (whose !== null) this.#writing = [...this.#writing, whose];
    try {
      return await call("backup", { passphrase });
    } finally {
      const at = this.#writing.findIndex((it) => it === whose);
      this.#writing = this.#writing.filter((_, i) => i !== at);
    }
  }
}

export const backup = new Backup();
