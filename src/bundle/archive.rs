//! A bundle as one `.tar.gz` file: the same bytes for the same bundle.
//!
//! Files stand in one folder that is named after the network, sorted, owned by root, with one time
//! for all. Reading takes any such archive apart in memory; nothing is ever unpacked to disk.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

use super::disk::Kind;
use super::tree::{Content, Item};
use super::{BundlePath, Mode, Sealed};

/// More is no bundle: a small archive can unpack to anything. A network of ten thousand nodes fits in.
const MOST_BYTES: u64 = 1 << 30;
/// The permissions of folders.
const FOLDER: u32 = 0o755;

/// Packs a bundle. `mtime` is the time of every file in seconds since 1970, 0 where nobody asks for
/// another.
///
/// # Errors
/// There is more than an archive may hold; a file that is on the disk cannot be read.
pub fn pack(bundle: &Sealed, mtime: u64) -> io::Result<Vec<u8>> {
    room_for(bundle.files().map(|(_, file)| file.size()).sum())?;
    let files: Vec<_> = bundle
        .files()
        .map(|(path, file)| Ok((path, file.mode, file.bytes().map_err(|error| error.source)?)))
        .collect::<io::Result<_>>()?;
    let files = files.iter().map(|(path, mode, bytes)| (*path, *mode, &**bytes));
    let tar = tar(&bundle.manifest().header.network, files, mtime, Vec::new())?;
    room_for(tar.len() as u64)?;
    compress(&tar, Vec::new())
}

/// Nobody could read a larger one again.
fn room_for(bytes: u64) -> io::Result<()> {
    if bytes > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(io::Error::other(format!(
            "the files are larger than {most} MiB; pack the folder instead"
        )));
    }
    Ok(())
}

fn tar<'f, W: Write>(
    top: &str,
    files: impl Iterator<Item = (&'f BundlePath, Mode, &'f [u8])>,
    mtime: u64,
    out: W,
) -> io::Result<W> {
    let mut builder = tar::Builder::new(out);
    let header = |kind: tar::EntryType, mode: u32, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(mtime);
        header.set_size(size as u64);
        header
    };
    let mut folders = BTreeSet::new();
    let mut folder = |builder: &mut tar::Builder<W>, name: String| {
        if folders.contains(&name) {
            return Ok(());
        }
        let mut header = header(tar::EntryType::Directory, FOLDER, 0);
        builder.append_data(&mut header, format!("{name}/"), io::empty())?;
        folders.insert(name);
        io::Result::Ok(())
    };
    folder(&mut builder, top.to_owned())?;
    for (path, mode, bytes) in files {
        for above in path.folders() {
            folder(&mut builder, format!("{top}/{above}"))?;
        }
        let mut header = header(tar::EntryType::Regular, mode.bits(), bytes.len());
        builder.append_data(&mut header, format!("{top}/{path}"), bytes)?;
    }
    builder.into_inner()
}

fn compress<W: Write>(tar: &[u8], out: W) -> io::Result<W> {
    // No name, no time, no operating system.
    let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(out, Compression::best());
    gzip.write_all(tar)?;
    gzip.finish()
}

/// What an archive has besides its files.
#[derive(Debug)]
pub(super) struct Wrapping {
    /// The bytes of the file, and of the archive in it.
    packed: Vec<u8>,
    tar: Vec<u8>,
    mtime: u64,
}

/// Takes an archive apart. The error is a reason in words.
pub(super) fn unpack(packed: Vec<u8>) -> Result<(Wrapping, Vec<(PathBuf, Item)>), String> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(packed.as_slice())
        .take(MOST_BYTES + 1)
        .read_to_end(&mut tar)
        .map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if tar.len() as u64 > MOST_BYTES {
        return Err(format!("it unpacks to more than {} MiB", MOST_BYTES >> 20));
    }
    let mut items = Vec::new();
    let mut mtime = None;
    let mut top: Option<String> = None;
    let damaged = |error: io::Error| format!("it is no tar archive: {error}");
    for entry in tar::Archive::new(tar.as_slice()).entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let header = entry.header();
        mtime = mtime.or(header.mtime().ok());
        let kind = match header.entry_type() {
            tar::EntryType::Regular => Kind::File,
            tar::EntryType::Directory => Kind::Folder,
            tar::EntryType::Symlink | tar::EntryType::Link => Kind::Link,
            _ => Kind::Other,
        };
        let mode = header.mode().map_err(damaged)? & 0o7777;
        let mut bytes = Vec::new();
        // Other kinds can claim to hold more than there is.
        if kind == Kind::File {
            entry.read_to_end(&mut bytes).map_err(damaged)?;
        }
        let (first, rest) = name.split_once('/').unwrap_or((name.as_str(), ""));
        let top = top.get_or_insert_with(|| first.to_owned());
        let inside = if first == top.as_str() && !rest.is_empty() { rest } else { name.as_str() };
        // The folder of the whole bundle is no part of it.
        if kind != Kind::Folder || inside != name || first != top.as_str() {
            let content = if kind == Kind::File { Content::Bytes(bytes) } else { Content::None };
            items.push((PathBuf::from(inside.trim_end_matches('/')), Item { kind, mode, content }));
        }
    }
    Ok((Wrapping { packed, tar, mtime: mtime.unwrap_or_default() }, items))
}

impl Wrapping {
    /// Whether the archive is byte for byte what netgen makes of these files: what stands between the
    /// files (owners, times, padding) is not in any list of digests. Compressors differ from version
    /// to version, so the outer bytes count only for one that was made by this version.
    pub(super) fn is_ours(
        &self,
        network: &str,
        files: &[(BundlePath, Mode, &[u8])],
        same_version: bool,
    ) -> bool {
        let files = files.iter().map(|(path, mode, bytes)| (path, *mode, *bytes));
        tar(network, files, self.mtime, Same(&self.tar)).is_ok_and(|rest| rest.0.is_empty())
            && (!same_version || compress(&self.tar, Same(&self.packed)).is_ok_and(|rest| rest.0.is_empty()))
    }
}

/// Compares what is written with what is there, and holds neither twice: what is left of that.
struct Same<'a>(&'a [u8]);

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or_else(|| io::Error::other("it is another"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_again_is_not_packed() {
        room_for(MOST_BYTES).unwrap();
        assert!(room_for(MOST_BYTES + 1).unwrap_err().to_string().contains("1024 MiB"));
    }
}
