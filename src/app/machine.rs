//! What the system tells of the machine. See [`MachineProbe`].

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use sysinfo::{Components, Disks, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use millions_control::{MachineStatus, Temperature};

/// The interval at which the system is asked.
const INTERVAL: Duration = Duration::from_secs(5);
/// The most sensors that are listed.
const MOST_SENSORS: usize = 32;

/// Asks the system on a thread, for some sensors take milliseconds; it ends with this.
pub struct MachineProbe(Arc<Mutex<MachineStatus>>);

impl MachineProbe {
    /// Starts the thread; the free space is that of the disk with `folder`.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let shared = Arc::new(Mutex::new(MachineStatus::default()));
        let (known, folder) = (Arc::downgrade(&shared), folder.to_owned());
        if let Err(error) = thread::Builder::new().name("machine".into()).spawn(move || probe(&known, &folder)) {
            tracing::warn!("temperatures and free space are not known: {error}");
        }
        Self(shared)
    }

    /// Returns what was found last.
    pub fn status(&self) -> MachineStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn probe(known: &Weak<Mutex<MachineStatus>>, folder: &Path) {
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    // What this system does not tell stays unknown.
    let (mut system, mut components) = (System::new().ok(), Components::new_with_refreshed_list().ok());
    while let Some(shared) = known.upgrade() {
        let status = MachineStatus {
            temperatures: components.as_mut().map(temperatures).unwrap_or_default(),
            memory_bytes: system.as_mut().map_or(0, memory_bytes),
            disk_free_bytes: disk_free_bytes(&folder),
        };
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = status;
        drop(shared);
        thread::sleep(INTERVAL);
    }
}

fn temperatures(components: &mut Components) -> Vec<Temperature> {
    components.refresh(true);
    let sensor = |component: &sysinfo::Component| {
        let celsius = component.temperature().filter(|celsius| celsius.is_finite())?;
        Some(Temperature { name: component.label().to_owned(), celsius })
    };
    components.iter().filter_map(sensor).take(MOST_SENSORS).collect()
}

fn memory_bytes(system: &mut System) -> u64 {
    let Ok(pid) = get_current_pid() else { return 0 };
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    system.process(pid).map_or(0, sysinfo::Process::memory)
}

fn disk_free_bytes(folder: &Path) -> Option<u64> {
    let disks = Disks::new_with_refreshed_list().ok()?;
    let of_folder = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    // The innermost of several that are mounted in each other.
    let disk = of_folder.max_by_key(|disk| PathBuf::from(disk.mount_point()).components().count());
    disk.map(sysinfo::Disk::available_space)
}
