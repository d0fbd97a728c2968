//! What ran at the commits of a chain, read as far back as somebody asks.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use mlgitops_files::{Files, RepoPath};

use super::engine::Engine;
use super::quiet;
use super::state::State;
use crate::config::Config;
use crate::fleet::Surveyor;
use crate::source::{About, Chain, Gap, Repositories};

/// How many commits before a commit are asked whether their clock was ahead of its own.
const CLOCKS: usize = 64;

/// A commit, as findings and tables name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its position in the chain, 0 for the tip.
    pub at: usize,
    /// The full id.
    pub id: String,
    /// When it came to the branch: its committer date, never earlier than that of any of the 64
    /// commits before it.
    pub time: jiff::Timestamp,
    /// The author's name.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The number of the pull or merge request that its message names.
    pub pull_request: Option<u64>,
}

impl Commit {
    /// The id's first seven digits.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

/// Commits next to each other at which the same releases ran.
#[derive(Debug, Clone)]
pub struct Era {
    /// What ran.
    pub state: Arc<State>,
    /// The position of the commit that brought it.
    pub from: usize,
    /// The position of the commit that replaced it; `None` while it lasts.
    pub until: Option<usize>,
    /// Whether what was before it could not be read, so that it may have begun earlier.
    pub is_open: bool,
}

/// The eras of a chain, newest first.
pub struct Timeline {
    chain: Arc<dyn Chain>,
    config: Arc<Config>,
    repositories: Repositories,
    surveyor: Arc<Surveyor>,
    walk: Mutex<Walk>,
}

#[derive(Default)]
struct Walk {
    /// Eras that are complete, newest first.
    eras: Vec<Era>,
    /// Stretches whose state leaves something hidden, newest first: they wait for the state before.
    waiting: Vec<Stretch>,
    /// The stretch that may go on.
    current: Option<Stretch>,
    /// What reads the state of one commit after the other.
    engine: Option<Engine>,
    /// Set once the chain is at its end: where it breaks off, if it does.
    end: Option<Option<Gap>>,
}

/// Commits next to each other with one state, as it was rendered.
#[derive(Clone)]
struct Stretch {
    state: Arc<State>,
    /// The oldest.
    from: usize,
}

impl Timeline {
    /// The timeline of a chain, judged by one configuration at every commit, with the repositories
    /// that are at hand.
    #[must_use]
    pub fn new(chain: Arc<dyn Chain>, config: Arc<Config>, repositories: Repositories) -> Self {
        Self { chain, config, repositories, surveyor: Arc::default(), walk: Mutex::default() }
    }

    /// The same, where a surveyor saw other states of the repository.
    #[must_use]
    pub fn sharing(self, surveyor: &Arc<Surveyor>) -> Self {
        Self { surveyor: Arc::clone(surveyor), ..self }
    }

    /// An era, counted from the newest; `None` behind the oldest.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not hold the commits that would tell.
    pub fn era(&self, number: usize) -> Result<Option<Era>, Gap> {
        // Rendering runs in parallel: whoever holds this lock must be no worker of that pool.
        let mut walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        while !walk.is_complete(number) {
            self.step(&mut walk);
        }
        match (walk.eras.get(number), &walk.end) {
            (Some(era), _) => Ok(Some(era.clone())),
            (None, Some(Some(gap))) => Err(gap.clone()),
            (None, _) => Ok(None),
        }
    }

    /// A commit of the chain.
    #[must_use]
    pub fn commit(&self, at: usize) -> Commit {
        let about = self.chain.about(at);
        let id = self.chain.link(at).ok().flatten().map(|link| link.id.to_string()).unwrap_or_default();
        let pull_request = pull_request(&about);
        let About { author, subject, .. } = about;
        Commit { at, id, time: self.time(at), author, subject, pull_request }
    }

    /// The newest commit that is not later than a time; `None` where the branch was not yet.
    ///
    /// # Errors
    /// [`Gap`] where this clone does not go so far back.
    pub fn at(&self, time: jiff::Timestamp) -> Result<Option<usize>, Gap> {
        let mut at = 0;
        while self.chain.link(at)?.is_some() {
            if self.time(at) <= time {
                return Ok(Some(at));
            }
            at += 1;
        }
        Ok(None)
    }

    /// When a commit came to the branch.
    #[must_use]
    pub fn time(&self, at: usize) -> jiff::Timestamp {
        let times = (at..=at.saturating_add(CLOCKS)).map_while(|at| self.chain.link(at).ok().flatten());
        let latest = times.map(|link| link.time).max().unwrap_or(0);
        jiff::Timestamp::from_second(latest).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// How many commits of the chain were looked at.
    #[must_use]
    pub fn commits_read(&self) -> usize {
        let walk = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        walk.current.iter().map(|stretch| stretch.from + 1).max().unwrap_or(0)
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &dyn Chain {
        &*self.chain
    }

    /// Goes on by one commit.
    fn step(&self, walk: &mut Walk) {
        let Some(current) = walk.current.clone() else {
            match self.chain.link(0).and_then(|link| link.map(|_| self.chain.files(0)).transpose()) {
                Ok(Some(files)) => {
                    let engine =
                        Engine::new(&files, Arc::clone(&self.config), &self.repositories, &self.surveyor);
                    match engine.hidden() {
                        Some(gap) => walk.end = Some(Some(gap)),
                        None => walk.begin(engine.state(), 0),
                    }
                    walk.engine = Some(engine);
                }
                Ok(None) => walk.end = Some(None),
                Err(gap) => walk.end = Some(Some(gap)),
            }
            return;
        };
        let next = current.from + 1;
        let Some(engine) = walk.engine.as_mut() else { return walk.finish(None) };
        match self.go_on(engine, next) {
            Ok(Step::Same) => walk.current = Some(Stretch { from: next, ..current }),
            Ok(Step::Changed) => {
                let state = engine.state();
                walk.begin(state, next);
            }
            Ok(Step::End) => walk.finish(None),
            Err(gap) => walk.finish(Some(gap)),
        }
    }

    /// Takes the engine from the commit before to a commit.
    fn go_on(&self, engine: &mut Engine, at: usize) -> Result<Step, Gap> {
        if self.chain.link(at)?.is_none() {
            return Ok(Step::End);
        }
        let mut changed = Vec::new();
        self.chain.changed(at - 1, quiet::JUDGE, &mut |path, how| {
            // What has no UTF-8 name is no file that is read.
            let path = std::str::from_utf8(path).ok().and_then(|path| RepoPath::parse(path).ok());
            changed.extend(path.filter(|path| engine.reads(path, how)).map(|path| (path, how)));
            ControlFlow::Continue(())
        })?;
        if changed.is_empty() {
            return Ok(Step::Same);
        }
        engine.go_on(&self.chain.files(at)?, &changed);
        engine.hidden().map_or(Ok(Step::Changed), Err)
    }
}

/// What a commit is, seen from the one after it.
enum Step {
    /// It holds the same of all that is read.
    Same,
    /// It holds something else.
    Changed,
    /// There is none.
    End,
}

/// `Merge pull request #12 from …`, `bump (#12)`, and `See merge request org/repo!12`.
fn pull_request(about: &About) -> Option<u64> {
    let digits = |rest: &str| -> Option<u64> {
        rest.split(|c: char| !c.is_ascii_digit()).next().filter(|text| !text.is_empty())?.parse().ok()
    };
    let merged = about.subject.strip_prefix("Merge pull request #").and_then(digits);
    let squashed = about.subject.strip_suffix(')').and_then(|rest| digits(rest.rsplit_once("(#")?.1));
    let of_gitlab = about
        .message
        .lines()
        .filter_map(|line| line.strip_prefix("See merge request ")?.rsplit_once('!'))
        .find_map(|(_, number)| digits(number));
    merged.or(squashed).or(of_gitlab)
}

/// What runs in one state of the files, from nothing.
#[must_use]
pub fn whole(files: &Arc<dyn Files>, config: &Config, repositories: &Repositories) -> State {
    let seen = Surveyor::default().see(files, config, repositories);
    State::of(&seen.fleet, &seen.discovery, config)
}

impl Walk {
    /// Whether nothing that is read later can change an era.
    fn is_complete(&self, number: usize) -> bool {
        let ended = || self.current.as_ref().is_some_and(|current| current.state.broken.is_empty());
        let is_last = self.eras.len() == number.saturating_add(1);
        self.end.is_some()
            || self.eras.len() > number.saturating_add(1)
            || (is_last && self.waiting.is_empty() && ended())
    }

    /// Takes the state of an older commit.
    fn begin(&mut self, state: State, at: usize) {
        if let Some(current) = self.current.as_mut() {
            if current.state.releases == state.releases && current.state.broken == state.broken {
                current.from = at;
                return;
            }
            let done = current.clone();
            self.put(done);
        }
        self.current = Some(Stretch { state: Arc::new(state), from: at });
    }

    /// Ends the chain: at the first commit ever, or where it breaks off.
    fn finish(&mut self, gap: Option<Gap>) {
        if let Some(current) = self.current.clone() {
            self.put(current);
        }
        // Nothing is known to have been before them.
        let waiting = std::mem::take(&mut self.waiting);
        for stretch in waiting {
            self.push(&stretch.state, stretch.from);
        }
        if let (Some(last), Some(_)) = (self.eras.last_mut(), &gap) {
            last.is_open = true;
        }
        self.end = Some(gap);
    }

    /// Takes a stretch that is complete.
    fn put(&mut self, stretch: Stretch) {
        if !stretch.state.broken.is_empty() {
            self.waiting.push(stretch);
            return;
        }
        let mut resolved = Vec::new();
        let mut before = Arc::clone(&stretch.state);
        for waiting in std::mem::take(&mut self.waiting).into_iter().rev() {
            before = Arc::new(waiting.state.after(&before));
            resolved.push((Arc::clone(&before), waiting.from));
        }
        for (state, from) in resolved.into_iter().rev() {
            self.push(&state, from);
        }
        self.push(&stretch.state, stretch.from);
    }

    /// Adds an era, or lengthens the one after it where the same runs.
    fn push(&mut self, state: &Arc<State>, from: usize) {
        match self.eras.last_mut() {
            Some(last) if last.state.releases == state.releases => last.from = from,
            last => {
                let until = last.map(|last| last.from);
                self.eras.push(Era { state: Arc::clone(state), from, until, is_open: false });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_names_its_pull_request() {
        for (message, number) in [
            ("Merge pull request #412 from org/bump\n\nbump", Some(412)),
            ("bump fraud-detector (#398)", Some(398)),
            ("Merge branch 'bump' into 'main'\n\nbump\n\nSee merge request ml/models!77", Some(77)),
            ("fix #12", None),
            ("bump (#)", None),
        ] {
            let subject = message.lines().next().unwrap().to_owned();
            let about = About { author: String::new(), subject, message: message.to_owned() };
            assert_eq!(pull_request(&about), number, "{message}");
        }
    }
}
