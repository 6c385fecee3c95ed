//! The whole main job in a throw-away vault: no account, no key, no network, nothing kept.

use crate::{
    App, Ports,
    app::io_error,
    data_dir::DataDir,
    error::{CommandError, Result},
    import::ImportOptions,
    open_vault::OpenVault,
    pipeline::transcribe::Recogniser,
    views::{SessionView, SessionsDone, WarningView},
};
use journey_domain::{
    account::{Account, AccountName, Role},
    ids::AccountId,
    ports::CancelToken,
};
use journey_speech::engine::{Language, ModelFile};
use journey_vault::{Vault, VaultKeys};
use std::{fs, path::Path};

/// The sample's speech model: knows the sample's words and no others.
const SAMPLE_MODEL: &[u8] = include_bytes!("../../../../assets/models/ggml-mini-reflection.en.bin");

/// The sample recording: synthetic speech, losslessly compressed.
const SAMPLE_RECORDING: &[u8] = include_bytes!("../../../../assets/samples/reflection.flac");

/// What the sample model is called.
pub const SAMPLE_MODEL_NAME: &str = "sample (mini-reflection.en)";

/// Runs import, transcription and analysis on `file`, or on the bundled sample.
///
/// The data directory is read for an installed speech model and never written.
///
/// # Errors
/// One clear sentence for a file that cannot be read.
pub fn try_it(
    ports: &Ports,
    data_dir: &DataDir,
    file: Option<&Path>,
    cancel: &CancelToken,
) -> Result<SessionsDone> {
    let temporary = tempfile::Builder::new()
        .prefix("insight-journey-try-")
        .tempdir()
        .map_err(|error| io_error(&error, "making a temporary folder"))?;
    let here = DataDir::new(temporary.path().to_owned());
    let app = App::open(here.clone(), ports.clone())?;
    let open = throw_away_vault(&app, &here)?;

    let sample = temporary.path().join("reflection.flac");
    let path = match file {
        Some(path) => path,
        None => {
            fs::write(&sample, SAMPLE_RECORDING)
                .map_err(|e| io_error(&e, "unpacking the sample"))?;
            &sample
        }
    };
    let mut warnings = Vec::new();
    let recogniser = match file.and_then(|_| app.best_installed(data_dir)) {
        Some(installed) => installed,
        None => {
            let model = temporary.path().join("sample-model.bin");
            fs::write(&model, SAMPLE_MODEL)
                .map_err(|e| io_error(&e, "unpacking the sample model"))?;
            let model = ModelFile::open(&model).map_err(|error| CommandError::internal(&error))?;
            Recogniser {
                model,
                name: SAMPLE_MODEL_NAME.to_owned(),
                language: Language::Auto,
                uses_vad: true,
            }
        }
    };
    let is_sample_model = recogniser.name == SAMPLE_MODEL_NAME;
    open.recognise_with(recogniser);

    let options = ImportOptions { title: None, recorded_at: None, zone: None, analyse: true };
    let (id, more) = app.take_in(&open, path, &options, cancel)?;
    warnings.extend(more);
    app.finish_jobs(&open, id, cancel)?;
    let session =
        open.vault.read(|read| Ok::<_, CommandError>(SessionView::of(&read.session(id)?)))?;
    if is_sample_model && session.source != "text" {
        warnings.insert(0, WarningView {
            code: "sample_model".to_owned(),
            message: "this was transcribed with the bundled sample model, which knows the sample's words only and \
                      writes nonsense for anything else; get a real one with `insight-journey model download base.en`"
                .to_owned(),
        });
    }
    // The worker may still hold the model's file; the folder goes when it has let go.
    ports.engine.release();
    drop(open);
    drop(app);
    temporary.close().map_err(|error| io_error(&error, "removing the temporary folder"))?;
    Ok(SessionsDone { sessions: vec![session], warnings })
}

fn throw_away_vault(app: &App, here: &DataDir) -> Result<OpenVault> {
    let ports = app.ports();
    let (mut database, mut media) = ([0; 32], [0; 32]);
    ports.random.fill(&mut database);
    ports.random.fill(&mut media);
    let account = Account {
        id: AccountId::new(ports.ids.next()),
        name: AccountName::new("you").map_err(|error| CommandError::internal(&error))?,
        role: Role::Regular,
        disabled: false,
        created_at: ports.clock.now(),
    };
    let keys = VaultKeys::from_bytes(database, media);
    let vault = Vault::create(&here.vault(account.id), &keys, ports.vault())
        .map_err(|error| CommandError::internal(&error))?;
    Ok(OpenVault::new(account, vault, keys))
}
