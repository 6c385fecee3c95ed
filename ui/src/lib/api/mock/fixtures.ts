import type * as V from "../gen/views";

export const defaults: V.PersonalSettings = {
  theme: "system",
  contrast: "system",
  text_size: 100,
  motion: "system",
  language: "en",
  speech_language: "auto",
  speech_model: "base.en",
  speech_vad: true,
  speech_live: true,
  disk_floor_mb: 500,
  emotion_taxonomy: "emotions.v1",
  provider: "on-device",
  provider_model: null,
  provider_base_url: null,
  provider_temperature: null,
  time_limit_s: 600,
  pseudonyms: [],
  device: null,
  ask_questions: true,
  stop_on_silence_minutes: null,
  retention: "keep",
  retention_days: 30,
  idle_lock_minutes: 10,
  preview_before_sending: true,
  use_pseudonyms: false,
  cost_limit_usd: 0.5,
  streak: true,
  care: true,
  country: null,
  notifications: false,
  remind_reflect: null,
  remind_backup_days: 30,
  tray: false,
  shortcut: null,
  sample: false,
  setup_done: false,
};

export const systemDefaults: V.SystemSettings = {
  who_may_create: "admin",
  allowed_providers: ["on-device", "openai", "ollama", "compatible"],
  allowed_hosts: [],
  commands_per_minute: 600,
  provider_calls_per_minute: 30,
  default_model: "base.en",
  log_level: "info",
};

const model = (
  name: string,
  title: string,
  megabytes: number,
  speed: number,
  accuracy: number,
  more: Partial<V.ModelRow> = {},
): V.ModelRow => ({
  name,
  title,
  bytes: megabytes * 1_000_000,
  english_only: name.endsWith(".en"),
  speed,
  accuracy,
  recommended: false,
  state: "available",
  fraction: null,
  in_use: false,
  error: null,
  ...more,
});

export const models = (): V.ModelRow[] => [
  model("tiny.en", "Tiny", 78, 22, 0.45),
  model("base.en", "Base", 148, 12, 0.6, { recommended: true, state: "installed", in_use: true }),
  model("base", "Base", 148, 12, 0.6),
  model("small.en", "Small", 488, 4, 0.75),
  model("small", "Small", 488, 4, 0.75, { state: "paused", fraction: 0.42 }),
  model("large-v3-turbo", "Large, turbo", 1624, 1.2, 0.95),
];

export const questions: V.Question[] = [
  { id: "q1", text: "You wanted to call Jonas on Sundays. How has that been?", session: null },
  { id: "q2", text: "What took more strength today than it should have?", session: null },
  { id: "q3", text: "Which moment of today would you keep?", session: null },
  { id: "q4", text: "What are you putting off, and what would the first step be?", session: null },
];

const countries = [
  { code: "DE", name: "Germany" },
  { code: "GB", name: "United Kingdom" },
  { code: "US", name: "United States" },
];

export function helpLines(country: string | null): V.CrisisHelp {
  const chosen = country ?? "GB";
  const lines: V.HelpLine[] =
    chosen === "GB"
      ? [
          {
            name: "A listening line",
            contact: "000 000",
            hours: "day and night",
            source: "the sample notebook",
            as_of: "2026-11-01",
          },
          {
            name: "A line by text message",
            contact: "Text HELLO to 00000",
            hours: "day and night",
            source: "the sample notebook",
            as_of: "2026-11-01",
          },
        ]
      : [];
  return { country: chosen, countries, lines };
}

const node = (id: string, name: string): V.TaxonomyNode => ({
  id,
  parent: id.includes(".") ? id.slice(0, id.lastIndexOf(".")) : null,
  name,
  definition: "",
});

export const tree: V.TaxonomyNode[] = [
  node("joy", "Joy"),
  node("joy.calm", "Calm"),
  node("joy.gratitude", "Gratitude"),
  node("joy.hope", "Hope"),
  node("joy.pride", "Pride"),
  node("joy.relief", "Relief"),
  node("love", "Love"),
  node("love.affection", "Affection"),
  node("love.longing", "Longing"),
  node("surprise", "Surprise"),
  node("surprise.astonishment", "Astonishment"),
  node("anger", "Anger"),
  node("anger.irritation", "Irritation"),
  node("sadness", "Sadness"),
  node("sadness.loneliness", "Loneliness"),
  node("sadness.shame", "Shame"),
  node("fear", "Fear"),
  node("fear.anxiety", "Anxiety"),
  node("fear.anxiety.worry", "Worry"),
];
