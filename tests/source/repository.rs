//! A Git repository in a temporary folder, made with libgit2.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{IndexEntry, ObjectType, Oid, RepositoryInitOptions, Signature, Time};
use mlgitops::source::{Root, SourceError, Which, open};
use mlgitops_files::{Entry, Files, ReadError, RepoPath};
use tempfile::TempDir;

/// A repository that is deleted with the test.
pub(crate) struct Repository {
    folder: TempDir,
    pub(crate) git: git2::Repository,
}

impl Repository {
    /// On branch `main`, without a commit.
    pub(crate) fn unborn() -> Self {
        let folder = TempDir::new().unwrap();
        let git =
            git2::Repository::init_opts(folder.path(), RepositoryInitOptions::new().initial_head("main"))
                .unwrap();
        git.config().unwrap().set_bool("core.autocrlf", false).unwrap();
        Self { folder, git }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        write(self.folder.path(), path, bytes);
    }

    pub(crate) fn link(&self, path: &str, target: &str) {
        link(self.folder.path(), path, target);
    }

    /// Puts what stands at these paths into the index, ignored or not.
    pub(crate) fn stage(&self, paths: &[&str]) {
        let mut index = self.git.index().unwrap();
        for path in paths {
            index.add_path(Path::new(path)).unwrap();
        }
        index.write().unwrap();
    }

    /// Puts an entry with a mode and flags of its own into the index.
    pub(crate) fn stage_entry(&self, path: &str, id: Oid, mode: u32, flags: u16, extended: u16) {
        let time = git2::IndexTime::new(0, 0);
        let (dev, ino, uid, gid, file_size) = (0, 0, 0, 0, 0);
        let (flags_extended, path) = (extended, path.as_bytes().to_vec());
        let entry = IndexEntry {
            ctime: time,
            mtime: time,
            dev,
            ino,
            mode,
            uid,
            gid,
            file_size,
            id,
            flags,
            flags_extended,
            path,
        };
        let mut index = self.git.index().unwrap();
        index.add(&entry).unwrap();
        index.write().unwrap();
    }

    /// Commits the index on the current branch.
    pub(crate) fn commit(&self) -> Oid {
        let tree = self.git.index().unwrap().write_tree().unwrap();
        self.commit_tree(tree)
    }

    pub(crate) fn commit_tree(&self, tree: Oid) -> Oid {
        let author = Signature::new("a", "a@example.com", &Time::new(1_700_000_000, 0)).unwrap();
        let tree = self.git.find_tree(tree).unwrap();
        let parent = self.git.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        self.git.commit(Some("HEAD"), &author, &author, "a change", &tree, &parents).unwrap()
    }

    pub(crate) fn blob(&self, bytes: impl AsRef<[u8]>) -> Oid {
        self.git.blob(bytes.as_ref()).unwrap()
    }

    /// Writes a tree as it is given, also one that Git would never write.
    pub(crate) fn raw_tree(&self, entries: &[(&str, &[u8], Oid)]) -> Oid {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        self.git.odb().unwrap().write(ObjectType::Tree, &bytes).unwrap()
    }

    pub(crate) fn root(&self) -> Root {
        Root::find(self.folder.path()).unwrap()
    }

    pub(crate) fn work_tree(&self) -> Arc<dyn Files> {
        open(&self.root(), &Which::WorkTree).unwrap()
    }

    pub(crate) fn staged(&self) -> Arc<dyn Files> {
        open(&self.root(), &Which::Staged).unwrap()
    }

    pub(crate) fn head(&self) -> Arc<dyn Files> {
        open(&self.root(), &Which::Rev("HEAD".into())).unwrap()
    }
}

pub(crate) fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn link(folder: &Path, path: &str, target: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

pub(crate) fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}

/// Every name of a source.
pub(crate) fn all(files: &Arc<dyn Files>) -> Vec<String> {
    files.all().iter().map(|entry| entry.path.as_str().to_owned()).collect()
}

pub(crate) fn read(files: &Arc<dyn Files>, at: &str) -> Result<Vec<u8>, ReadError> {
    files.read(&path(at)).map(|blob| blob.bytes.to_vec())
}

/// The error of opening; the sources themselves cannot be printed.
pub(crate) fn refused(root: &Root, which: &Which) -> SourceError {
    match open(root, which) {
        Ok(files) => panic!("opened: {:?}", files.all()),
        Err(error) => error,
    }
}
