//! Small files, written off the thread that draws. See [`FileWriter`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};
use millions_base::{folder_of, printable_path, replace_file};

/// The contents that a file is to have; none removes it.
type Contents = Option<Vec<u8>>;

/// Writes and removes files on one thread, for flushing to a disk takes longer than a frame. Of several contents of one file the
/// last is written, and those before may be skipped. Dropping it writes what is pending, and waits.
#[derive(Debug)]
pub struct FileWriter {
    requests: Option<Sender<(PathBuf, Contents)>>,
    thread: Option<JoinHandle<()>>,
}

impl FileWriter {
    /// Starts the thread.
    #[must_use]
    pub fn start() -> Self {
        let (requests, received) = unbounded();
        let thread = std::thread::spawn(move || run(&received));
        Self { requests: Some(requests), thread: Some(thread) }
    }

    /// Queues the contents of a file, which is replaced as a whole; its folder is created.
    pub fn write(&self, path: &Path, contents: Vec<u8>) {
        self.send(path, Some(contents));
    }

    /// Queues the removal of a file, which need not exist.
    pub fn remove(&self, path: &Path) {
        self.send(path, None);
    }

    /// Writes what is pending, waits for it, and ends.
    pub fn close(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn send(&self, path: &Path, contents: Contents) {
        if let Some(requests) = &self.requests {
            // The receiver is gone only at the end.
            let _ = requests.send((path.to_owned(), contents));
        }
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(received: &Receiver<(PathBuf, Contents)>) {
    // The files whose last error was logged: a disk that is full stays so for a while.
    let mut failed: Vec<PathBuf> = Vec::new();
    while let Ok(first) = received.recv() {
        let mut pending: Vec<(PathBuf, Contents)> = Vec::new();
        for (path, contents) in std::iter::once(first).chain(received.try_iter()) {
            pending.retain(|(other, _)| *other != path);
            pending.push((path, contents));
        }
        for (path, contents) in pending {
            let is_known = failed.contains(&path);
            match save(&path, contents) {
                Ok(()) => failed.retain(|other| *other != path),
                Err(error) if !is_known => {
                    tracing::warn!("a file cannot be saved ({error}): {}", printable_path(&path));
                    failed.push(path);
                }
                Err(_) => {}
            }
        }
    }
}

fn save(path: &Path, contents: Contents) -> io::Result<()> {
    match contents {
        Some(bytes) => {
            fs::create_dir_all(folder_of(path))?;
            replace_file(path, &bytes)
        }
        None => match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_contents_of_each_file_are_on_the_disk_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a.json", "data/b.json", "c.json"].map(|name| folder.path().join(name));
        // A folder in its place: it cannot be written, and the others are.
        let blocked = folder.path().join("blocked");
        fs::create_dir_all(blocked.join("by")).unwrap();
        let writer = FileWriter::start();
        for number in 0..200 {
            writer.write(&a, format!("a {number}").into_bytes());
            writer.write(&b, format!("b {number}").into_bytes());
            writer.write(&blocked, b"in vain".to_vec());
            writer.write(&c, b"c".to_vec());
        }
        writer.remove(&c);
        writer.remove(&c);
        drop(writer);
        assert_eq!(fs::read_to_string(&a).unwrap(), "a 199");
        assert_eq!(fs::read_to_string(&b).unwrap(), "b 199");
        assert!(!c.exists() && blocked.join("by").is_dir());
    }
}
