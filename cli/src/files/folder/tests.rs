//! Reading and writing in a folder: changes, links, names and limits.

use super::*;
use crate::files::Problem;
use crate::files::new_file::New;
use std::fs::{self, FileTimes, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, symlink};

fn open() -> (tempfile::TempDir, Folder) {
    let folder = tempfile::tempdir().unwrap();
    let opened = Folder::open(folder.path()).unwrap();
    (folder, opened)
}

#[test]
fn streams_and_notices_changes() {
    let (folder, opened) = open();
    let (path, name) = (folder.path().join("a"), Path::new("a"));
    fs::write(&path, vec![7; PIECE_BYTES + 1]).unwrap();
    let mut seen = 0;
    let mut count = |piece: Vec<u8>| {
        seen += piece.len();
        piece
    };
    assert_eq!(opened.stream(name, &mut count).unwrap(), PIECE_BYTES as u64 + 1);
    assert_eq!(seen, PIECE_BYTES + 1);
    let grown = opened.stream(name, |piece| {
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
        piece
    });
    assert!(matches!(grown, Err(Problem::Changed)));
    fs::write(&path, b"").unwrap();
    assert_eq!(opened.stream(name, |_| panic!("an empty file has no bytes")).unwrap(), 0);
}

#[test]
fn k16_a_change_is_noticed_though_the_time_of_modification_is_put_back() {
    let (folder, opened) = open();
    let path = folder.path().join("a");
    fs::write(&path, b"one").unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    // The file system's clock ticks, so that the change has another time of status.
    let ticks = |before: (i64, i64)| {
        while {
            fs::write(folder.path().join("tick"), b"").unwrap();
            let now = fs::metadata(folder.path().join("tick")).unwrap();
            (now.ctime(), now.ctime_nsec()) == before
        } {}
    };
    let first = fs::metadata(&path).unwrap();
    ticks((first.ctime(), first.ctime_nsec()));
    let changed = opened.stream(Path::new("a"), |piece| {
        fs::write(&path, b"two").unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_times(FileTimes::new().set_modified(modified)).unwrap();
        piece
    });
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
    assert!(matches!(changed, Err(Problem::Changed)), "{changed:?}");
}

#[test]
fn k9_no_link_is_followed_wherever_it_stands_in_the_path() {
    let (folder, opened) = open();
    fs::create_dir(folder.path().join("real")).unwrap();
    fs::write(folder.path().join("real/a"), b"a").unwrap();
    symlink("real", folder.path().join("link")).unwrap();
    symlink("a", folder.path().join("real/b")).unwrap();
    assert_eq!(opened.read(Path::new("real/a"), 9).unwrap(), b"a");
    assert!(opened.read(Path::new("link/a"), 9).is_err());
    assert!(matches!(opened.read(Path::new("real/b"), 9), Err(Problem::NotAFile("a symbolic link"))));
    assert!(opened.write_new(Path::new("link/c"), b"c", 0o600).is_err());
    assert!(opened.write_new(Path::new("real/b"), b"c", 0o600).is_err());
    assert!(opened.replace(Path::new("real/b"), b"c", 0o600).is_err());
    assert!(opened.make_folders(Path::new("link/d")).is_err());
    for outside in ["/etc/passwd", "../a", "real/../a", "", "."] {
        assert!(opened.read(Path::new(outside), 9).is_err(), "{outside:?}");
    }
    assert!(Folder::open(&folder.path().join("link")).is_err() && Folder::open(&folder.path().join("link/")).is_err());
    assert_eq!(fs::read(folder.path().join("real/a")).unwrap(), b"a");
    assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 2);
}

#[test]
fn k9_a_path_has_a_longest() {
    let (folder, opened) = open();
    // Each part has 255 bytes and a slash.
    let part = "x".repeat(255);
    let path: PathBuf =
        std::iter::repeat_n(part.as_str(), PATH_BYTES_MAX / 256).chain(["y".repeat(PATH_BYTES_MAX % 256).as_str()]).collect();
    assert_eq!(path.as_os_str().len(), PATH_BYTES_MAX);
    opened.make_folders(path.parent().unwrap()).unwrap();
    opened.write_new(&path, b"deep", 0o600).unwrap();
    assert_eq!(opened.read(&path, 9).unwrap(), b"deep");
    let longer = PathBuf::from(format!("{}y", path.display()));
    assert!(opened.write_new(&longer, b"deep", 0o600).unwrap_err().to_string().contains("longer than 4095 bytes"));
    assert!(opened.read(&longer, 9).is_err());
    drop(folder);
}

#[test]
fn k10_new_files_take_free_names_and_replace_nothing() {
    let (folder, opened) = open();
    let path = folder.path().join("a");
    opened.write_new(Path::new("a"), b"1", 0o600).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let taken = opened.write_new(Path::new("a"), b"2", 0o600).unwrap_err();
    assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    opened.rename(Path::new("a"), OsStr::new("b")).unwrap();
    opened.write_new(Path::new("a"), b"2", 0o600).unwrap();
    assert_eq!(opened.rename(Path::new("a"), OsStr::new("b")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    opened.replace(Path::new("a"), b"3", 0o600).unwrap();
    assert_eq!((fs::read(&path).unwrap(), fs::read(folder.path().join("b")).unwrap()), (b"3".to_vec(), b"1".to_vec()));
    // The way of systems that have no files without a name.
    let handle = opened.handle.as_fd();
    New::temporary(handle, 0o600).unwrap().finish(handle, b"4", OsStr::new("c"), false).unwrap();
    assert!(New::temporary(handle, 0o600).unwrap().finish(handle, b"5", OsStr::new("c"), false).is_err());
    assert_eq!(fs::read(folder.path().join("c")).unwrap(), b"4");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no temporary file is left");
    assert_eq!(opened.read(Path::new("c"), 0).unwrap(), b"4");
}
