//! The comment of a pull request, and the summary of a run: one body that is written again in
//! place. What blocks comes first, what changes next, the rest is folded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mlgitops_files::RepoPath;

use super::block::{Block, blocks};
use super::display::{cut, shown};
use super::markup::{address, cell, code, prose, words};
use super::{Context, anchor, diff, patch, restarts, summary};
use crate::Report;
use crate::finding::{Edit, Fix, Location, NotChecked, ReadTree, Safety, Severity, Waived};
use crate::history::Commit;
use crate::history::words::day;

/// The first line, by which a later run finds the comment again.
pub const MARKER: &str = "<!-- mlgitops:summary -->";

/// Bytes of a body. GitHub takes 65,536 characters ("body is too long (maximum is 65536
/// characters)"); no text has more characters than bytes.
const LIMIT: usize = 65_536;
/// Bytes kept for headings, for what says how much was cut, and for the last line.
const RESERVE: usize = 4_096;
/// Bytes that the table of changes may take, so that findings find room.
const TABLE: usize = 20_000;
/// Bytes that the findings may take, so that waivers find room.
const FINDINGS: usize = 34_000;

/// Lines of a fix that are shown; a longer one is only named.
const PATCH: usize = 24;

/// The whole body.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let blocks = by_severity(&report.findings);
    let mut out = format!("{MARKER}\n### {}\n", title(report, context));
    if let Some([reason, help]) = summary::nothing(report) {
        let _ = writeln!(out, "\n{}  \n→ {}", prose(reason), prose(help));
    }
    changes(&mut out, report, context);
    findings(&mut out, &blocks, &report.trees, context);
    folded(&mut out, report, context);
    let _ = writeln!(out, "\n<sub>{}</sub>", footer(report, context));
    out
}

/// The blocks, loudest first.
fn by_severity(findings: &[crate::finding::Finding]) -> Vec<Block<'_>> {
    let mut blocks = blocks(findings);
    blocks.sort_by_key(|block| std::cmp::Reverse(block.severity()));
    blocks
}

fn title(report: &Report, context: &Context<'_>) -> String {
    let summary = &report.summary;
    let all = [
        (Severity::Error, summary.errors),
        (Severity::Warning, summary.warnings),
        (Severity::Note, summary.notes),
    ];
    let is_loud = |severity| context.fail_on.is_some_and(|least| severity >= least);
    let said = |loud: bool| {
        let of = all.into_iter().filter(|(severity, count)| *count > 0 && is_loud(*severity) == loud);
        let words =
            of.map(|(severity, count)| format!("{count} {severity}{}", if count == 1 { "" } else { "s" }));
        words.collect::<Vec<_>>().join(", ")
    };
    let (loud, quiet) = (said(true), said(false));
    let is_one =
        all.into_iter().filter(|(severity, _)| is_loud(*severity)).map(|(_, count)| count).sum::<usize>()
            == 1;
    let end = match summary.exit {
        3 => "not enough was checked to let this merge pass".to_owned(),
        0 => "nothing blocks this merge".to_owned(),
        _ => format!("{loud} {} this merge", if is_one { "blocks" } else { "block" }),
    };
    let rest = match summary.exit {
        0 | 3 => [loud, quiet].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        _ => quiet,
    };
    let rest = if rest.is_empty() { rest } else { format!("; {rest}") };
    format!("mlgitops: {end}{rest}")
}

/// Puts as many items as fit in some bytes, and gives how many did not.
fn put(out: &mut String, room: usize, items: &[String]) -> usize {
    let mut left = room.min(LIMIT.saturating_sub(RESERVE + out.len()));
    for (index, item) in items.iter().enumerate() {
        match left.checked_sub(item.len()) {
            Some(rest) => left = rest,
            None => return items.len() - index,
        }
        out.push_str(item);
    }
    0
}

/// What changes, a row a release.
fn changes(out: &mut String, report: &Report, context: &Context<'_>) {
    let Some(changes) = &report.changes else { return };
    if changes.is_empty() {
        out.push_str("\nNothing that runs is changed.\n");
        return;
    }
    let cells: Vec<diff::Cells> = changes.iter().filter_map(diff::cells).collect();
    // A column of nothing is left out.
    let has_more = cells.iter().any(|cells| !cells.more.is_empty());
    let (head, line) = if has_more { (" more |", "---|") } else { ("", "") };
    let _ = writeln!(out, "\n| model | environment | version | ran before? |{head}\n|---|---|---|---|{line}");
    let rows: Vec<String> = cells.iter().map(|cells| row(cells, has_more, context)).collect();
    let more = put(out, TABLE, &rows);
    if more > 0 {
        let _ = writeln!(out, "\n… and {more} more releases change: `mlgitops diff` lists them");
    }
    if let Some(sentence) = restarts::sentence(changes) {
        let _ = writeln!(out, "\n{sentence}");
    }
}

fn row(cells: &diff::Cells, has_more: bool, context: &Context<'_>) -> String {
    let cut = |text: &str| cut(text, 120);
    let version = match (&cells.before, &cells.after) {
        (Some(old), Some(new)) if old == new => code(&cut(new)),
        (Some(old), Some(new)) => format!("{} → {}", code(&cut(old)), code(&cut(new))),
        (None, Some(new)) => format!("new: {}", code(&cut(new))),
        (Some(old), None) => format!("{} → **gone**", code(&cut(old))),
        (None, None) => String::new(),
    };
    let mut proof = cells.proof.as_deref().map(words).unwrap_or_default();
    if let Some(commit) = &cells.proven_by {
        let _ = write!(proof, " ({})", proven_by(commit, context));
    }
    let more = cells.more.iter().map(|more| words(&cut(more))).collect::<Vec<_>>().join("; ");
    let columns = [code(&cut(&cells.model)), words(&cut(&cells.environment)), version, proof, more];
    let columns: Vec<String> =
        columns.iter().take(4 + usize::from(has_more)).map(|column| pipes(column)).collect();
    format!("| {} |\n", columns.join(" | "))
}

/// The commit that brought a version to where it was proven, as a link where the run knows one.
fn proven_by(commit: &Commit, context: &Context<'_>) -> String {
    let short = code(commit.short());
    let project = context.blob.and_then(|blob| blob.rsplit_once("/blob/"));
    let named = match project {
        Some((project, _)) => format!("[{short}]({project}/commit/{})", address(&commit.id)),
        None => short,
    };
    let number = commit.pull_request.map(|number| format!(", #{number}")).unwrap_or_default();
    format!("{named} of {}{number}", day(commit.time))
}

/// Words have their pipes escaped already; code has not.
fn pipes(column: &str) -> String {
    cell(&column.replace("\\|", "|"))
}

fn findings(out: &mut String, blocks: &[Block<'_>], trees: &[ReadTree], context: &Context<'_>) {
    let loud: Vec<&Block<'_>> = blocks.iter().filter(|block| block.severity() > Severity::Note).collect();
    let items: Vec<String> = loud.iter().map(|block| item(block, trees, context)).collect();
    let more = put(out, FINDINGS, &items);
    if more > 0 {
        let cut = loud.iter().skip(loud.len() - more);
        let errors = cut.filter(|block| block.severity() == Severity::Error).count();
        let _ = writeln!(
            out,
            "\n… and {more} more that do not fit here, {errors} of them errors: the log of this run has all"
        );
    }
}

fn item(block: &Block<'_>, trees: &[ReadTree], context: &Context<'_>) -> String {
    let main = block.main;
    let mut out = format!("\n**{}** `{}` · ", main.severity, main.rule);
    let places: Vec<String> = block
        .findings()
        .filter(|finding| finding.counts())
        .map(|finding| link(&finding.primary.location, trees, context))
        .collect();
    let (first, rest) = places.split_at(places.len().min(8));
    out.push_str(&first.join(", "));
    if !rest.is_empty() {
        let _ = write!(out, " and {} more places", rest.len());
    }
    // A summary breaks lines only where two blanks say so.
    let _ = writeln!(out, "  \n{}  ", prose(&main.message));
    if let Some(also) = block.also() {
        let _ = writeln!(out, "also: {}  ", prose(&also));
    }
    for line in block.help().iter().flat_map(|help| help.lines()).take(6) {
        let _ = writeln!(out, "→ {}  ", prose(line));
    }
    if let Some(fix) = &main.fix {
        out.push_str(&suggestion(fix));
    }
    out
}

/// What to type so that it is done, what comes of it, and the lines as they would be.
fn suggestion(fix: &Fix) -> String {
    let command = match fix.safety {
        Safety::Safe => "mlgitops lint --fix",
        Safety::Unsafe => "mlgitops lint --fix --unsafe-fixes",
    };
    let mut out = format!("→ `{command}`: {}  \n", prose(&fix.title));
    let patch: String =
        changed(fix).iter().map(|(path, old, new)| patch::print(path, old, new, true)).collect();
    if (1..=PATCH).contains(&patch.lines().count()) {
        let longest = patch.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = write!(out, "{fence}diff\n{patch}{fence}\n");
    }
    out
}

/// The files that a fix changes, before and after it.
fn changed(fix: &Fix) -> Vec<(RepoPath, String, String)> {
    let mut files: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.location.path()).or_default().push(edit);
    }
    let apply = |(path, mut edits): (&str, Vec<&Edit>)| {
        let old = edits.first()?.location.file.text().to_string();
        edits.sort_by_key(|edit| (edit.location.start, edit.location.end));
        let mut new = old.clone();
        for edit in edits.into_iter().rev() {
            let range = edit.location.start as usize..edit.location.end as usize;
            new.get(range.clone())?;
            new.replace_range(range, &edit.text);
        }
        Some((RepoPath::parse(path).ok()?, old, new))
    };
    files.into_iter().filter_map(apply).collect()
}

/// `path:line`, as a link that stays where the run knows the commit.
fn link(at: &Location, trees: &[ReadTree], context: &Context<'_>) -> String {
    if !anchor::is_here(at, trees) {
        return words(&anchor::written(at));
    }
    let (path, line) = (context.in_repository(at.path()), at.position().line);
    let said = words(&format!("{}:{line}", cut(&path, 200)));
    match context.blob {
        Some(blob) => format!("[{said}]({blob}/{}#L{line})", address(&path)),
        None => said,
    }
}

/// What nobody has to act on now.
fn folded(out: &mut String, report: &Report, context: &Context<'_>) {
    let trees = &report.trees;
    let notes: Vec<String> = by_severity(&report.findings)
        .iter()
        .filter(|block| block.severity() == Severity::Note)
        .map(|block| item(block, trees, context))
        .collect();
    let waivers = waivers(report);
    let in_force: Vec<String> = waivers.iter().map(|waived| waiver(waived, trees, context)).collect();
    let mut items: Vec<&NotChecked> = report.not_checked.iter().collect();
    items.sort_by_key(|item| !item.required);
    let missing: Vec<String> = items.iter().map(|item| not_checked(item, trees, context)).collect();
    let old: Vec<String> = report.older.iter().map(older).collect();
    let count_old = report.older.as_ref().map_or(0, crate::Older::count);
    let counts = [
        counted(notes.len(), "note", "notes"),
        counted(in_force.len(), "waiver in force", "waivers in force"),
        counted(missing.len(), "not checked", "not checked"),
        counted(count_old, "older finding not counted", "older findings not counted"),
    ];
    let head: Vec<String> = counts.into_iter().flatten().collect();
    if head.is_empty() {
        return;
    }
    // What fails the run is not folded.
    let open = if report.not_checked.iter().any(|item| item.required) { " open" } else { "" };
    let _ = writeln!(out, "\n<details{open}><summary>{}</summary>\n", head.join(" · "));
    let mut more = 0;
    for section in [&missing, &in_force, &old, &notes] {
        more += put(out, LIMIT, section);
    }
    if more > 0 {
        let _ = writeln!(out, "\n… and {more} more that do not fit here: the log of this run has all");
    }
    out.push_str("\n</details>\n");
}

fn counted(count: usize, one: &str, many: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
}

/// A waiver that covers something.
struct InForce<'r> {
    rule: &'static str,
    waived: &'r Waived,
    /// The models, or other objects, that it covers.
    names: BTreeSet<&'r str>,
}

/// The waivers that cover something, each once, in the order of files.
fn waivers(report: &Report) -> Vec<InForce<'_>> {
    let mut all: BTreeMap<(&str, u32, &str), InForce<'_>> = BTreeMap::new();
    for finding in &report.findings {
        for place in &finding.places {
            let Some(waived) = &place.waived else { continue };
            let at = &waived.location;
            let new = InForce { rule: finding.rule, waived, names: BTreeSet::new() };
            let one = all.entry((at.path(), at.start, finding.rule)).or_insert(new);
            let object = place.object.as_ref().map(|object| object.name.as_str());
            one.names.extend(place.model.as_deref().or(object));
        }
    }
    all.into_values().collect()
}

fn waiver(one: &InForce<'_>, trees: &[ReadTree], context: &Context<'_>) -> String {
    let InForce { rule, waived, names } = one;
    let until = match (&waived.until, waived.days_left) {
        (Some(day), Some(0)) => format!("until {}, its last day", words(day)),
        (Some(day), Some(1)) => format!("until {}, 1 day left", words(day)),
        (Some(day), Some(days)) => format!("until {}, {days} days left", words(day)),
        (Some(day), None) => format!("until {}", words(day)),
        (None, _) => "with no end".to_owned(),
    };
    let mut on: Vec<String> = names.iter().take(3).map(|name| code(name)).collect();
    if names.len() > on.len() {
        on.push(format!("{} more", names.len() - on.len()));
    }
    let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
    let owner = waived.owner.as_deref().map(|owner| format!(", {}", code(owner))).unwrap_or_default();
    let ticket = waived.ticket.as_deref().map(|ticket| format!(", {}", code(ticket))).unwrap_or_default();
    let reason = prose(&waived.reason);
    let at = link(&waived.location, trees, context);
    format!("- waived {until}: `{rule}`{on}, \"{reason}\"{owner}{ticket} ({at})\n")
}

fn not_checked(item: &NotChecked, trees: &[ReadTree], context: &Context<'_>) -> String {
    let word = if item.required { "**not checked**" } else { "not checked" };
    let at = item.location.as_ref().map(|at| format!(" ({})", link(at, trees, context))).unwrap_or_default();
    let help = item.help.as_deref().map(|help| format!(" → {}", prose(help))).unwrap_or_default();
    format!("- {word}: {}{at}: {}{help}\n", prose(&item.what), prose(&item.reason))
}

fn older(older: &crate::Older) -> String {
    let counts: Vec<String> =
        older.findings.iter().map(|(rule, count)| format!("{count} × `{rule}`")).collect();
    if counts.is_empty() {
        return String::new();
    }
    format!("- older, on {}: {} (`mlgitops lint` shows them)\n", words(&older.on), counts.join(", "))
}

fn footer(report: &Report, context: &Context<'_>) -> String {
    let mut parts: Vec<String> = context.compared.map(words).into_iter().collect();
    parts.push(words(&shown(&summary::line(&report.summary))));
    parts.push(format!("mlgitops {}, {} ms", context.version, context.elapsed_ms));
    parts.extend(context.at_home.map(|command| format!("here at home: {}", code(command))));
    parts.join(" · ")
}
