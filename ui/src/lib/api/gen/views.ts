// Generated from the core. `UPDATE_BINDINGS=1 cargo test --test it bindings` writes it anew.

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
export type JobKind = "import" | "transcribe" | "analyse" | "save";
export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";
export type ErrorCode =
  | "usage"
  | "not_signed_in"
  | "not_allowed"
  | "not_found"
  | "ambiguous"
  | "wrong_password"
  | "rate_limited"
  | "bad_file"
  | "unsupported"
  | "no_model"
  | "bad_model"
  | "worker_failed"
  | "microphone"
  | "speaker"
  | "revision_conflict"
  | "disk_full"
  | "vault"
  | "provider"
  | "network"
  | "busy"
  | "cancelled"
  | "exists"
  | "io"
  | "internal";
export type SettingValue = string | number | boolean | null | Array<string>;
/** Every setting of this scope by its key. */
export type PersonalSettings = {
  /** The speech model to transcribe with; none for the best one installed. */
  speech_model: string | null;
  /** The language that is spoken (such as en, de), or auto. */
  speech_language: string;
  /** Leave silence out before transcribing; saves time and invented words. */
  speech_vad: boolean;
  /** Transcribe while recording. */
  speech_live: boolean;
  /** The microphone's id; none for the system's default. */
  device: string | null;
  /** Stop a recording after so many minutes of silence; none for never. */
  stop_on_silence_minutes: number | null;
  /** Recording pauses with a warning below this much free disk space, in megabytes. */
  disk_floor_mb: number;
  /** What happens to sound once its transcript is complete: keep, days, until_analysed. */
  retention: "keep" | "days" | "until_analysed";
  /** With retention = days: how many days sound is kept. */
  retention_days: number;
  /** Who analyses: on-device, openai, compatible or ollama. */
  provider: "on-device" | "openai" | "compatible" | "ollama";
  /** The model of the provider in use, or of the one that is used next; none for its usual one. */
  provider_model: string | null;
  /** The address of the provider in use, or of the one that is used next: https, or http on this computer; none for its usual one. */
  provider_base_url: string | null;
  /** How freely the model words its answer, 0 to 2; sent where the model takes it, none for its own. */
  provider_temperature: number | null;
  /** At most so many US dollars for one session; none for no limit. */
  cost_limit_usd: number | null;
  /** At most so many seconds for the analysis of one session. */
  time_limit_s: number;
  /** Replace names and places before anything is sent. */
  use_pseudonyms: boolean;
  /** Names and places that are replaced before anything is sent. */
  pseudonyms: Array<string>;
  /** Show what would be sent before the first sending. */
  preview_before_sending: boolean;
  /** The emotion taxonomy in use. */
  emotion_taxonomy: "emotions.v1" | "goemotions.v1";
  /** How the window looks. */
  theme: "system" | "light" | "dark";
  /** More contrast in the window. */
  contrast: "system" | "more";
  /** Size of text in the window, in percent. */
  text_size: number;
  /** Less motion in the window. */
  motion: "system" | "reduced";
  /** The language of the window. */
  language: "en";
  /** Lock the vault after so many minutes without use; none for never. */
  idle_lock_minutes: number | null;
  /** Show how many weeks in a row had a reflection. */
  streak: boolean;
  /** Show help lines when words of crisis appear. */
  care: boolean;
  /** The country of the help lines, such as AT. */
  country: string | null;
  /** Offer a question before recording. */
  ask_questions: boolean;
  /** Show notifications of the desktop. */
  notifications: boolean;
  /** Remind to reflect at this local time (HH:MM); none for never. */
  remind_reflect: string | null;
  /** Remind to back up when the last backup is so many days old; none for never. */
  remind_backup_days: number | null;
  /** Keep a sign in the tray. */
  tray: boolean;
  /** Keys that start and stop recording from anywhere, such as Ctrl+Alt+R; none for none. */
  shortcut: string | null;
  /** Whether this vault is the sample. */
  sample: boolean;
  /** Whether the first steps were shown. */
  setup_done: boolean;
};
/** Every setting of this scope by its key. */
export type SystemSettings = {
  /** Who may create accounts on this computer. */
  who_may_create: "anyone" | "admin";
  /** The analysis providers people may choose. */
  allowed_providers: Array<string>;
  /** The hosts that analysis may talk to; this computer itself is always allowed. */
  allowed_hosts: Array<string>;
  /** How many commands a minute one account may give, window and command line together. */
  commands_per_minute: number;
  /** How many provider calls one account may begin in any minute. */
  provider_calls_per_minute: number;
  /** The speech model for accounts that chose none. */
  default_model: string | null;
  /** How much is written to the log. */
  log_level: "error" | "warn" | "info" | "debug";
};
/**
 * What a person or a script gets when something did not work.
 *
 * The message never holds private content: no transcript text, no names, no keys.
 */
export type CommandError = {
  /** Stable; to branch on. */
  code: ErrorCode;
  /** What happened, one sentence. */
  message: string;
  /** What to do next, one sentence. */
  hint: string | null;
};
/** Where a person stands at the door. */
export type Presence = "first_run" | "signed_out" | "locked" | "unlocked";
/** An account; nothing that its owner said. */
export type AccountView = {
  /** UUID v7. */
  id: string;
  /** The name to sign in with. */
  name: string;
  /** `admin` or `regular`. */
  role: Role;
  /** Whether it may not sign in. */
  disabled?: boolean;
};
/** An account in the list of an admin. */
export type AccountRow = {
  /** UUID v7. */
  id: string;
  /** The name to sign in with. */
  name: string;
  /** `admin` or `regular`. */
  role: Role;
  /** Whether it may not sign in. */
  disabled: boolean;
  /** When it was made. */
  created_at: string;
  /** When it was last signed in to by password or code; none where the audit log no longer says. */
  last_sign_in: string | null;
};
/** Who is here, and what the door offers. */
export type AccountState = {
  /** Where they stand. */
  state: Presence;
  /** Who is signed in. */
  account: AccountView | null;
  /** Who was signed in here last. */
  last_name: string | null;
  /** Whether anyone may make an account. */
  may_create: boolean;
  /** Whether there is a keychain to keep the sign-in. */
  may_stay: boolean;
};
/** What `account create` prints. The recovery code is shown this once. */
export type AccountCreated = {
  /** The new account. */
  account: AccountView;
  /** Opens the vault when the password is forgotten. */
  recovery_code: string;
};
/** All accounts. */
export type AccountRows = {
  /** By name. */
  accounts: Array<AccountRow>;
};
/** A recovery code, shown this once. */
export type RecoveryCodeView = {
  /** To be written down. */
  recovery_code: string;
};
/** How good a password is. */
export type PasswordStrength = {
  /** 0 to 4. */
  score: number;
  /** Whether it may be used. */
  acceptable: boolean;
  /** What is weak about it. */
  warning: string | null;
  /** How to make it better. */
  suggestions: Array<string>;
};
/** A place in the transcript: `text[start..end] == quote`, counted in Unicode scalar values. */
export type EvidenceView = {
  /** First character. */
  start: number;
  /** One past the last character. */
  end: number;
  /** The transcript's own words. */
  quote: string;
  /** Null for text. */
  start_ms: number | null;
  /** Null for text. */
  end_ms: number | null;
  /** `verified` or `repaired`. */
  state: EvidenceState;
};
/** An element with its evidence. */
export type ElementView = {
  /** UUID v7. */
  id: string;
  /** One of the six kinds. */
  kind: ElementKind;
  /** The node's name, or at most 80 characters. */
  label: string;
  /** Node id of an emotion or topic; null for other kinds. */
  taxonomy: string | null;
  /** 1 to 5, for emotions. */
  intensity: number | null;
  /** 0 to 1. */
  confidence: number;
  /** For beliefs. */
  stance: Stance | null;
  /** For actions. */
  status: ActionStatus | null;
  /** For actions where a date was said, `YYYY-MM-DD`. */
  due: string | null;
  /** Never empty, strongest first. */
  evidence: Array<EvidenceView>;
  /** The analyser that found it, where that is not the run's own; else null. */
  found_by: string | null;
};
/** A link between two elements. */
export type RelationshipView = {
  /** Element id. */
  from: string;
  /** Element id. */
  to: string;
  /** `triggered_by`, `about`, `leads_to`, `supports`, `contradicts` or `addresses`. */
  kind: RelationshipKind;
  /** 0 to 1. */
  confidence: number;
  /** The words that say so. */
  evidence: Array<EvidenceView>;
};
/** A missing part. */
export type HoleView = {
  /** `capture`, `transcribe` or `analyse`. */
  stage: Stage;
  /** First millisecond. */
  start_ms: number;
  /** One past the last millisecond. */
  end_ms: number;
  /** First character. */
  start: number;
  /** One past the last character. */
  end: number;
  /** Why. */
  reason: string;
};
/** A part of the text that another analyser read. */
export type SubstituteView = {
  /** Who read it: `on-device`, `openai`, … */
  provider: string;
  /** The model that read it. */
  model: string;
  /** First millisecond; 0 for text. */
  start_ms: number;
  /** One past the last millisecond; 0 for text. */
  end_ms: number;
  /** First character. */
  start: number;
  /** One past the last character. */
  end: number;
  /** What kept the run's own analyser from it. */
  why: "unusable_answer" | "was_missing";
  /** Why, in the service's words. */
  reason: string;
};
/** Shares from 0 to 1, and the holes. */
export type CoverageView = {
  /** Of the time, how much has sound. */
  captured: number;
  /** Of the sound, how much was transcribed. */
  transcribed: number;
  /** Of the text, how much was analysed. */
  analysed: number;
  /** What is missing. */
  holes: Array<HoleView>;
  /** What another analyser read in place of the run's own. */
  substitutes: Array<SubstituteView>;
};
/** A segment of a transcript. */
export type SegmentView = {
  /** Null for text. */
  start_ms: number | null;
  /** Null for text. */
  end_ms: number | null;
  /** Trimmed. */
  text: string;
  /** 0 to 1; null for text. */
  probability: number | null;
};
/** A transcript revision. */
export type TranscriptView = {
  /** From 1. */
  revision: number;
  /** ISO 639-1, where known. */
  language: string | null;
  /** The speech model; null for text. */
  model: string | null;
  /** The whole text. */
  text: string;
  /** Its segments in order. */
  segments: Array<SegmentView>;
};
/** Who analysed, and at what price. */
export type RunView = {
  /** UUID v7. */
  id: string;
  /** `on-device`, `openai`, … */
  provider: string;
  /** The model's name. */
  model: string;
  /** The version of prompt or rules. */
  prompt_version: string;
  /** Tokens sent. */
  tokens_in: number;
  /** Tokens received. */
  tokens_out: number;
  /** Null without a dated price. */
  cost_usd: number | null;
  /** How much of it came from answers that were kept: `nothing`, `some` or `all`; then nothing was sent. */
  reused: "nothing" | "some" | "all";
};
/** Why the last attempt at a stage failed. */
export type StageErrorView = {
  /** Stable. */
  code: ErrorCode;
  /** What happened and what to do. */
  message: string;
  /** `capture`, `transcribe` or `analyse`. */
  stage: Stage;
};
/** A session whole, as `show` prints it. */
export type SessionView = {
  /** UUID v7. */
  id: string;
  /** Shown in lists. */
  title: string;
  /** UTC, RFC 3339. */
  recorded_at: string;
  /** `microphone`, `audio`, `video` or `text`. */
  source: Source;
  /** Length in milliseconds; null for text. */
  duration_ms: number | null;
  /** `captured`, `transcribed` or `analysed`. */
  status: Status;
  /** Whether it was brought back after a crash. */
  recovered: boolean;
  /** The person's tags. */
  tags: Array<string>;
  /** Marked as a favourite. */
  favourite: boolean;
  /** How much of it there is, and what is missing. */
  coverage: CoverageView;
  /** The current revision; null before transcription. */
  transcript: TranscriptView | null;
  /** The accepted run; null before analysis. */
  run: RunView | null;
  /** What the run found, after the person's corrections. */
  elements: Array<ElementView>;
  /** Links between elements. */
  relationships: Array<RelationshipView>;
  /** The failure of the last attempt, if it failed. */
  error: StageErrorView | null;
};
/** A word of the transcript: characters `start..end`, spoken from `start_ms` to `end_ms`. */
export type PlacedWord = {
  /** First character. */
  start: number;
  /** One past the last character. */
  end: number;
  /** On the timeline. */
  start_ms: number;
  /** On the timeline. */
  end_ms: number;
  /** 0 to 1. */
  probability: number;
};
/** A session and what its page shows beside it. */
export type SessionPageView = {
  /** As the command line prints it. */
  session: SessionView;
  /** Empty for written text. */
  words: Array<PlacedWord>;
  /** Whether there is sound to play. */
  has_audio: boolean;
  /** Whether words of crisis were met and the person has not turned that off. */
  care: boolean;
  /** How many requests left the machine for it. */
  sent: number;
};
/** What an edit of the transcript did. */
export type EditedPage = {
  /** The session as it is now. */
  page: SessionPageView;
  /** Elements whose words stayed. */
  kept: number;
  /** Elements whose words were changed. */
  repaired: number;
  /** Elements whose words are gone. */
  dropped: number;
};
/** The strongest feeling of a session or a day. */
export type EmotionMark = {
  /** Node id. */
  taxonomy: string;
  /** Node name. */
  label: string;
  /** 1 to 5. */
  intensity: number;
};
/** A session in the list of the window. */
export type SessionRow = {
  /** UUID v7. */
  id: string;
  /** Shown in lists. */
  title: string;
  /** UTC, RFC 3339. */
  recorded_at: string;
  /** Where it came from. */
  source: Source;
  /** Null for text. */
  duration_ms: number | null;
  /** Last stage reached. */
  status: Status;
  /** The person's tags. */
  tags: Array<string>;
  /** Marked. */
  favourite: boolean;
  /** How it begins. */
  first_line: string;
  /** Its strongest feeling. */
  emotion: EmotionMark | null;
  /** How many elements it has. */
  n_elements: number;
  /** Brought back after a crash. */
  recovered: boolean;
  /** Whether the last attempt at a stage failed. */
  failed: boolean;
};
/** A page of sessions, newest first. */
export type SessionRows = {
  /** The page. */
  sessions: Array<SessionRow>;
  /** Where the next page begins. */
  next: string | null;
  /** How many match the filter. */
  total: number;
};
/** A session in the bin. */
export type BinRow = {
  /** The session. */
  session: SessionRow;
  /** When it was thrown away. */
  deleted_at: string;
  /** When it will be erased for good. */
  erased_at: string;
};
/** The bin. */
export type BinRows = {
  /** Last thrown away first. */
  sessions: Array<BinRow>;
};
/** A microphone. */
export type DeviceView = {
  /** Stays the same while the device does. */
  id: string;
  /** For people. */
  name: string;
  /** Whether the system uses it by default. */
  default: boolean;
};
/** All microphones. */
export type DeviceList = {
  /** The default first. */
  devices: Array<DeviceView>;
};
/** Where a recording stands. */
export type RecordingState = "recording" | "paused" | "stopping";
/** The recording that is under way. */
export type RecordingView = {
  /** Its session. */
  session: string;
  /** Where it stands. */
  state: RecordingState;
  /** Session time. */
  elapsed_ms: number;
  /** The microphone. */
  device: DeviceView | null;
};
/** What to warn of while recording. */
export type RecordingWarning =
  | "opening"
  | "no_signal"
  | "clipping"
  | "device_lost"
  | "disk_low"
  | "dropped_frames"
  | "long_silence";
/** What comes over the channel of a recording or of the microphone test. */
export type RecordingFrame =
  | {
      type: "level";
      /** 0 to 1. */
      peak: number;
      /** 0 to 1. */
      rms: number;
      /** Session time. */
      elapsed_ms: number;
      /** What to warn of now. */
      warnings: Array<RecordingWarning>;
      /** The microphone's name. */
      device: string | null;
      /** Frames that could not be kept. */
      dropped_frames: number;
    }
  | {
      type: "text";
      /** Will stay. */
      settled: string;
      /** May change. */
      provisional: string;
    };
/** A session that exists now; its stages follow as events. */
export type Stopped = {
  /** Its id. */
  session: string;
};
/** What was typed and is not kept yet. */
export type DraftView = {
  /** The revision that was being edited, for a session's text. */
  revision: number | null;
  /** The title; empty for a session's text. */
  title: string;
  /** The text. */
  text: string;
  /** When, RFC 3339. */
  at: string;
};
/** A stage of work as the window shows it. */
export type QueuedJob = {
  /** Identity. */
  id: string;
  /** On which session; null before there is one. */
  session: string | null;
  /** `import`, `transcribe`, `analyse` or `save`. */
  kind: JobKind;
  /** What it works on. */
  label: string;
  /** `waiting`, `running`, `done`, `failed` or `cancelled`. */
  state: JobState;
  /** 0 to 1. */
  fraction: number | null;
  /** A few words. */
  message: string | null;
  /** Estimated. */
  remaining_ms: number | null;
  /** Why it failed. */
  error: CommandError | null;
};
/** What is being worked on. */
export type Queue = {
  /** Oldest first. */
  jobs: Array<QueuedJob>;
};
/** A run of a session in the window. */
export type RunRow = {
  /** When. */
  at: string;
  /** Which transcript revision it read. */
  revision: number;
  /** Whether it is the one shown. */
  accepted: boolean;
  /** How many elements it found. */
  n_elements: number;
  /** How long it took. */
  duration_ms: number;
  /** UUID v7. */
  id: string;
  /** `on-device`, `openai`, … */
  provider: string;
  /** The model's name. */
  model: string;
  /** The version of prompt or rules. */
  prompt_version: string;
  /** Tokens sent. */
  tokens_in: number;
  /** Tokens received. */
  tokens_out: number;
  /** Null without a dated price. */
  cost_usd: number | null;
  /** How much of it came from answers that were kept: `nothing`, `some` or `all`; then nothing was sent. */
  reused: "nothing" | "some" | "all";
};
/** The runs of a session. */
export type RunRows = {
  /** Oldest first. */
  runs: Array<RunRow>;
};
/** One difference between two runs. */
export type ChangeView = {
  /** `added`, `removed` or `changed`. */
  change: "added" | "removed" | "changed";
  /** The element of the first run; null when added. */
  before: ElementView | null;
  /** The element of the second run; null when removed. */
  after: ElementView | null;
};
/** What one run changes relative to another. */
export type Diff = {
  /** In the order of the text. */
  changes: Array<ChangeView>;
};
/** One match of a search. */
export type HitView = {
  /** Session id. */
  session: string;
  /** Element id; null for a match in a transcript. */
  element: string | null;
  /** `transcript` or an element kind. */
  kind: ElementKind | "transcript";
  /** What the element is called; null for a match in a transcript. */
  label: string | null;
  /** First character of the match in the transcript. */
  start: number;
  /** One past the last character. */
  end: number;
  /** Words around the match. */
  snippet: string;
  /** Higher is better. */
  score: number;
};
/** A match of a search in the window. */
export type FoundHit = {
  /** The node of an emotion or topic. */
  taxonomy: string | null;
  /** The session's title. */
  title: string;
  /** When it was said. */
  recorded_at: string;
  /** Characters of the snippet that matched. */
  marks: Array<[number, number]>;
  /** Session id. */
  session: string;
  /** Element id; null for a match in a transcript. */
  element: string | null;
  /** `transcript` or an element kind. */
  kind: ElementKind | "transcript";
  /** What the element is called; null for a match in a transcript. */
  label: string | null;
  /** First character of the match in the transcript. */
  start: number;
  /** One past the last character. */
  end: number;
  /** Words around the match. */
  snippet: string;
  /** Higher is better. */
  score: number;
};
/** A page of matches in the window. */
export type SearchResult = {
  /** Best first. */
  hits: Array<FoundHit>;
  /** Where the next page begins. */
  next: string | null;
  /** How many of the newest matches were ranked. */
  ranked: number;
};
/** A speech model in the window. */
export type ModelRow = {
  /** Its name. */
  name: string;
  /** For people. */
  title: string;
  /** Size. */
  bytes: number;
  /** Whether it knows English alone. */
  english_only: boolean;
  /** Minutes of speech per minute of work, roughly. */
  speed: number;
  /** 0 to 1, roughly. */
  accuracy: number;
  /** The one for this computer. */
  recommended: boolean;
  /** `available`, `downloading`, `paused`, `installed` or `failed`. */
  state: "available" | "downloading" | "paused" | "installed" | "failed";
  /** Of a download. */
  fraction: number | null;
  /** Whether transcription uses it. */
  in_use: boolean;
  /** Why its download failed. */
  error: CommandError | null;
};
/** The speech models. */
export type ModelRows = {
  /** Smallest first. */
  models: Array<ModelRow>;
};
/** An analysis provider. */
export type ProviderRow = {
  /** Its name. */
  name: string;
  /** For people. */
  title: string;
  /** Whether it runs on this computer. */
  local: boolean;
  /** Whether it wants a key. */
  needs_key: boolean;
  /** Whether a key is kept. */
  has_key: boolean;
  /** Whether it analyses. */
  in_use: boolean;
  /** Where requests go. */
  host: string | null;
  /** Its address. */
  base_url: string | null;
  /** The chosen model. */
  model: string | null;
  /** Whether an admin allows it. */
  allowed: boolean;
};
/** The analysis providers. */
export type ProviderRows = {
  /** The on-device one first. */
  providers: Array<ProviderRow>;
};
/** What a provider said to a test. */
export type ProviderAnswer = {
  /** Whether it works. */
  ok: boolean;
  /** The service's own words. */
  message: string;
  /** What models it offers. */
  models: Array<string>;
};
/** What an analysis would send. */
export type Preview = {
  /** To whom; null for nobody. */
  host: string | null;
  /** Byte for byte. */
  body: string;
  /** Its length. */
  bytes: number;
  /** Estimated. */
  tokens: number | null;
  /** Estimated, where a dated price is known. */
  cost_usd: number | null;
  /** Pseudonyms in place. */
  replaced: Array<Replacement>;
};
/** A request that left this machine. */
export type LedgerView = {
  /** UUID v7. */
  id: string;
  /** Session id; null where it was not for one, or after it was erased. */
  session: string | null;
  /** What for. */
  purpose: string;
  /** Scheme, host and port. */
  host: string;
  /** Method and path. */
  target: string;
  /** When it was recorded, which is before it was sent. */
  at: string;
  /** Length of the body. */
  bytes_out: number;
  /** SHA-256 of the body, hexadecimal. */
  body_sha256: string;
  /** The body as sent; null after its session was erased, and in lists. */
  body: string | null;
  /** What came back; null while under way. */
  outcome: string | null;
  /** HTTP status. */
  status: number | null;
  /** Bytes received. */
  bytes_in: number;
  /** Tokens sent. */
  tokens_in: number | null;
  /** Tokens received. */
  tokens_out: number | null;
  /** Null without a dated price. */
  cost_usd: number | null;
};
/** The ledger, newest first. */
export type LedgerList = {
  /** Its lines. */
  ledger: Array<LedgerView>;
};
/** A name or place and what stands for it. */
export type Replacement = {
  /** As it is said. */
  original: string;
  /** As it is sent. */
  replacement: string;
};
/** Pseudonyms. */
export type Replacements = {
  /** The person's list. */
  pseudonyms: Array<Replacement>;
  /** Names met in sessions that are not in it. */
  candidates: Array<string>;
};
/** A line of the audit log. */
export type AuditView = {
  /** When. */
  at: string;
  /** Who did it; null for the program itself. */
  who: string | null;
  /** What was done. */
  what: string;
  /** To whom or what. */
  on: string | null;
  /** How often; more than 1 where one line stands for what was done again and again. */
  times: number;
  /** When it was done last, where that was more than once. */
  last_at: string | null;
};
/** The audit log, newest first. */
export type AuditList = {
  /** Its lines. */
  audit: Array<AuditView>;
};
/** Whether a backup is due. */
export type BackupState = {
  /** When the last was made. */
  last_at: string | null;
  /** Whether to remind. */
  due: boolean;
};
/** A backup that was made. */
export type BackupDone = {
  /** Without its folder. */
  file_name: string;
  /** Its size. */
  bytes: number;
  /** When. */
  at: string;
};
/** A backup that was brought back. */
export type RestoreDone = {
  /** The account it became; it opens with the password that it had then. */
  account: AccountView;
};
/** One health check. */
export type CheckView = {
  /** What was checked. */
  name: string;
  /** `ok`, `warning`, `failed` or `skipped`. */
  state: "ok" | "warning" | "failed" | "skipped";
  /** What was found. */
  measured: string;
  /** What to do; empty when all is well. */
  advice: string;
};
/** All health checks. */
export type DoctorView = {
  /** In the order in which they were made. */
  checks: Array<CheckView>;
};
/** A day of the calendar. */
export type DayMark = {
  /** `YYYY-MM-DD`, local. */
  date: string;
  /** How many. */
  sessions: number;
  /** The strongest feeling. */
  emotion: EmotionMark | null;
};
/** A year of days. */
export type Calendar = {
  /** Which. */
  year: number;
  /** Of the first session. */
  first_year: number;
  /** Those with sessions. */
  days: Array<DayMark>;
};
/** How steady the habit is, gently. */
export type Streak = {
  /** In a row with at least one session. */
  weeks: number;
  /** With a session. */
  days_this_week: number;
};
/** A tag. */
export type TagRow = {
  /** As written. */
  tag: string;
  /** How many carry it. */
  sessions: number;
};
/** All tags. */
export type TagRows = {
  /** By name. */
  tags: Array<TagRow>;
};
/** A question to begin with. */
export type Question = {
  /** Stable. */
  id: string;
  /** The question. */
  text: string;
  /** Where it comes from, if from an earlier session. */
  session: string | null;
};
/** Questions to choose from. */
export type Questions = {
  /** A few. */
  questions: Array<Question>;
};
/** A help line. */
export type HelpLine = {
  /** Who answers. */
  name: string;
  /** Number or address. */
  contact: string;
  /** When. */
  hours: string;
  /** Where this stands. */
  source: string;
  /** When it was looked up. */
  as_of: string;
};
/** A country with help lines. */
export type Country = {
  /** ISO 3166-1. */
  code: string;
  /** For people. */
  name: string;
};
/** Help lines of a country. */
export type CrisisHelp = {
  /** Which. */
  country: string;
  /** Those there are. */
  countries: Array<Country>;
  /** Of this one. */
  lines: Array<HelpLine>;
};
/** A node of a tree. */
export type TaxonomyNode = {
  /** Stable. */
  id: string;
  /** Null for a root. */
  parent: string | null;
  /** For people. */
  name: string;
  /** One line. */
  definition: string;
};
/** A tree of emotions or topics. */
export type TaxonomyTree = {
  /** Parents first. */
  nodes: Array<TaxonomyNode>;
};
/** A node with what was found at it. */
export type TaxonomyNodeView = {
  /** Stable. */
  id: string;
  /** Null for a root. */
  parent: string | null;
  /** For people. */
  name: string;
  /** One line. */
  definition: string;
  /** Whether the person added it. */
  own: boolean;
  /** Elements at it. */
  elements: number;
  /** Elements at nodes below it. */
  elements_below: number;
};
/** A change of a tree. */
export type TaxonomyChangeView = {
  /** `rename`, `merge`, `split` or `add`. */
  change: string;
  /** When, RFC 3339. */
  at: string;
};
/** A tree as the person changed it. */
export type TaxonomyView = {
  /** `emotions` or `topics`. */
  taxonomy: "emotions" | "topics";
  /** Of the shipped tree, such as `emotions.v1`. */
  version: string;
  /** Parents before children. */
  nodes: Array<TaxonomyNodeView>;
  /** The person's changes that hold, oldest first. */
  changes: Array<TaxonomyChangeView>;
};
/** One place where a thread came up. */
export type ThreadElementView = {
  /** Element id. */
  element: string;
  /** Session id. */
  session: string;
  /** The session's title. */
  title: string;
  /** When the session was recorded, RFC 3339. */
  recorded_at: string;
  /** The words it rests on. */
  quote: string;
  /** For actions. */
  status: string | null;
};
/** A thread that looks alike. */
export type SuggestionView = {
  /** Its id. */
  thread: string;
  /** Its words. */
  label: string;
  /** How alike, 0 to 1. */
  similarity: number;
};
/** A thread, and those that may be the same. */
export type ThreadQuestion = {
  /** UUID v7. */
  id: string;
  /** `belief`, `challenge` or `action`. */
  kind: ElementKind;
  /** In the words in which it came up first. */
  label: string;
  /** Those that may be the same; the person says. */
  others: Array<SuggestionView>;
};
/** A thread in a list. */
export type ThreadLine = {
  /** UUID v7. */
  id: string;
  /** `belief`, `challenge` or `action`. */
  kind: ElementKind;
  /** In the words in which it came up first. */
  label: string;
  /** In how many sessions it came up. */
  sessions: number;
  /** When it came up last, RFC 3339. */
  last: string;
};
/** What the window shows of threads at first sight. */
export type ThreadPage = {
  /** Threads that may be the same as others, those that came up most first; each pair once. */
  questions: Array<ThreadQuestion>;
  /** Threads that came up in more than one session, those in most first. */
  again: Array<ThreadLine>;
  /** Whether there are more of either. */
  more: boolean;
  /** How many sessions no thread has looked at yet. */
  unwoven: number;
};
/** Where a thread came up. */
export type ThreadPlaces = {
  /** Newest first. */
  places: Array<ThreadElementView>;
  /** Whether there are more. */
  more: boolean;
};
/** The shape of a recording. */
export type Waveform = {
  /** 0 to 1. */
  peaks: Array<number>;
};
/** What is being played. */
export type Playback = {
  /** Which session. */
  session: string | null;
  /** Whether it sounds. */
  playing: boolean;
  /** On the timeline. */
  position_ms: number;
  /** 1 is as spoken. */
  rate: number;
  /** Whether silence is left out. */
  skip_silence: boolean;
  /** Whether it stopped because the speaker or the sound gave out. */
  broke_off: boolean;
};
/** Which sessions the window lists. */
export type WindowFilter = {
  /** First day. */
  from: string | null;
  /** Last day. */
  to: string | null;
  /** With this tag. */
  tag: string | null;
  /** Favourites only. */
  favourite: boolean | null;
  /** With this feeling or one below it. */
  emotion: string | null;
};
