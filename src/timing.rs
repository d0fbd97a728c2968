//! Where the time of a run goes: by stage and by rule. There is no clock in here; who wants to know
//! lends one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long ago something was that never changes: the begin of the run.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// A part of the flow, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The arguments, the configuration, the repository.
    Open,
    /// Files are read and parsed.
    Discover,
    /// Jobs are rendered, round by round.
    Render,
    /// What is rendered becomes releases.
    Fleet,
    /// Rules are asked, and the history they ask for is read.
    Rules,
    /// Severity, waivers, what is older; findings are merged and sorted.
    Findings,
    /// Edits are made and tried.
    Fixes,
    /// The report is written.
    Report,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::Discover,
        Self::Render,
        Self::Fleet,
        Self::Rules,
        Self::Findings,
        Self::Fixes,
        Self::Report,
    ];

    /// How it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Discover => "discover",
            Self::Render => "render",
            Self::Fleet => "fleet",
            Self::Rules => "rules",
            Self::Findings => "findings",
            Self::Fixes => "fixes",
            Self::Report => "report",
        }
    }
}

/// What took how long. Without a clock, which is the default, nothing is measured.
#[derive(Clone, Default)]
pub struct Timings(Option<Measured>);

#[derive(Clone)]
struct Measured {
    clock: Clock,
    spent: Arc<Mutex<Spent>>,
}

/// The time of each stage, and of each rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// From its begin to its end.
    pub stages: BTreeMap<Stage, Duration>,
    /// Added up over the threads that ask it at once: the sum is more than the stage takes.
    pub rules: BTreeMap<&'static str, Duration>,
}

impl std::fmt::Debug for Timings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Timings").field(&self.spent()).finish()
    }
}

impl Timings {
    /// Measures by a clock.
    #[must_use]
    pub fn by(clock: Clock) -> Self {
        Self(Some(Measured { clock, spent: Arc::default() }))
    }

    /// Does something, as a part of a stage. Stages do not lie in each other.
    pub fn stage<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        self.measure(work, |spent, time| *spent.stages.entry(stage).or_default() += time)
    }

    /// Does something for a rule.
    pub fn rule<T>(&self, rule: &'static str, work: impl FnOnce() -> T) -> T {
        self.measure(work, |spent, time| *spent.rules.entry(rule).or_default() += time)
    }

    fn measure<T>(&self, work: impl FnOnce() -> T, add: impl FnOnce(&mut Spent, Duration)) -> T {
        let Some(Measured { clock, spent }) = &self.0 else { return work() };
        let begun = clock();
        let done = work();
        let time = clock().saturating_sub(begun);
        add(&mut spent.lock().unwrap_or_else(PoisonError::into_inner), time);
        done
    }

    /// What was measured up to now; `None` where nothing is.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        let measured = self.0.as_ref()?;
        Some(measured.spent.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Rules that took less are told together.
const LEAST: Duration = Duration::from_millis(1);

impl Spent {
    /// A table for people: the stages in their order, then the rules, the slowest first.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        let all: Duration = self.stages.values().sum();
        let mut line = |what: &str, time: Duration, rest: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(table, "{what:<26}{:>9} ms{rest}", millis(time));
        };
        line("stages", all, "");
        for (stage, time) in &self.stages {
            line(&format!("  {}", stage.word()), *time, &format!("  {:>3} %", share(*time, all)));
        }
        let mut rules: Vec<(&str, Duration)> = self.rules.iter().map(|(rule, time)| (*rule, *time)).collect();
        rules.sort_by_key(|(rule, time)| (std::cmp::Reverse(*time), *rule));
        let slow = rules.iter().take_while(|(_, time)| *time >= LEAST).count();
        let (slow, quick) = rules.split_at(slow);
        line("rules, of all threads", rules.iter().map(|(_, time)| *time).sum(), "");
        for (rule, time) in slow {
            line(&format!("  {rule}"), *time, "");
        }
        if !quick.is_empty() {
            let what = format!("  {} below 1 ms each", quick.len());
            line(&what, quick.iter().map(|(_, time)| *time).sum(), "");
        }
        table
    }
}

/// Milliseconds with a tenth.
fn millis(time: Duration) -> String {
    let tenths = time.as_micros().div_euclid(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Per cent of a whole, rounded.
fn share(part: Duration, whole: Duration) -> u128 {
    (part.as_micros() * 100 + whole.as_micros() / 2).checked_div(whole.as_micros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A clock that goes on by a step each time it is looked at.
    fn steps(micros: u64) -> Clock {
        let looked = AtomicU64::new(0);
        Arc::new(move || Duration::from_micros(looked.fetch_add(micros, Ordering::Relaxed)))
    }

    #[test]
    fn what_is_measured_is_told() {
        let timings = Timings::by(steps(1_500));
        assert_eq!(timings.stage(Stage::Render, || 1) + timings.stage(Stage::Render, || 2), 3);
        timings.stage(Stage::Discover, || ());
        timings.rule("b", || ());
        timings.rule("a", || ());
        timings.rule("a", || ());
        let table = timings.spent().map(|spent| spent.table()).unwrap_or_default();
        let expected = "\
stages                          4.5 ms
  discover                      1.5 ms   33 %
  render                        3.0 ms   67 %
rules, of all threads           4.5 ms
  a                             3.0 ms
  b                             1.5 ms
";
        assert_eq!(table, expected);
    }

    #[test]
    fn quick_rules_are_told_together() {
        let timings = Timings::by(steps(400));
        timings.rule("a", || ());
        timings.rule("b", || ());
        let table = timings.spent().map(|spent| spent.table()).unwrap_or_default();
        assert!(table.ends_with("  2 below 1 ms each             0.8 ms\n"), "{table}");
    }

    #[test]
    fn without_a_clock_nothing_is_measured() {
        let timings = Timings::default();
        assert_eq!(timings.stage(Stage::Render, || timings.rule("a", || 7)), 7);
        assert_eq!(timings.spent(), None);
    }
}
