import { call, type BackupDone } from "$lib/api";

/** The backup that is being written, whichever page is shown meanwhile. */
class Backup {
  busy = $state(false);

  /** Null where the person chose no file. */
  async make(passphrase: string): Promise<BackupDone | null> {
    this.busy = true;
    try {
      return await call("backup", { passphrase });
    } finally {
      this.busy = false;
    }
  }
}

export const backup = new Backup();
