// Generated from the core. `UPDATE_BINDINGS=1 cargo test --test it bindings` writes it anew.

import type * as V from "./views";

/** What each command takes and gives. */
export type CommandMap = {
  app_ready: { args: Record<string, never>; result: null };
  account_state: { args: Record<string, never>; result: V.AccountState };
  password_strength: { args: { name: string; password: string }; result: V.PasswordStrength };
  account_create: {
    args: { name: string; password: string; admin: boolean };
    result: V.AccountCreated;
  };
  sign_in: { args: { name: string; password: string; stay: boolean }; result: V.AccountState };
  sign_out: { args: Record<string, never>; result: V.AccountState };
  lock: { args: Record<string, never>; result: V.AccountState };
  recover: {
    args: { name: string; recovery_code: string; new_password: string };
    result: V.AccountState;
  };
  whoami: { args: Record<string, never>; result: V.AccountView };
  change_password: { args: { password: string; new_password: string }; result: null };
  new_recovery_code: { args: { password: string }; result: V.RecoveryCodeView };
  confirm_recovery_code: { args: { recovery_code: string }; result: null };
  erase_everything: { args: { password: string }; result: V.AccountState };
  accounts_list: { args: Record<string, never>; result: V.AccountRows };
  account_role: { args: { name: string; role: V.Role }; result: V.AccountRows };
  account_disable: { args: { name: string }; result: V.AccountRows };
  account_enable: { args: { name: string }; result: V.AccountRows };
  account_delete: { args: { name: string }; result: V.AccountRows };
  devices: { args: Record<string, never>; result: V.DeviceList };
  microphone_test_start: {
    args: { device: string | null; channel: V.RecordingFrame };
    result: null;
  };
  microphone_test_stop: { args: Record<string, never>; result: null };
  record_start: {
    args: { device: string | null; channel: V.RecordingFrame };
    result: V.RecordingView;
  };
  record_watch: { args: { channel: V.RecordingFrame }; result: V.RecordingView | null };
  record_state: { args: Record<string, never>; result: V.RecordingView | null };
  record_device: { args: { device: string }; result: V.RecordingView };
  record_pause: { args: Record<string, never>; result: V.RecordingView };
  record_resume: { args: Record<string, never>; result: V.RecordingView };
  record_stop: { args: Record<string, never>; result: V.Stopped };
  write: { args: { title: string | null; text: string }; result: V.Stopped };
  draft_get: { args: { session: string | null }; result: V.DraftView | null };
  draft_set: {
    args: { session: string | null; revision: number | null; title: string; text: string };
    result: null;
  };
  import_choose: { args: Record<string, never>; result: V.Queue };
  queue: { args: Record<string, never>; result: V.Queue };
  cancel_job: { args: { job: string }; result: null };
  sessions: {
    args: { filter: V.WindowFilter; limit: number; after: string | null };
    result: V.SessionRows;
  };
  session: { args: { id: string }; result: V.SessionPageView };
  rename: { args: { id: string; title: string }; result: null };
  tag: { args: { id: string; tags: Array<string> }; result: null };
  favourite: { args: { id: string; favourite: boolean }; result: null };
  bin: { args: { id: string }; result: null };
  unbin: { args: { id: string }; result: null };
  erase: { args: { id: string }; result: null };
  bin_list: { args: Record<string, never>; result: V.BinRows };
  transcript_edit: { args: { id: string; revision: number; text: string }; result: V.EditedPage };
  transcribe: { args: { id: string }; result: V.QueuedJob };
  analyse: { args: { id: string; provider: string | null }; result: V.QueuedJob };
  retry_part: {
    args: { id: string; hole: V.HoleView; provider: string | null };
    result: V.QueuedJob;
  };
  runs: { args: { id: string }; result: V.RunRows };
  diff: { args: { id: string; from: string; to: string }; result: V.Diff };
  accept_run: { args: { id: string; run: string }; result: V.SessionPageView };
  element_correct: {
    args: { id: string; kind: V.ElementKind; label: string; taxonomy: string | null };
    result: V.SessionPageView;
  };
  element_delete: { args: { id: string }; result: V.SessionPageView };
  element_not_me: { args: { id: string }; result: V.SessionPageView };
  element_restore: { args: { id: string }; result: V.SessionPageView };
  search: {
    args: {
      query: string;
      kind: V.ElementKind | null;
      from: string | null;
      to: string | null;
      limit: number;
      after: string | null;
    };
    result: V.SearchResult;
  };
  models: { args: Record<string, never>; result: V.ModelRows };
  model_download: { args: { name: string }; result: null };
  model_pause: { args: { name: string }; result: null };
  model_add: { args: Record<string, never>; result: V.ModelRows };
  model_use: { args: { name: string }; result: V.ModelRows };
  model_remove: { args: { name: string }; result: V.ModelRows };
  providers: { args: Record<string, never>; result: V.ProviderRows };
  provider_use: { args: { name: string }; result: V.ProviderRows };
  provider_set_key: { args: { name: string; key: string | null }; result: V.ProviderRows };
  provider_configure: {
    args: { name: string; base_url: string | null; model: string | null };
    result: V.ProviderRows;
  };
  provider_test: { args: { name: string }; result: V.ProviderAnswer };
  provider_probe: { args: Record<string, never>; result: V.ProviderRows };
  preview: { args: { id: string; provider: string | null }; result: V.Preview };
  ledger: { args: { id: string | null }; result: V.LedgerList };
  ledger_body: { args: { id: string }; result: V.LedgerView };
  pseudonyms: { args: Record<string, never>; result: V.Replacements };
  pseudonym_set: { args: { original: string; replacement: string }; result: V.Replacements };
  pseudonym_remove: { args: { original: string }; result: V.Replacements };
  settings_get: { args: Record<string, never>; result: V.PersonalSettings };
  settings_set: { args: { key: string; value: V.SettingValue }; result: V.PersonalSettings };
  system_settings_get: { args: Record<string, never>; result: V.SystemSettings };
  system_settings_set: { args: { key: string; value: V.SettingValue }; result: V.SystemSettings };
  audit: { args: Record<string, never>; result: V.AuditList };
  backup_state: { args: Record<string, never>; result: V.BackupState };
  backup: { args: { passphrase: string }; result: V.BackupDone | null };
  restore: { args: { passphrase: string }; result: V.RestoreDone | null };
  doctor: { args: Record<string, never>; result: V.DoctorView };
  calendar: { args: { year: number }; result: V.Calendar };
  on_this_day: { args: Record<string, never>; result: V.SessionRows };
  streak: { args: Record<string, never>; result: V.Streak };
  tags: { args: Record<string, never>; result: V.TagRows };
  questions: { args: { limit: number }; result: V.Questions };
  crisis_help: { args: { country: string | null }; result: V.CrisisHelp };
  taxonomy: { args: { name: "emotions" | "topics" }; result: V.TaxonomyTree };
  taxonomy_nodes: { args: { name: "emotions" | "topics" }; result: V.TaxonomyView };
  taxonomy_rename: { args: { node: string; name: string }; result: V.TaxonomyView };
  taxonomy_merge: { args: { from: string; into: string }; result: V.TaxonomyView };
  taxonomy_split: {
    args: { node: string; name: string; words: Array<string> };
    result: V.TaxonomyView;
  };
  taxonomy_add: {
    args: { parent: string; name: string; words: Array<string> };
    result: V.TaxonomyView;
  };
  taxonomy_undo: { args: Record<string, never>; result: V.TaxonomyView };
  threads: { args: { limit: number }; result: V.ThreadPage };
  thread_places: { args: { id: string; limit: number }; result: V.ThreadPlaces };
  thread_confirm: { args: { id: string; others: Array<string> }; result: null };
  thread_reject: { args: { id: string; others: Array<string> }; result: null };
  thread_undo: { args: Record<string, never>; result: null };
  waveform: { args: { id: string; buckets: number }; result: V.Waveform };
  play: { args: { id: string; from_ms: number | null; to_ms: number | null }; result: V.Playback };
  pause: { args: Record<string, never>; result: V.Playback };
  seek: { args: { position_ms: number }; result: V.Playback };
  playback_set: { args: { rate: number; skip_silence: boolean }; result: V.Playback };
  playback_state: { args: Record<string, never>; result: V.Playback };
  sample_open: { args: Record<string, never>; result: V.AccountState };
  sample_close: { args: Record<string, never>; result: V.AccountState };
};

/** What each event carries. */
export type EventMap = {
  progress: V.QueuedJob;
  session_changed: { id: string };
  sessions_changed: null;
  threads_changed: null;
  queue_changed: null;
  locked: { reason: "asked" | "idle" | "suspend" | "revoked" };
  recording: V.RecordingView | null;
  playback: V.Playback;
  models_changed: null;
  files_dragged: { phase: "over" | "left" | "dropped"; count: number };
  open_page: { page: string };
  notice: V.CommandError;
};
