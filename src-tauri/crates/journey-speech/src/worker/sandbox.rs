//! What a worker may not do. Best effort: what could be applied is reported in its first message.

use super::protocol::Hello;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use std::fs::File;

/// How much less urgent than the program the worker is.
const NICENESS: i32 = 10;

/// GPU drivers reserve address space by the hundred gigabytes and open files of their own.
const GPU: bool = cfg!(any(feature = "cuda", feature = "vulkan", feature = "metal"));

/// Gives up every right that a worker does not need. To be called before any thread is started.
///
/// `memory_limit` bytes of address space may be taken from now on: the libraries of the window alone,
/// which the same binary is linked with, map half a gigabyte that is never touched.
/// `readable` stays readable by path, because whisper.cpp opens its model by one.
pub(super) fn confine(memory_limit: u64, readable: Option<&File>) -> Hello {
    let _urgency = nice(NICENESS);
    let no_core = Rlimit { current: Some(0), maximum: Some(0) };
    let _core = setrlimit(Resource::Core, no_core);
    let ceiling = memory_limit.saturating_add(mapped_bytes());
    let limit = Rlimit { current: Some(ceiling), maximum: Some(ceiling) };
    let limited = !GPU && memory_limit > 0 && setrlimit(Resource::As, limit).is_ok();
    Hello {
        files_denied: !GPU && deny_files(readable),
        network_denied: deny_network(),
        memory_limit: limited.then_some(memory_limit),
    }
}

/// Address space that this process has mapped; 0 where that cannot be asked.
fn mapped_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|sizes| sizes.split_whitespace().next()?.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(rustix::param::page_size() as u64)
}

#[cfg(target_os = "linux")]
fn deny_files(readable: Option<&File>) -> bool {
    use landlock::{
        ABI, Access, AccessFs, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    };
    let restricted = || {
        let mut rules = Ruleset::default().handle_access(AccessFs::from_all(ABI::V3))?.create()?;
        if let Some(file) = readable {
            rules = rules.add_rule(PathBeneath::new(file, AccessFs::ReadFile))?;
        }
        rules.restrict_self()
    };
    restricted().is_ok_and(|status: landlock::RestrictionStatus| {
        status.ruleset != RulesetStatus::NotEnforced
    })
}

#[cfg(not(target_os = "linux"))]
fn deny_files(_readable: Option<&File>) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn deny_network() -> bool {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
    let denied = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_mount,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_io_uring_setup,
    ];
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return false };
    let filter = SeccompFilter::new(
        denied.into_iter().map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        arch,
    );
    filter.and_then(BpfProgram::try_from).is_ok_and(|program| apply_filter(&program).is_ok())
}

#[cfg(not(target_os = "linux"))]
fn deny_network() -> bool {
    false
}
