//! The words of the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Speak, write or import a reflection; see what was in it; keep it encrypted on this computer.
#[derive(Debug, Parser)]
#[command(
    name = "insight-journey",
    version,
    propagate_version = false,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Without a command the window opens. `insight-journey try` shows everything on a sample recording."
)]
pub(crate) struct Cli {
    /// Where accounts, vaults and models are kept
    #[arg(long, global = true, env = "INSIGHT_JOURNEY_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results only: no progress, no remarks
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Read the password from standard input, one a line: the current one (if needed), then the new one
    #[arg(long, global = true)]
    pub(crate) password_stdin: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole of it on FILE, or on the bundled sample, without an account and keeping nothing
    Try {
        /// A file of sound, film, text (txt, md) or subtitles (srt, vtt)
        file: Option<PathBuf>,
    },
    /// Make and look after accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Sign in and stay signed in on this computer
    SignIn {
        /// The account's name
        name: String,
    },
    /// Sign out
    SignOut,
    /// Who is signed in
    Whoami,
    /// Record a reflection until Ctrl-C, then transcribe and analyse it
    Record {
        /// The microphone's id or name (see `devices`)
        #[arg(long)]
        device: Option<String>,
        /// Stop after so many seconds
        #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=86_400))]
        seconds: Option<u32>,
        /// The session's title
        #[arg(long)]
        title: Option<String>,
        /// Start or stop the recording of the open window
        #[arg(long, conflicts_with_all = ["device", "seconds", "title"])]
        toggle: bool,
    },
    /// List microphones
    Devices,
    /// Import sound, film, text (txt, md) or subtitles (srt, vtt)
    Import {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The session's title
        #[arg(long)]
        title: Option<String>,
        /// When it was said, such as 2026-11-22T18:03:11Z
        #[arg(long, value_name = "RFC3339")]
        at: Option<String>,
        /// Transcribe only
        #[arg(long)]
        no_analyse: bool,
    },
    /// Write a reflection: from standard input, or in your editor
    Write {
        /// The session's title
        #[arg(long)]
        title: Option<String>,
    },
    /// List sessions, newest first
    Sessions {
        /// First day, YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// Last day, YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        to: Option<String>,
        /// Only those with this tag
        #[arg(long)]
        tag: Option<String>,
        /// At most so many
        #[arg(long, allow_negative_numbers = true, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Go on after this cursor of an earlier page
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Show a session with its transcript and elements
    Show {
        /// The session's id, or its first 8 characters
        id: String,
    },
    /// Give a session another title
    Rename {
        /// The session's id
        id: String,
        /// The new title
        #[arg(required = true)]
        title: Vec<String>,
    },
    /// Tag a session, or take tags away
    Tag {
        /// The session's id
        id: String,
        /// The tags to add
        #[arg(required_unless_present = "remove")]
        tags: Vec<String>,
        /// A tag to take away; may stand several times
        #[arg(long, value_name = "T")]
        remove: Vec<String>,
    },
    /// Mark a session as a favourite, or unmark it
    Favourite {
        /// The session's id
        id: String,
    },
    /// Erase a session for good; asks first on a terminal
    Delete {
        /// The session's id
        id: String,
        /// Ask nothing
        #[arg(long)]
        yes: bool,
    },
    /// Transcribe a session again
    Transcribe {
        /// The session's id
        id: String,
    },
    /// Analyse a session again
    Analyse {
        /// The session's id
        id: String,
        /// on-device, openai, compatible or ollama
        #[arg(long)]
        provider: Option<String>,
    },
    /// Show what an analysis would send, and to whom; sends nothing
    Preview {
        /// The session's id
        id: String,
        /// on-device, openai, compatible or ollama; the chosen one without
        #[arg(long)]
        provider: Option<String>,
    },
    /// List the analyses of a session, or accept one
    #[command(args_conflicts_with_subcommands = true)]
    Runs(RunsArgs),
    /// Compare two analyses of a session
    Diff {
        /// The session's id
        id: String,
        /// The earlier run
        before: String,
        /// The later run
        after: String,
    },
    /// Correct what an analysis found
    #[command(subcommand)]
    Element(ElementCommand),
    /// The same belief, challenge or action across sessions
    #[command(subcommand)]
    Thread(ThreadCommand),
    /// The trees of emotions and topics, with what was found at their nodes
    #[command(args_conflicts_with_subcommands = true)]
    Taxonomy(TaxonomyArgs),
    /// Search transcripts and elements
    Search {
        /// Words; "quoted" for a phrase, a trailing * for beginnings
        #[arg(required = true)]
        query: Vec<String>,
        /// transcript, emotion, topic, insight, belief, challenge or action
        #[arg(long)]
        kind: Option<String>,
        /// First day, YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// Last day, YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        to: Option<String>,
        /// At most so many
        #[arg(long, allow_negative_numbers = true, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Go on after this cursor of an earlier page
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Speech models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Analysis providers
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// What left this machine
    Ledger {
        /// A line's id, to see the whole request
        id: Option<String>,
    },
    /// Write one encrypted archive of everything of yours
    Backup {
        /// The archive; never over another file
        file: PathBuf,
    },
    /// Bring an archive back as an account of its own
    Restore {
        /// The archive
        file: PathBuf,
        /// The name of the account it becomes
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
    /// Read and change settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Who did what on this computer
    Audit,
    /// Check that everything is in order
    Doctor,
    /// Decodes or transcribes in a process of its own; not for people
    #[command(hide = true)]
    Worker {
        /// decode or transcribe, and what they need
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// `account …`
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; the first one is an admin
    Create {
        /// The name to sign in with
        name: String,
        /// Make it an admin
        #[arg(long)]
        admin: bool,
    },
    /// List accounts
    List,
    /// Change what an account may do
    Role {
        /// The account's name
        name: String,
        /// The new role
        role: RoleArg,
    },
    /// Keep an account from signing in
    Disable {
        /// The account's name
        name: String,
    },
    /// Let an account sign in again
    Enable {
        /// The account's name
        name: String,
    },
    /// Delete an account: an admin sets its vault aside, the owner may erase it
    Delete {
        /// The account's name
        name: String,
        /// Erase the vault for good; only its owner can
        #[arg(long)]
        erase: bool,
    },
    /// Set a new password with the recovery code
    Recover {
        /// The account's name
        name: String,
    },
    /// Change your password
    Password,
    /// Make a new recovery code; the old one stops working
    RecoveryCode,
}

/// `admin` or `regular`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleArg {
    /// Manages accounts and system settings
    Admin,
    /// Uses the own vault
    Regular,
}

/// `runs …`
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// The session's id
    #[arg(required = true)]
    pub(crate) id: Option<String>,
}

/// `runs accept …`
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show this run's elements from now on
    Accept {
        /// The session's id
        id: String,
        /// The run's id
        run: String,
    },
}

/// `element …`
#[derive(Debug, Subcommand)]
pub(crate) enum ElementCommand {
    /// Give it another kind or label
    Correct {
        /// The element's id
        id: String,
        /// emotion, topic, insight, belief, challenge or action
        #[arg(long)]
        kind: Option<String>,
        /// The new label
        #[arg(long)]
        label: Option<String>,
    },
    /// It was not said
    Delete {
        /// The element's id
        id: String,
    },
    /// It was said, but not of me
    NotMe {
        /// The element's id
        id: String,
    },
}

/// `taxonomy …`
#[derive(Debug, Args)]
pub(crate) struct TaxonomyArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TaxonomyCommand>,
    /// emotions or topics; both without
    pub(crate) tree: Option<String>,
}

/// `taxonomy rename …` and its like.
#[derive(Debug, Subcommand)]
pub(crate) enum TaxonomyCommand {
    /// Give a node another name
    Rename {
        /// The node's id or name
        node: String,
        /// Its new name
        name: String,
    },
    /// Make a node, and all below it, another
    Merge {
        /// The node that goes
        from: String,
        /// What it becomes
        into: String,
    },
    /// Take what stands at a node apart by words
    Split {
        /// The node's id or name
        node: String,
        /// Each new node: NAME, or NAME=word,word
        #[arg(required = true, value_name = "PART")]
        parts: Vec<String>,
    },
    /// Add a node of your own
    Add {
        /// The node above it; emotions or topics for a new root
        parent: String,
        /// NAME, or NAME=word,word: what holds a word stands there from now on
        node: String,
        /// What it means, one line
        #[arg(long)]
        definition: Option<String>,
    },
    /// Take the last change back
    Undo,
}

/// `thread …`
#[derive(Debug, Subcommand)]
pub(crate) enum ThreadCommand {
    /// List them, those that came up in most sessions first
    List,
    /// It is the same as what was suggested for it
    Confirm {
        /// The thread's id
        id: String,
        /// Only these of those that are suggested for it; all where none are named
        others: Vec<String>,
    },
    /// It is none of what was suggested for it
    Reject {
        /// The thread's id
        id: String,
        /// Only these of those that are suggested for it; all where none are named
        others: Vec<String>,
    },
    /// These two are the same
    Merge {
        /// A thread's id
        one: String,
        /// Another thread's id
        other: String,
    },
    /// Take the last confirmation, rejection or merge back
    Undo,
}

/// `model …`
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List models, with a recommendation for this computer
    List,
    /// Download a model
    Download {
        /// The model's name
        name: String,
    },
    /// Add a model file you have
    Add {
        /// A whisper.cpp model (ggml)
        file: PathBuf,
    },
    /// Transcribe with this model from now on
    Use {
        /// The model's name
        name: String,
    },
    /// Remove a model from this computer
    Remove {
        /// The model's name
        name: String,
    },
}

/// `provider …`
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// List providers
    List,
    /// Analyse with this provider from now on
    Use {
        /// The provider's name
        name: String,
    },
    /// Keep a key in the vault: from a prompt, standard input or OPENAI_API_KEY
    SetKey {
        /// The provider's name
        name: String,
    },
    /// Ask the chosen provider whether it works; sends nothing of yours
    Test,
    /// Look for model servers on the usual ports of this computer
    Probe,
}

/// `settings …`
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show settings
    Get {
        /// One setting
        key: Option<String>,
        /// The computer's settings
        #[arg(long)]
        system: bool,
    },
    /// Change a setting
    Set {
        /// The setting
        key: String,
        /// The new value
        #[arg(allow_negative_numbers = true)]
        value: String,
        /// The computer's settings; admins only
        #[arg(long)]
        system: bool,
    },
}
