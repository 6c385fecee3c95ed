//! The few things that writing needs from a file, so that tests can make any of them fail.

use std::{fs::File, io};

pub(super) trait Storage: Send + Sync {
    /// Writes at a place, in one call to the operating system; gives how many bytes it took.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes the content survive a power cut.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes content and length survive a power cut.
    fn sync_all(&self) -> io::Result<()>;
    /// Cuts the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
}

impl Storage for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_all()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}
