import type { EventMap } from "./gen/commands";
import type * as V from "./gen/views";
import { day } from "$lib/text/format";
import { opening } from "$lib/text/paragraphs";
import { root } from "$lib/emotion";
import {
  id,
  notebook,
  session as makeSession,
  strongest,
  summary,
  type Stored,
} from "./mock/notebook";
import { defaults, helpLines, models, questions, systemDefaults, tree } from "./mock/fixtures";
import { heard } from "./mock/speech";
import { threads as makeThreads, trees } from "./mock/trees";
import {
  Failure,
  type Args,
  type Command,
  type EventName,
  type Result,
  type Transport,
} from "./transport";

export interface MockOptions {
  /** Where the person stands when the window opens. */
  state?: V.AccountState["state"];
  role?: V.Role;
  /** Short sessions beside the samples; null: an empty notebook. */
  more?: number | null;
  now?: () => Date;
  /** Answers take this long, ms. */
  delay?: number;
  /** How much faster than life recordings, jobs and downloads run. */
  speed?: number;
  /** The names of the files that the person chooses for an import. */
  chosen?: string[];
  /** Commands that fail, each with its error. */
  failing?: Partial<Record<Command, V.CommandError>>;
  /** Commands that never answer. */
  hanging?: Command[];
  settings?: Partial<V.PersonalSettings>;
  devices?: V.DeviceView[];
  /** What every recording warns of. */
  warnings?: V.RecordingWarning[];
}

export interface Mock extends Transport {
  emit<E extends EventName>(event: E, payload: EventMap[E]): void;
  /** Every command in the order of its call. */
  readonly calls: Array<{ command: Command; args: unknown }>;
  /** Makes a command fail from now on, or no longer. */
  fail(command: Command, error: V.CommandError | null): void;
  /** Gives a command this answer from now on. */
  answer<C extends Command>(command: C, result: Result<C>): void;
  readonly store: Stored[];
}

type Handlers = { [C in Command]: (args: Args<C>) => Result<C> | Promise<Result<C>> };

const PASSWORD = "a quiet morning in june";
const PASSPHRASE = "four uncommon words suffice";
const CODE = "K7QF-2MXT-9HRD-W3PA-6ZNE-B8VC-J4LS";

const refuse = (code: V.ErrorCode, message: string, hint: string | null = null): never => {
  throw new Failure({ code, message, hint });
};

/** The core's twin in memory: the same commands, a notebook of somebody who does not exist. */
export function mock(options: MockOptions = {}): Mock {
  const now = options.now ?? (() => new Date());
  const speed = options.speed ?? 1;
  const delay = options.delay ?? 0;
  const answers = new Map<Command, unknown>();
  const failing = new Map(Object.entries(options.failing ?? {})) as Map<Command, V.CommandError>;
  const calls: Mock["calls"] = [];
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const after = (ms: number, action: () => void) => setTimeout(action, ms / speed);

  let store: Stored[] = options.more === null ? [] : notebook(now(), options.more ?? 60);
  let state = options.state ?? "unlocked";
  const words = trees(() => store, now);
  const threads = makeThreads(() => store);
  let sampleOpen: { state: V.AccountState["state"]; store: Stored[] } | null = null;
  let account: V.AccountView | null =
    state === "first_run" ? null : { id: id(1), name: "Mira", role: options.role ?? "admin" };
  let password = PASSWORD;
  let wrong = 0;
  let number = 100_000;
  let settings: V.PersonalSettings = { ...defaults, setup_done: true, ...options.settings };
  let system = { ...systemDefaults };
  let available = models().map((it) =>
    settings.speech_model === null ? { ...it, in_use: false } : it,
  );
  let providers: V.ProviderRow[] = [
    {
      name: "on-device",
      title: "On this computer",
      local: true,
      needs_key: false,
      has_key: false,
      in_use: true,
      host: null,
      base_url: null,
      model: "elements.v1",
      allowed: true,
    },
    {
      name: "openai",
      title: "OpenAI",
      local: false,
      needs_key: true,
      has_key: false,
      in_use: false,
      host: "api.openai.com",
      base_url: "https://api.openai.com/v1",
      model: "gpt-4o-mini",
      allowed: true,
    },
    {
      name: "ollama",
      title: "Ollama",
      local: true,
      needs_key: false,
      has_key: false,
      in_use: false,
      host: "127.0.0.1:11434",
      base_url: "http://127.0.0.1:11434",
      model: "llama3.1:8b",
      allowed: true,
    },
    {
      name: "compatible",
      title: "Another server",
      local: false,
      needs_key: false,
      has_key: false,
      in_use: false,
      host: null,
      base_url: null,
      model: null,
      allowed: true,
    },
  ];
  const accounts: V.AccountRow[] = [
    {
      id: id(1),
      name: "Mira",
      role: options.role ?? "admin",
      disabled: false,
      created_at: "2025-10-02T08:00:00Z",
      last_sign_in: now().toISOString(),
    },
    {
      id: id(2),
      name: "Tomas",
      role: "regular",
      disabled: false,
      created_at: "2026-03-14T08:00:00Z",
      last_sign_in: null,
    },
  ];
  let pseudonyms: V.Replacement[] = [{ original: "Jonas", replacement: "Anton" }];
  let jobs: V.QueuedJob[] = [];
  let lastBackup: string | null = null;
  let recording: (V.RecordingView & { ticks: number }) | null = null;
  let frames: ((frame: V.RecordingFrame) => void) | null = null;
  let ticking: ReturnType<typeof setInterval> | null = null;
  let testing: ReturnType<typeof setInterval> | null = null;
  let playing: ReturnType<typeof setInterval> | null = null;
  let playback: V.Playback & { to_ms: number | null } = {
    session: null,
    playing: false,
    position_ms: 0,
    rate: 1,
    skip_silence: false,
    broke_off: false,
    to_ms: null,
  };
  const drafts = new Map<string | null, V.DraftView>();
  const undone = new Map<string, { session: string; element: V.ElementView }>();
  const edits = new Map<string, V.RunRow[]>();
  const devices: V.DeviceView[] = options.devices ?? [
    { id: "built-in", name: "Built-in microphone", default: true },
    { id: "usb", name: "USB condenser microphone", default: false },
  ];

  function emit<E extends EventName>(event: E, payload: EventMap[E]): void {
    for (const handler of listeners.get(event) ?? [])
      (handler as (p: EventMap[E]) => void)(payload);
  }

  const accountState = (): V.AccountState => ({
    state,
    account: state === "unlocked" ? account : null,
    last_name: account?.name ?? null,
    may_create: true,
    may_stay: true,
  });
  const find = (wanted: string): Stored =>
    store.find((it) => it.page.session.id === wanted) ??
    refuse("not_found", "this session is not here any more", "It may have been erased.");
  const live = () => store.filter((it) => it.deleted_at === null);
  const ofElement = (element: string) => {
    for (const stored of store) {
      const found = stored.page.session.elements.find((it) => it.id === element);
      if (found) return { stored, element: found };
    }
    return refuse("not_found", "this element is not here any more");
  };
  const changed = (session: string) => {
    emit("session_changed", { id: session });
    emit("sessions_changed", null);
  };
  const page = ({ page }: Stored): V.SessionPageView => structuredClone(page);

  function level(tick: number, ms: number): V.RecordingFrame {
    const voice = Math.abs(Math.sin(tick / 3)) * Math.abs(Math.sin(tick / 17 + 1)) * 0.8;
    const rms = 0.04 + voice * 0.35;
    return {
      type: "level",
      peak: Math.min(1, rms * 1.9),
      rms,
      elapsed_ms: ms,
      warnings: options.warnings ?? [],
      device: null,
      dropped_frames: 0,
    };
  }

  function record(): void {
    ticking = setInterval(() => {
      if (recording?.state !== "recording") return;
      recording.ticks++;
      recording.elapsed_ms += 50 * speed;
      frames?.(level(recording.ticks, recording.elapsed_ms));
      if (recording.ticks % 5 === 0) {
        const words = heard.split(" ");
        const said = Math.min(words.length, Math.floor(recording.elapsed_ms / 330));
        const settled = Math.floor(said / 6) * 6;
        frames?.({
          type: "text",
          settled: words.slice(0, settled).join(" "),
          provisional: words.slice(settled, said).join(" "),
        });
      }
    }, 50);
  }

  function job(kind: V.JobKind, session: string | null, label: string): V.QueuedJob {
    const it: V.QueuedJob = {
      id: id(number++),
      session,
      kind,
      label,
      state: "waiting",
      fraction: null,
      message: null,
      remaining_ms: null,
      error: null,
    };
    jobs = [...jobs, it];
    return it;
  }

  function run(it: V.QueuedJob, ms: number, done: () => void): void {
    const steps = 12;
    const step = (n: number) => {
      if (it.state === "cancelled") return;
      it.state = n < steps ? "running" : "done";
      it.fraction = n / steps;
      it.remaining_ms = Math.round(ms * (1 - n / steps));
      if (n === steps) {
        jobs = jobs.filter((other) => other.id !== it.id);
        done();
      }
      emit("progress", { ...it });
      if (n < steps) after(ms / steps, () => step(n + 1));
    };
    after(0, () => step(0));
  }

  function pipeline(stored: Stored, text: string): void {
    const { session } = stored.page;
    const finished = makeSession(
      {
        ago: 0,
        hour: now().getHours(),
        title: session.title,
        source: session.source,
        text: [text],
        elements: elementsOf(text),
      },
      number++,
      now(),
    ).page;
    const analyse = () => {
      if (settings.provider !== "on-device" && settings.preview_before_sending) return;
      const it = job("analyse", session.id, session.title);
      run(it, 2400, () => {
        session.status = "analysed";
        session.elements = finished.session.elements;
        session.run = finished.session.run;
        session.coverage = finished.session.coverage;
        after(0, () => changed(session.id));
      });
    };
    if (session.source === "text") {
      analyse();
      return;
    }
    const it = job("transcribe", session.id, session.title);
    run(it, 1800, () => {
      session.status = "transcribed";
      session.transcript = finished.session.transcript;
      session.duration_ms = finished.session.duration_ms;
      stored.page.words = finished.words;
      changed(session.id);
      analyse();
    });
  }

  function elementsOf(text: string) {
    const found = /(?:I feel|I am|I was) [^.,;]+/u.exec(text);
    const plan = /I (?:will|want to) [^.,;]+/u.exec(text);
    return [
      ...(found
        ? [
            {
              kind: "emotion" as const,
              label: "Relief",
              taxonomy: "joy.relief",
              intensity: 3,
              confidence: 0.78,
              quote: found[0],
            },
          ]
        : []),
      ...(plan
        ? [
            {
              kind: "action" as const,
              label: plan[0].replace(/^I (?:will|want to) /u, ""),
              confidence: 0.81,
              quote: plan[0],
            },
          ]
        : []),
    ];
  }

  function fresh(source: V.Source, title: string, text: string | null): Stored {
    const made = makeSession(
      { ago: 0, hour: now().getHours(), title, source, text: [text ?? "-"], elements: [] },
      number++,
      now(),
    );
    const { session } = made.page;
    session.status = text === null ? "captured" : "transcribed";
    session.run = null;
    if (text === null) {
      session.transcript = null;
      made.page.words = [];
      session.coverage = { captured: 1, transcribed: 0, analysed: 0, holes: [], substitutes: [] };
    }
    store = [made, ...store];
    emit("sessions_changed", null);
    return made;
  }

  function list(rows: Stored[], limit: number, cursor: string | null): V.SessionRows {
    const from = cursor === null ? 0 : rows.findIndex((it) => it.page.session.id === cursor) + 1;
    const part = rows.slice(from, from + limit);
    const last = part.at(-1);
    return {
      sessions: part.map(summary),
      next: last && from + limit < rows.length ? last.page.session.id : null,
      total: rows.length,
    };
  }

  function runsOf(stored: Stored): V.RunRow[] {
    const existing = edits.get(stored.page.session.id);
    if (existing) return existing;
    const { run, recorded_at, elements } = stored.page.session;
    if (run === null) return [];
    const rows: V.RunRow[] = [
      {
        ...run,
        at: recorded_at,
        revision: 1,
        accepted: true,
        n_elements: elements.length,
        duration_ms: 140,
      },
      {
        ...run,
        id: id(number++),
        model: "elements.v0",
        at: recorded_at,
        revision: 1,
        accepted: false,
        n_elements: Math.max(0, elements.length - 2),
        duration_ms: 120,
      },
    ];
    edits.set(stored.page.session.id, rows);
    return rows;
  }

  function accept(stored: Stored, run: string): void {
    const rows = runsOf(stored);
    for (const row of rows) row.accepted = row.id === run;
    const { session } = stored.page;
    if (session.run && rows.length > 0) session.run = { ...session.run, id: run };
  }

  function play(): void {
    if (playing !== null) clearInterval(playing);
    playing = setInterval(() => {
      if (!playback.playing || playback.session === null) return;
      playback.position_ms += 80 * playback.rate;
      const end = playback.to_ms ?? find(playback.session).page.session.duration_ms ?? 0;
      if (playback.position_ms >= end) {
        playback.playing = false;
        playback.to_ms = null;
        if (playing !== null) clearInterval(playing);
      }
      emit("playback", playbackView());
    }, 80);
  }
  const playbackView = (): V.Playback => ({
    session: playback.session,
    playing: playback.playing,
    position_ms: Math.round(playback.position_ms),
    rate: playback.rate,
    skip_silence: playback.skip_silence,
    broke_off: playback.broke_off,
  });

  function accountRow(name: string, change: (row: V.AccountRow) => void): V.AccountRows {
    const row = accounts.find((it) => it.name === name);
    if (row === undefined) return refuse("not_found", "there is no such account");
    change(row);
    return { accounts: structuredClone(accounts) };
  }

  const handlers: Handlers = {
    app_ready: () => null,
    account_state: accountState,
    password_strength: ({ password }) => {
      const score = Math.min(4, Math.floor(password.length / 4));
      return {
        score,
        acceptable: score >= 3,
        warning: password !== "" && score < 3 ? "This could be guessed." : null,
        suggestions: score < 3 ? ["Add another word or two. Uncommon words are better."] : [],
      };
    },
    account_create: ({ name, password: chosen }) => {
      if (accounts.some((it) => it.name === name) && state !== "first_run")
        return refuse("exists", "there is already an account of that name", "Choose another name.");
      // Made by whoever locked the window, who stays the one that is here.
      if (state === "locked")
        return { account: { id: id(number++), name, role: "regular" }, recovery_code: CODE };
      account = { id: id(number++), name, role: state === "first_run" ? "admin" : "regular" };
      password = chosen;
      store = [];
      settings = { ...settings, setup_done: false };
      state = "unlocked";
      return { account, recovery_code: CODE };
    },
    sign_in: ({ name, password: given }) => {
      if (given !== password || name === "") {
        wrong++;
        return wrong > 4
          ? refuse("rate_limited", "too many attempts", "Try again in 30 seconds.")
          : refuse(
              "wrong_password",
              "that name and password do not belong together",
              "Check the keyboard’s language and try again, or use your recovery code.",
            );
      }
      wrong = 0;
      account ??= { id: id(1), name, role: "admin" };
      state = "unlocked";
      return accountState();
    },
    sign_out: () => {
      state = "signed_out";
      return accountState();
    },
    lock: () => {
      state = "locked";
      emit("locked", { reason: "asked" });
      return accountState();
    },
    recover: ({ recovery_code, new_password }) => {
      if (recovery_code.replace(/[\s-]/gu, "").toUpperCase() !== CODE.replace(/-/gu, ""))
        return refuse(
          "wrong_password",
          "this is not the recovery code of that notebook",
          "Each group has four characters. The letters O and I are never used.",
        );
      password = new_password;
      state = "unlocked";
      return accountState();
    },
    whoami: () => account ?? refuse("not_signed_in", "nobody is signed in"),
    change_password: ({ password: given, new_password }) => {
      if (given !== password) return refuse("wrong_password", "that is not the current password");
      password = new_password;
      return null;
    },
    new_recovery_code: ({ password: given }) =>
      given === password
        ? { recovery_code: CODE }
        : refuse("wrong_password", "that is not the current password"),
    confirm_recovery_code: ({ recovery_code }) =>
      recovery_code === CODE ? null : refuse("wrong_password", "this code does not work"),
    erase_everything: ({ password: given }) => {
      if (given !== password) return refuse("wrong_password", "that is not the current password");
      store = [];
      account = null;
      state = "first_run";
      return accountState();
    },
    accounts_list: () => ({ accounts: structuredClone(accounts) }),
    account_role: ({ name, role }) => accountRow(name, (row) => (row.role = role)),
    account_disable: ({ name }) => accountRow(name, (row) => (row.disabled = true)),
    account_enable: ({ name }) => accountRow(name, (row) => (row.disabled = false)),
    account_delete: ({ name }) => {
      accounts.splice(
        accounts.findIndex((it) => it.name === name),
        1,
      );
      return { accounts: structuredClone(accounts) };
    },

    devices: () => ({ devices }),
    microphone_test_start: ({ channel }) => {
      let tick = 0;
      testing = setInterval(() => channel(level(tick++, tick * 50)), 50);
      return null;
    },
    microphone_test_stop: () => {
      if (testing !== null) clearInterval(testing);
      return null;
    },
    record_start: ({ channel, device }) => {
      if (devices.length === 0)
        return refuse("microphone", "no microphone was found", "Plug one in, or write instead.");
      const stored = fresh("microphone", d(now()), null);
      stored.deleted_at = "recording";
      frames = channel;
      recording = {
        session: stored.page.session.id,
        state: "recording",
        elapsed_ms: 0,
        device: devices.find((it) => it.id === device) ?? devices[0] ?? null,
        ticks: 0,
      };
      record();
      emit("recording", recordingView());
      return recordingView() ?? refuse("internal", "the recording did not start");
    },
    record_watch: ({ channel }) => {
      frames = channel;
      return recordingView();
    },
    record_state: () => recordingView(),
    record_device: ({ device }) => {
      if (recording) recording.device = devices.find((it) => it.id === device) ?? null;
      return recordingView() ?? refuse("not_found", "nothing is being recorded");
    },
    record_pause: () => {
      if (recording) recording.state = "paused";
      emit("recording", recordingView());
      return recordingView() ?? refuse("not_found", "nothing is being recorded");
    },
    record_resume: () => {
      if (recording) recording.state = "recording";
      emit("recording", recordingView());
      return recordingView() ?? refuse("not_found", "nothing is being recorded");
    },
    record_stop: () => {
      if (recording === null) return refuse("not_found", "nothing is being recorded");
      if (ticking !== null) clearInterval(ticking);
      const stored = find(recording.session);
      stored.deleted_at = null;
      stored.page.session.duration_ms = recording.elapsed_ms;
      recording = null;
      frames = null;
      emit("recording", null);
      emit("sessions_changed", null);
      pipeline(stored, heard);
      return { session: stored.page.session.id };
    },
    write: ({ title, text }) => {
      const stored = fresh("text", title ?? opening(text, 40), text);
      pipeline(stored, text);
      if (drafts.get(null)?.text === text) drafts.delete(null);
      return { session: stored.page.session.id };
    },
    draft_get: ({ session }) => {
      if (state !== "unlocked") return refuse("not_signed_in", "the notebook is locked");
      if (session !== null) find(session);
      return drafts.get(session) ?? null;
    },
    draft_set: ({ session, revision, title, text }) => {
      if (state !== "unlocked") return refuse("not_signed_in", "the notebook is locked");
      if (session !== null) find(session);
      if (title === "" && text === "") drafts.delete(session);
      else if (session !== null && revision === null)
        return refuse("usage", "an edited text belongs to a revision");
      else drafts.set(session, { revision, title, text, at: now().toISOString() });
      return null;
    },
    import_choose: () => importing(options.chosen ?? ["voice-note.m4a", "morning.txt"]),
    queue: () => ({ jobs: structuredClone(jobs) }),
    cancel_job: ({ job }) => {
      const it = jobs.find((other) => other.id === job);
      if (it) {
        it.state = "cancelled";
        jobs = jobs.filter((other) => other !== it);
        emit("progress", { ...it, label: "", fraction: null, message: null });
      }
      return null;
    },

    sessions: ({ filter, limit, after }) =>
      list(
        live().filter(({ page }) => {
          const { session } = page;
          const date = day(new Date(session.recorded_at));
          return (
            (filter.from === null || date >= filter.from) &&
            (filter.to === null || date <= filter.to) &&
            (filter.tag === null || session.tags.includes(filter.tag)) &&
            (filter.favourite === null || session.favourite === filter.favourite) &&
            (filter.emotion === null ||
              session.elements.some((it) => root(it.taxonomy) === filter.emotion))
          );
        }),
        limit,
        after,
      ),
    session: ({ id }) => page(find(id)),
    rename: ({ id, title }) => {
      find(id).page.session.title = title;
      changed(id);
      return null;
    },
    tag: ({ id, tags }) => {
      find(id).page.session.tags = [...tags];
      changed(id);
      return null;
    },
    favourite: ({ id, favourite }) => {
      find(id).page.session.favourite = favourite;
      changed(id);
      return null;
    },
    bin: ({ id }) => {
      find(id).deleted_at = now().toISOString();
      changed(id);
      return null;
    },
    unbin: ({ id }) => {
      find(id).deleted_at = null;
      changed(id);
      return null;
    },
    erase: ({ id }) => {
      store = store.filter((it) => it.page.session.id !== id);
      drafts.delete(id);
      emit("sessions_changed", null);
      return null;
    },
    bin_list: () => ({
      sessions: store.flatMap((it) =>
        it.deleted_at === null || it.deleted_at === "recording"
          ? []
          : [
              {
                session: summary(it),
                deleted_at: it.deleted_at,
                erased_at: new Date(Date.parse(it.deleted_at) + 7 * 86_400_000).toISOString(),
              },
            ],
      ),
    }),

    transcript_edit: ({ id, revision, text }) => {
      const stored = find(id);
      const { transcript } = stored.page.session;
      if (transcript === null) return refuse("not_found", "there is no text to edit yet");
      if (transcript.revision !== revision)
        return refuse(
          "revision_conflict",
          "the text was changed elsewhere in the meantime",
          "Open the session again.",
        );
      const before = stored.page.session.elements.length;
      if (drafts.get(id)?.text === text) drafts.delete(id);
      if (transcript.text !== text) transcript.revision++;
      transcript.text = text;
      stored.page.words = [];
      stored.page.session.elements = stored.page.session.elements.filter((element) =>
        element.evidence.every((it) => {
          const unit = text.indexOf(it.quote);
          if (unit < 0) return false;
          it.start = [...text.slice(0, unit)].length;
          it.end = it.start + [...it.quote].length;
          return true;
        }),
      );
      emit("session_changed", { id });
      const kept = stored.page.session.elements.length;
      return { page: page(stored), kept, repaired: 0, dropped: before - kept };
    },
    transcribe: ({ id }) => jobOf("transcribe", id, 1800),
    analyse: ({ id }) => {
      const stored = find(id);
      const rows = runsOf(stored);
      const it = job("analyse", id, stored.page.session.title);
      run(it, 1800, () => {
        const other = rows.find((row) => !row.accepted);
        if (other && stored.page.session.run) accept(stored, other.id);
        after(0, () => changed(id));
      });
      return { ...it };
    },
    retry_part: ({ id }) => {
      const stored = find(id);
      const it = job("transcribe", id, stored.page.session.title);
      run(it, 1500, () => {
        stored.page.session.coverage = {
          captured: 1,
          transcribed: 1,
          analysed: 1,
          holes: [],
          substitutes: [],
        };
        after(0, () => changed(id));
      });
      return it;
    },
    runs: ({ id }) => ({ runs: structuredClone(runsOf(find(id))) }),
    diff: ({ id }) => {
      const { elements } = find(id).page.session;
      return {
        changes: elements.slice(-2).map((it, i) => ({
          change: i === 0 ? "changed" : "added",
          before: i === 0 ? { ...it, label: `${it.label} (before)` } : null,
          after: it,
        })),
      };
    },
    accept_run: ({ id, run }) => {
      const stored = find(id);
      accept(stored, run);
      return page(stored);
    },
    element_correct: ({ id, kind, label, taxonomy }) => {
      const { stored, element } = ofElement(id);
      undone.set(id, { session: stored.page.session.id, element: structuredClone(element) });
      Object.assign(element, { kind, label, taxonomy });
      return page(stored);
    },
    element_delete: ({ id }) => removeElement(id),
    element_not_me: ({ id }) => removeElement(id),
    element_restore: ({ id }) => {
      const it = undone.get(id);
      if (it === undefined) return refuse("not_found", "there is nothing to take back");
      const stored = find(it.session);
      const { session } = stored.page;
      session.elements = [...session.elements.filter((other) => other.id !== id), it.element];
      return page(stored);
    },

    search: ({ query, kind, limit }) => {
      const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
      const hits: V.FoundHit[] = [];
      for (const { page } of live()) {
        const { session } = page;
        const text = session.transcript?.text ?? "";
        const base = {
          session: session.id,
          title: session.title,
          recorded_at: session.recorded_at,
          score: 1,
        };
        const found = words.map((word) => text.toLowerCase().indexOf(word)).filter((it) => it >= 0);
        const first = found[0];
        if (kind === null && first !== undefined && found.length === words.length) {
          const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, first - 60)));
          const snippet = text.slice(from, from + 180).trim();
          const marks = words.flatMap((word): [number, number][] => {
            const at = snippet.toLowerCase().indexOf(word);
            return at < 0
              ? []
              : [
                  [
                    [...snippet.slice(0, at)].length,
                    [...snippet.slice(0, at)].length + [...word].length,
                  ],
                ];
          });
          hits.push({
            ...base,
            element: null,
            taxonomy: null,
            kind: "transcript",
            label: null,
            start: [...text.slice(0, first)].length,
            end: [...text.slice(0, first)].length + 1,
            snippet,
            marks,
          });
        }
        for (const element of session.elements) {
          if (kind !== null && element.kind !== kind) continue;
          const label = element.label.toLowerCase();
          if (!words.every((word) => label.includes(word))) continue;
          const evidence = element.evidence[0];
          if (!evidence) continue;
          hits.push({
            ...base,
            element: element.id,
            taxonomy: element.taxonomy,
            kind: element.kind,
            label: element.label,
            start: evidence.start,
            end: evidence.end,
            snippet: element.label,
            marks: [],
          });
        }
      }
      return {
        hits: hits.slice(0, limit),
        next: hits.length > limit ? String(limit) : null,
        ranked: hits.length,
      };
    },

    models: () => ({ models: structuredClone(available) }),
    model_download: ({ name }) => {
      const it = available.find((model) => model.name === name);
      if (it === undefined) return refuse("not_found", "there is no such model");
      it.state = "downloading";
      it.fraction ??= 0;
      emit("models_changed", null);
      const step = () => {
        if (it.state !== "downloading") return;
        it.fraction = Math.min(1, (it.fraction ?? 0) + 0.05);
        if (it.fraction >= 1) {
          it.state = "installed";
          it.fraction = null;
          if (!available.some((model) => model.in_use)) it.in_use = true;
        }
        emit("models_changed", null);
        after(250, step);
      };
      after(250, step);
      return null;
    },
    model_pause: ({ name }) => {
      const it = available.find((model) => model.name === name);
      if (it) it.state = "paused";
      emit("models_changed", null);
      return null;
    },
    model_add: () =>
      refuse(
        "bad_model",
        "this file is not a speech model",
        "Choose a file that ends in .bin, made for whisper.cpp.",
      ),
    model_use: ({ name }) => {
      available = available.map((it) => ({ ...it, in_use: it.name === name }));
      return { models: structuredClone(available) };
    },
    model_remove: ({ name }) => {
      available = available.map((it) =>
        it.name === name ? { ...it, state: "available", in_use: false } : it,
      );
      return { models: structuredClone(available) };
    },

    providers: () => ({ providers: structuredClone(providers) }),
    provider_use: ({ name }) => {
      providers = providers.map((it) => ({ ...it, in_use: it.name === name }));
      settings.provider = name as V.PersonalSettings["provider"];
      return { providers: structuredClone(providers) };
    },
    provider_set_key: ({ name, key }) => {
      providers = providers.map((it) => (it.name === name ? { ...it, has_key: key !== null } : it));
      return { providers: structuredClone(providers) };
    },
    provider_configure: ({ name, base_url, model }) => {
      providers = providers.map((it) =>
        it.name === name
          ? { ...it, base_url, model, host: base_url ? new URL(base_url).host : null }
          : it,
      );
      return { providers: structuredClone(providers) };
    },
    provider_test: ({ name }) =>
      name === "openai" && !providers.find((it) => it.name === name)?.has_key
        ? refuse("not_found", "there is no key for OpenAI", "Paste one and keep it first.")
        : { ok: true, message: "answered in 0.4 s", models: ["gpt-4o-mini", "gpt-4o"] },
    provider_probe: () => ({ providers: structuredClone(providers) }),

    preview: ({ id, provider: name }) => {
      const { session } = find(id).page;
      const provider = providers.find((it) => (name === null ? it.in_use : it.name === name));
      const body = provider?.host
        ? JSON.stringify(
            { model: provider.model, sentences: session.transcript?.text.match(/[^.]+\./gu) ?? [] },
            null,
            2,
          ).replace(/Jonas/gu, "Anton")
        : "";
      return {
        host: provider?.host ?? null,
        body,
        bytes: body.length,
        tokens: body === "" ? null : Math.round(body.length / 4),
        cost_usd: null,
        replaced: body.includes("Anton") ? pseudonyms : [],
      };
    },
    ledger: ({ id }) => {
      const rows = ledger();
      return { ledger: id === null ? rows : rows.filter((it) => it.session === id) };
    },
    ledger_body: ({ id }) => {
      const row = ledger().find((it) => it.id === id);
      return row
        ? {
            ...row,
            body: '{\n  "model": "gpt-4o-mini",\n  "sentences": ["I called my mother …"]\n}',
          }
        : refuse("not_found", "there is no such entry");
    },
    pseudonyms: () => ({ pseudonyms, candidates: ["Lena", "Ada"] }),
    pseudonym_set: ({ original, replacement }) => {
      pseudonyms = [
        ...pseudonyms.filter((it) => it.original !== original),
        { original, replacement },
      ];
      return { pseudonyms, candidates: ["Lena", "Ada"].filter((it) => it !== original) };
    },
    pseudonym_remove: ({ original }) => {
      pseudonyms = pseudonyms.filter((it) => it.original !== original);
      return { pseudonyms, candidates: ["Lena", "Ada"] };
    },

    settings_get: () => ({ ...settings }),
    settings_set: ({ key, value }) => {
      if (!(key in settings)) return refuse("usage", "there is no such setting");
      settings = { ...settings, [key]: value };
      return { ...settings };
    },
    system_settings_get: () => ({ ...system }),
    system_settings_set: ({ key, value }) => {
      if (!(key in system)) return refuse("usage", "there is no such setting");
      system = { ...system, [key]: value };
      return { ...system };
    },
    audit: () => ({
      audit: [
        {
          at: now().toISOString(),
          who: "Mira",
          what: "signed_in",
          on: null,
          times: 1,
          last_at: null,
        },
        {
          at: "2026-03-14T08:00:00Z",
          who: "Mira",
          what: "account_created",
          on: "Tomas",
          times: 1,
          last_at: null,
        },
      ],
    }),
    backup_state: () => ({ last_at: lastBackup, due: lastBackup === null }),
    backup: () => {
      lastBackup = now().toISOString();
      return { file_name: "mira-2026-11-24.journey", bytes: 48_213_000, at: lastBackup };
    },
    restore: ({ passphrase }) => {
      if (passphrase !== PASSPHRASE)
        return refuse(
          "wrong_password",
          "the passphrase does not open this file",
          "Check it and try again.",
        );
      if (account !== null)
        return refuse("exists", "there is already an account of that name", null);
      account = { id: id(1), name: "Mira", role: "admin" };
      state = "signed_out";
      return { account };
    },
    doctor: () => ({
      checks: [
        { name: "Notebook", state: "ok", measured: "opens, all sessions whole", advice: "" },
        { name: "Disk", state: "ok", measured: "182 GB free", advice: "" },
        { name: "Microphone", state: "ok", measured: "Built-in microphone answers", advice: "" },
        { name: "Speech model", state: "ok", measured: "base.en, checksum right", advice: "" },
        {
          name: "Keychain",
          state: "warning",
          measured: "no secret service on this computer",
          advice:
            "You type your password each time. Install one, such as GNOME Keyring, to stay signed in.",
        },
        { name: "Analysis provider", state: "skipped", measured: "on this computer", advice: "" },
        {
          name: "backup",
          state: "warning",
          measured: "85 days of sessions were never backed up",
          advice: "Run `insight-journey backup FILE`.",
        },
      ],
    }),

    calendar: ({ year }) => {
      const days = new Map<string, V.DayMark>();
      let first = now().getFullYear();
      for (const stored of live()) {
        const date = day(new Date(stored.page.session.recorded_at));
        first = Math.min(first, Number(date.slice(0, 4)));
        if (!date.startsWith(String(year))) continue;
        const emotion = strongest(stored.page);
        const known = days.get(date) ?? { date, sessions: 0, emotion: null };
        known.sessions++;
        if (emotion && (known.emotion === null || emotion.intensity > known.emotion.intensity))
          known.emotion = emotion;
        days.set(date, known);
      }
      return {
        year,
        first_year: first,
        days: [...days.values()].sort((a, b) => a.date.localeCompare(b.date)),
      };
    },
    on_this_day: () => {
      const today = day(now()).slice(5);
      return list(
        live().filter((it) => {
          const date = day(new Date(it.page.session.recorded_at));
          return date.slice(5) === today && date.slice(0, 4) !== String(now().getFullYear());
        }),
        5,
        null,
      );
    },
    streak: () =>
      live().length === 0 ? { weeks: 0, days_this_week: 0 } : { weeks: 6, days_this_week: 3 },
    tags: () => {
      const counts = new Map<string, number>();
      for (const { page } of live())
        for (const tag of page.session.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
      return {
        tags: [...counts]
          .map(([tag, sessions]) => ({ tag, sessions }))
          .sort((a, b) => b.sessions - a.sessions),
      };
    },
    questions: ({ limit }) => ({ questions: questions.slice(0, limit) }),
    crisis_help: ({ country }) => helpLines(country),
    taxonomy: () => ({ nodes: tree }),
    taxonomy_nodes: ({ name }) => words.view(name),
    taxonomy_rename: ({ node, name }) => words.rename(node, name),
    taxonomy_merge: ({ from, into }) => words.merge(from, into),
    taxonomy_split: ({ node, name }) => words.add(node, name, "split"),
    taxonomy_add: ({ parent, name }) => words.add(parent, name, "add"),
    taxonomy_undo: () => words.undo(),
    threads: ({ limit }) => threads.page(limit),
    thread_places: ({ id, limit }) => threads.places(id, limit),
    thread_confirm: ({ id, others }) => threads.decide(id, others, true),
    thread_reject: ({ id, others }) => threads.decide(id, others, false),
    thread_undo: () => threads.undo(),

    waveform: ({ buckets }) => ({
      peaks: Array.from({ length: buckets }, (_, i) =>
        Math.min(
          1,
          Math.abs(Math.sin(i / 3.1) * Math.sin(i / 11 + 2)) * 0.8 + 0.06 + (i % 5) * 0.02,
        ),
      ),
    }),
    play: ({ id, from_ms, to_ms }) => {
      if (playback.session !== id) playback.position_ms = 0;
      playback = {
        ...playback,
        session: id,
        playing: true,
        to_ms,
        position_ms: from_ms ?? playback.position_ms,
      };
      const whole = find(id).page.session.duration_ms ?? 0;
      if (playback.position_ms >= whole) playback.position_ms = 0;
      play();
      emit("playback", playbackView());
      return playbackView();
    },
    pause: () => {
      playback.playing = false;
      emit("playback", playbackView());
      return playbackView();
    },
    seek: ({ position_ms }) => {
      playback.position_ms = position_ms;
      playback.to_ms = null;
      emit("playback", playbackView());
      return playbackView();
    },
    playback_set: ({ rate, skip_silence }) => {
      playback = { ...playback, rate, skip_silence };
      return playbackView();
    },
    playback_state: playbackView,

    sample_open: () => {
      sampleOpen = { state, store };
      store = notebook(now(), 60);
      state = "unlocked";
      account ??= { id: id(9), name: "Mira", role: "regular" };
      settings = { ...settings, sample: true };
      return accountState();
    },
    sample_close: () => {
      if (sampleOpen) {
        ({ state, store } = sampleOpen);
        if (state === "first_run") account = null;
      }
      settings = { ...settings, sample: false };
      sampleOpen = null;
      return accountState();
    },
  };

  function d(date: Date): string {
    return new Intl.DateTimeFormat("en-GB", {
      weekday: "long",
      hour: "2-digit",
      minute: "2-digit",
    }).format(date);
  }

  function recordingView(): V.RecordingView | null {
    if (recording === null) return null;
    const { session, state, elapsed_ms, device } = recording;
    return { session, state, elapsed_ms, device };
  }

  function importing(names: string[]): V.Queue {
    for (const name of names) {
      const file = name.split("/").at(-1) ?? name;
      const it = job("import", null, file);
      if (file.endsWith(".xyz")) {
        it.state = "failed";
        it.error = {
          code: "unsupported",
          message: "this kind of file cannot be read",
          hint: "Audio, video, .txt, .md, .srt and .vtt can.",
        };
        after(0, () => emit("progress", { ...it }));
        continue;
      }
      run(it, 900, () => {
        const text =
          "I was glad to hear this again. I want to write down one sentence each morning.";
        const stored = fresh(
          file.endsWith(".txt") ? "text" : "audio",
          file,
          file.endsWith(".txt") ? text : null,
        );
        pipeline(stored, text);
      });
    }
    return { jobs: structuredClone(jobs) };
  }

  function jobOf(kind: V.JobKind, session: string, ms: number): V.QueuedJob {
    const stored = find(session);
    const it = job(kind, session, stored.page.session.title);
    run(it, ms, () => after(0, () => changed(session)));
    return { ...it };
  }

  function removeElement(element: string): V.SessionPageView {
    const { stored, element: found } = ofElement(element);
    const { session } = stored.page;
    undone.set(element, { session: session.id, element: structuredClone(found) });
    session.elements = session.elements.filter((it) => it.id !== element);
    return page(stored);
  }

  function ledger(): V.LedgerView[] {
    const first = store.find((it) => it.page.sent > 0) ?? store[2];
    if (first === undefined) return [];
    return [
      {
        id: id(700),
        at: first.page.session.recorded_at,
        session: first.page.session.id,
        purpose: "analyse",
        host: "api.openai.com",
        target: "POST /v1/chat/completions",
        bytes_out: 4312,
        body_sha256: "5f1c0e6f1d0b6d6a2b0f8f7f7f1a3c4e9a0b1c2d3e4f5061728394a5b6c7d8e9",
        body: null,
        outcome: "answered",
        status: 200,
        bytes_in: 2210,
        tokens_in: 981,
        tokens_out: 412,
        cost_usd: 0.0004,
      },
    ];
  }

  return {
    calls,
    emit,
    get store() {
      return store;
    },
    fail(command, error) {
      if (error === null) failing.delete(command);
      else failing.set(command, error);
    },
    answer(command, result) {
      answers.set(command, result);
    },
    async invoke<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
      calls.push({ command, args });
      if (options.hanging?.includes(command)) return new Promise<never>(() => undefined);
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      const error = failing.get(command);
      if (error) throw new Failure(error);
      if (answers.has(command)) return structuredClone(answers.get(command) as Result<C>);
      return structuredClone(await handlers[command](args));
    },
    listen<E extends EventName>(event: E, handler: (payload: EventMap[E]) => void) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(handler as (payload: never) => void);
      return () => set.delete(handler as (payload: never) => void);
    },
  };
}
