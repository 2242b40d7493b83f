//! The restrictions that a worker process puts on itself before it sees a photograph: it may compute, speak through its pipes, and
//! nothing else.
//!
//! Four layers, of which each is left out where the system has none: limits of the process (memory, no files, no core dump),
//! landlock (no file, no connection), a filter of system calls (seccomp), and whatever the system does to a process that cannot gain rights.

use serde::{Deserialize, Serialize};

use super::super::worker::give_way;
use super::protocol::Setup;

/// The restrictions that a worker process has put on itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Whether its memory is limited.
    pub limits_memory: bool,
    /// Whether landlock denies it all files.
    pub denies_files: bool,
    /// Whether a filter denies it all system calls but those that computing takes.
    pub filters_calls: bool,
}

impl Sandbox {
    /// Whether all of them are there.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.limits_memory && self.denies_files && self.filters_calls
    }
}

/// Makes this process one that ends with its parent and comes last: to be done first.
pub fn prepare(setup: Setup) {
    if setup.gives_way {
        give_way();
    }
    #[cfg(target_os = "linux")]
    linux::prepare();
}

/// Restricts this process; there is no way back. Where the system lacks something the rest is done all the same.
pub fn enter(setup: Setup) -> Sandbox {
    #[cfg(target_os = "linux")]
    return linux::enter(setup);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = setup;
        Sandbox::default()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs;
    use std::thread::available_parallelism;

    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus, Scope};
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
    };
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        TargetArch, apply_filter_all_threads,
    };

    use super::{Sandbox, Setup};

    /// What a worker needs beside the photograph and its pixels: networks of the face detector, buffers, tables.
    const OWN_BYTES: u64 = 512 << 20;
    /// Address space of a codec's thread: its stack and what guards it.
    const THREAD_BYTES: u64 = 16 << 20;
    /// How much sooner than others it ends where the system runs out of memory, of 1000.
    const OOM_SCORE: &str = "500";

    pub fn prepare() {
        // The thread that starts workers lives as long as the parent, so this signal comes when the parent ends, however that is.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        let _ = fs::write("/proc/self/oom_score_adj", OOM_SCORE);
        // Nobody of the same user looks into it, and photographs are in no core dump.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = limit(Resource::Core, 0);
    }

    pub fn enter(setup: Setup) -> Sandbox {
        let now = address_space().unwrap_or(1 << 30);
        // The file, what decoding it allocates, what is made of that.
        let photograph = setup.max_alloc_bytes.saturating_mul(2);
        let threads = available_parallelism().map_or(1, |count| count.get() as u64) * THREAD_BYTES;
        let most = now.saturating_add(photograph).saturating_add(OWN_BYTES).saturating_add(threads);
        let limits_memory = limit(Resource::As, most);
        let denies_files = deny_files();
        let _ = limit(Resource::Fsize, 0);
        let _ = limit(Resource::Nofile, 3);
        Sandbox { limits_memory, denies_files, filters_calls: filter_calls() }
    }

    fn limit(resource: Resource, most: u64) -> bool {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).is_ok()
    }

    /// The bytes of address space that this process has.
    fn address_space() -> Option<u64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
        Some(size.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
    }

    /// Denies this thread, and those that it starts, all files, connections, and signals to others, as far as the kernel knows how.
    fn deny_files() -> bool {
        let abi = ABI::V6;
        let ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))
            .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
            .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
            .and_then(Ruleset::create);
        let status = ruleset.and_then(landlock::RulesetCreated::restrict_self);
        status.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
    }

    /// Denies all system calls but those that computing, memory, threads and the pipes take. What is denied fails, and ends nothing: a
    /// library that asks for more than it needs goes on without.
    fn filter_calls() -> bool {
        let filters = || -> seccompiler::Result<[BpfProgram; 2]> {
            let arch: TargetArch = std::env::consts::ARCH.try_into()?;
            let program = |rules, otherwise, action| -> seccompiler::Result<BpfProgram> {
                Ok(SeccompFilter::new(rules, otherwise, action, arch)?.try_into()?)
            };
            let denied = SeccompAction::Errno(libc::EPERM as u32);
            // The flags of this call lie in memory, where a filter does not see them: where it is absent, libc takes the older one. The
            // other filter allows it, for of two that deny the later one's error counts.
            let absent = SeccompAction::Errno(libc::ENOSYS as u32);
            let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
            Ok([program(clone3, SeccompAction::Allow, absent)?, program(allowed()?, denied, SeccompAction::Allow)?])
        };
        filters().is_ok_and(|filters| filters.iter().all(|filter| apply_filter_all_threads(filter).is_ok()))
    }

    /// The system calls that are allowed, some with certain arguments alone.
    fn allowed() -> seccompiler::Result<BTreeMap<i64, Vec<SeccompRule>>> {
        let always = [
            // The pipes.
            libc::SYS_read,
            libc::SYS_readv,
            libc::SYS_write,
            libc::SYS_writev,
            libc::SYS_close,
            libc::SYS_fstat,
            // Memory.
            libc::SYS_brk,
            libc::SYS_munmap,
            libc::SYS_mremap,
            libc::SYS_madvise,
            // Threads.
            libc::SYS_clone3,
            libc::SYS_futex,
            libc::SYS_set_robust_list,
            libc::SYS_rseq,
            libc::SYS_sched_yield,
            libc::SYS_sched_getaffinity,
            libc::SYS_getpid,
            libc::SYS_gettid,
            libc::SYS_membarrier,
            // Signals to itself, and the end.
            libc::SYS_rt_sigaction,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_sigaltstack,
            libc::SYS_restart_syscall,
            libc::SYS_exit,
            libc::SYS_exit_group,
            // Clocks and chance.
            libc::SYS_clock_gettime,
            libc::SYS_clock_nanosleep,
            libc::SYS_nanosleep,
            libc::SYS_gettimeofday,
            libc::SYS_getrandom,
            libc::SYS_sysinfo,
            libc::SYS_uname,
        ];
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = always.into_iter().map(|call| (call, Vec::new())).collect();
        let rule = |argument, operator, value: u64| {
            let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)?;
            SeccompRule::new(vec![condition])
        };
        let executable = libc::PROT_EXEC as u64;
        let not_executable = || rule(2, SeccompCmpOp::MaskedEq(executable), 0);
        rules.insert(libc::SYS_mmap, vec![not_executable()?]);
        rules.insert(libc::SYS_mprotect, vec![not_executable()?]);
        // Threads, and no processes.
        let thread = libc::CLONE_THREAD as u64;
        rules.insert(libc::SYS_clone, vec![rule(0, SeccompCmpOp::MaskedEq(thread), thread)?]);
        // Names of threads.
        rules.insert(libc::SYS_prctl, vec![rule(0, SeccompCmpOp::Eq, libc::PR_SET_NAME as u64)?]);
        let this_process = u64::from(std::process::id());
        rules.insert(libc::SYS_tgkill, vec![rule(0, SeccompCmpOp::Eq, this_process)?]);
        Ok(rules)
    }
}
