export type Role = "admin" | "regular";
export type Source = "microphone" | "audio" | "video" | "text";
export type Status = "captured" | "transcribed" | "analysed";
export type Stage = "capture" | "transcribe" | "analyse";
export type ElementKind = "emotion" | "topic" | "insight" | "belief" | "challenge" | "action";
export type EvidenceState = "verified" | "repaired";
export type RelationshipKind =
  "triggered_by" | "about" | "leads_to" | "supports" | "contradicts" | "addresses";
export type Stance = "self" | "others" | "world" | "future";
export type ActionStatus = "open" | "done" | "dropped";

export type CommandError = { code: string; message: string; hint: string | null };

export type AccountView = { id: string; name: string; role: Role };
export type AccountRow = {
  id: string;
  name: string;
  role: Role;
  disabled: boolean;
  created_at: string;
  last_sign_in: string | null;
};
export type AccountState = {
  state: "first_run" | "signed_out" | "locked" | "unlocked";
  account: AccountView | null;
  last_name: string | null;
  may_create: boolean;
  may_stay: boolean;
};
export type AccountCreated = { account: AccountView; recovery_code: string };
export type AccountRows = { accounts: Array<AccountRow> };
export type RecoveryCodeView = { recovery_code: string };
export type PasswordStrength = {
  score: number;
  acceptable: boolean;
  warning: string | null;
  suggestions: Array<string>;
};

export type EvidenceView = {
  start: number;
  end: number;
  quote: string;
  start_ms: number | null;
  end_ms: number | null;
  state: EvidenceState;
};
export type ElementView = {
  id: string;
  kind: ElementKind;
  label: string;
  taxonomy: string | null;
  intensity: number | null;
  confidence: number;
  stance: Stance | null;
  status: ActionStatus | null;
  due: string | null;
  evidence: Array<EvidenceView>;
};
export type RelationshipView = {
  from: string;
  to: string;
  kind: RelationshipKind;
  confidence: number;
  evidence: Array<EvidenceView>;
};
export type HoleView = {
  stage: Stage;
  start_ms: number;
  end_ms: number;
  start: number;
  end: number;
  reason: string;
};
export type CoverageView = {
  captured: number;
  transcribed: number;
  analysed: number;
  holes: Array<HoleView>;
};
export type SegmentView = {
  start_ms: number | null;
  end_ms: number | null;
  text: string;
  probability: number | null;
};
export type TranscriptView = {
  revision: number;
  language: string | null;
  model: string | null;
  text: string;
  segments: Array<SegmentView>;
};
export type RunView = {
  id: string;
  provider: string;
  model: string;
  prompt_version: string;
  tokens_in: number;
  tokens_out: number;
  cost_usd: number | null;
};
export type StageErrorView = { code: string; message: string; stage: Stage };
export type SessionView = {
  id: string;
  title: string;
  recorded_at: string;
  source: Source;
  duration_ms: number | null;
  status: Status;
  recovered: boolean;
  tags: Array<string>;
  favourite: boolean;
  coverage: CoverageView;
  transcript: TranscriptView | null;
  run: RunView | null;
  elements: Array<ElementView>;
  relationships: Array<RelationshipView>;
  error: StageErrorView | null;
};
/** A word of the transcript: characters `start..end`, spoken from `start_ms` to `end_ms`. */
export type PlacedWord = {
  start: number;
  end: number;
  start_ms: number;
  end_ms: number;
  probability: number;
};
export type SessionPageView = {
  session: SessionView;
  words: Array<PlacedWord>;
  has_audio: boolean;
  care: boolean;
  sent: number;
};
export type EmotionMark = { taxonomy: string; label: string; intensity: number };
export type SessionRow = {
  id: string;
  title: string;
  recorded_at: string;
  source: Source;
  duration_ms: number | null;
  status: Status;
  tags: Array<string>;
  favourite: boolean;
  first_line: string;
  emotion: EmotionMark | null;
  n_elements: number;
  recovered: boolean;
  failed: boolean;
};
export type SessionRows = {
  sessions: Array<SessionRow>;
  next: string | null;
  total: number;
};
export type BinRow = { session: SessionRow; deleted_at: string; erased_at: string };
export type BinRows = { sessions: Array<BinRow> };

export type DeviceView = { id: string; name: string; default: boolean };
export type DeviceList = { devices: Array<DeviceView> };
export type RecordingView = {
  session: string;
  state: "recording" | "paused" | "stopping";
  elapsed_ms: number;
  device: DeviceView | null;
};
export type RecordingWarning =
  "no_signal" | "clipping" | "device_lost" | "disk_low" | "dropped_frames" | "long_silence";
/** What comes over the channel of `record_start` and `microphone_test_start`. Levels are 0..1. */
export type RecordingFrame =
  | {
      type: "level";
      peak: number;
      rms: number;
      elapsed_ms: number;
      warnings: Array<RecordingWarning>;
      device: string | null;
      dropped_frames: number;
    }
  | { type: "text"; settled: string; provisional: string };
export type Stopped = { session: string };

export type JobKind = "import" | "transcribe" | "analyse" | "save";
export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";
export type QueuedJob = {
  id: string;
  session: string | null;
  kind: JobKind;
  label: string;
  state: JobState;
  fraction: number | null;
  message: string | null;
  remaining_ms: number | null;
  error: CommandError | null;
};
export type Queue = { jobs: Array<QueuedJob> };

export type RunRow = RunView & {
  at: string;
  revision: number;
  accepted: boolean;
  n_elements: number;
  duration_ms: number;
};
export type RunRows = { runs: Array<RunRow> };
export type ChangeView = {
  change: "added" | "removed" | "changed";
  before: ElementView | null;
  after: ElementView | null;
};
export type Diff = { changes: Array<ChangeView> };

export type FoundHit = {
  session: string;
  element: string | null;
  kind: ElementKind | "transcript";
  start: number;
  end: number;
  snippet: string;
  score: number;
  title: string;
  recorded_at: string;
  /** Character ranges of `snippet` that matched. */
  marks: Array<[number, number]>;
};
export type SearchResult = { hits: Array<FoundHit>; next: string | null; ranked: number };

export type ModelRow = {
  name: string;
  title: string;
  bytes: number;
  english_only: boolean;
  speed: number;
  accuracy: number;
  recommended: boolean;
  state: "available" | "downloading" | "paused" | "installed" | "failed";
  fraction: number | null;
  in_use: boolean;
  error: CommandError | null;
};
export type ModelRows = { models: Array<ModelRow> };
export type ProviderRow = {
  name: string;
  title: string;
  local: boolean;
  needs_key: boolean;
  has_key: boolean;
  in_use: boolean;
  host: string | null;
  base_url: string | null;
  model: string | null;
  allowed: boolean;
};
export type ProviderRows = { providers: Array<ProviderRow> };
export type ProviderAnswer = { ok: boolean; message: string; models: Array<string> };

export type Preview = {
  host: string | null;
  body: string;
  bytes: number;
  tokens: number | null;
  cost_usd: number | null;
  replaced: Array<Replacement>;
};
export type LedgerView = {
  id: string;
  session: string | null;
  purpose: string;
  host: string;
  target: string;
  at: string;
  bytes_out: number;
  body_sha256: string;
  body: string | null;
  outcome: string | null;
  status: number | null;
  bytes_in: number;
  tokens_in: number | null;
  tokens_out: number | null;
  cost_usd: number | null;
};
export type LedgerList = { ledger: Array<LedgerView> };
export type Replacement = { original: string; replacement: string };
export type Replacements = {
  pseudonyms: Array<Replacement>;
  candidates: Array<string>;
};

export type PersonalSettings = {
  theme: "system" | "light" | "dark";
  contrast: "system" | "more";
  text_size: number;
  motion: "system" | "reduced";
  language: string;
  speech_language: string;
  speech_model: string | null;
  provider: string;
  device: string | null;
  ask_questions: boolean;
  stop_on_silence_minutes: number | null;
  retention: "keep" | "days" | "until_analysed";
  retention_days: number;
  idle_lock_minutes: number | null;
  preview_before_sending: boolean;
  use_pseudonyms: boolean;
  cost_limit_usd: number | null;
  streak: boolean;
  care: boolean;
  country: string | null;
  notifications: boolean;
  remind_reflect: string | null;
  remind_backup_days: number | null;
  tray: boolean;
  shortcut: string | null;
  sample: boolean;
  setup_done: boolean;
};
export type SystemSettings = {
  who_may_create: "anyone" | "admin";
  allowed_providers: Array<string>;
  allowed_hosts: Array<string>;
  commands_per_minute: number;
  provider_calls_per_minute: number;
  default_model: string | null;
  log_level: "error" | "warn" | "info" | "debug";
};
export type SettingValue = string | number | boolean | null | Array<string>;
export type AuditView = { at: string; who: string | null; what: string; on: string | null };
export type AuditList = { audit: Array<AuditView> };
export type BackupState = { last_at: string | null; due: boolean };
export type BackupDone = { file_name: string; bytes: number; at: string };
export type RestoreDone = { account: AccountView };
export type CheckView = {
  name: string;
  state: "ok" | "warning" | "failed" | "skipped";
  measured: string;
  advice: string;
};
export type DoctorView = { checks: Array<CheckView> };

export type DayMark = { date: string; sessions: number; emotion: EmotionMark | null };
export type Calendar = { year: number; first_year: number; days: Array<DayMark> };
export type Streak = { weeks: number; days_this_week: number };
export type TagRow = { tag: string; sessions: number };
export type TagRows = { tags: Array<TagRow> };
export type Question = { id: string; text: string; session: string | null };
export type Questions = { questions: Array<Question> };
export type HelpLine = { name: string; contact: string; hours: string; source: string; as_of: string };
export type CrisisHelp = {
  country: string;
  countries: Array<{ code: string; name: string }>;
  lines: Array<HelpLine>;
};
export type TaxonomyNode = {
  id: string;
  parent: string | null;
  name: string;
  definition: string;
};
export type TaxonomyTree = { nodes: Array<TaxonomyNode> };
export type Waveform = { peaks: Array<number> };
export type Playback = {
  session: string | null;
  playing: boolean;
  position_ms: number;
  rate: number;
  skip_silence: boolean;
};
export type WindowFilter = {
  from: string | null;
  to: string | null;
  tag: string | null;
  favourite: boolean | null;
  emotion: string | null;
};
