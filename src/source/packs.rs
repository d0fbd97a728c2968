//! Objects of a repository's packs, read through `gix-pack`: one object after the other of a long
//! walk, each of a delta's chain unpacked once. libgit2 reads what is not packed, and verifies what
//! it reads; Git itself does not, and unpacks only what the checksums of zlib admit.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use gix_hash::Kind as Hash;
use gix_pack::data::entry::Header;
use gix_pack::{MMap, data, index};
use gix_zlib::Inflate;
use mlgitops_files::limits;

use super::chain::ObjectName;
use super::delta;
use super::recent::Recent;

/// The packs of a repository.
pub(super) struct Packs(Vec<Pack>);

struct Pack {
    index: index::File<MMap>,
    names: FanOut,
    data: data::File<MMap>,
}

/// What an object is, of the two kinds that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder.
    Tree,
    /// The content of a file.
    Blob,
}

/// Most deltas between an object and one that is stored whole (Git writes at most 4,095).
const CHAIN: usize = 4_096;
/// Git makes no delta of less (`builtin/pack-objects.c`), and so hardly one that is made from less.
const DELTIFIED: usize = 50;
/// Most bytes of all of them together.
const CHAIN_BYTES: u64 = 4 * limits::FILE_BYTES;
impl Packs {
    /// Opens the packs below a repository's common folder. One that cannot be opened is left out:
    /// libgit2 then says why.
    pub(super) fn open(common_dir: &Path) -> Self {
        let Ok(entries) = std::fs::read_dir(common_dir.join("objects/pack")) else { return Self(Vec::new()) };
        let files = entries.flatten().map(|entry| entry.path());
        let mut indices: Vec<_> = files.filter(|path| path.extension().is_some_and(|x| x == "idx")).collect();
        indices.sort();
        let open = |path: &std::path::PathBuf| {
            let index = index::File::at(path, Hash::Sha1).ok()?;
            let data = data::File::at(path.with_extension("pack"), Hash::Sha1).ok()?;
            Some(Pack {
                names: FanOut::of(&index),
                index,
                data: data.with_alloc_limit_bytes(usize::try_from(limits::FILE_BYTES).ok()),
            })
        };
        Self(indices.iter().filter_map(open).collect())
    }
}

/// Reads objects of packs, and keeps what it unpacked last.
pub(super) struct PackReader {
    packs: Arc<Packs>,
    /// The pack that held the object before: most are in one.
    last: usize,
    inflate: Inflate,
    kept: Recent<Place, Kind>,
    /// Deltas on the way to a base, their bytes, and buffers to use again.
    chain: Vec<(Place, Vec<u8>)>,
    chained: u64,
    spare: Vec<Vec<u8>>,
}

/// Where an object stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    pack: usize,
    offset: u64,
}

impl PackReader {
    /// One that keeps so many bytes of what it unpacked, twice.
    pub(super) fn new(packs: Arc<Packs>, kept: usize) -> Self {
        Self {
            packs,
            last: 0,
            inflate: Inflate::default(),
            kept: Recent::new(kept),
            chain: Vec::new(),
            chained: 0,
            spare: Vec::new(),
        }
    }

    /// Writes a tree or a blob; `None` where no pack holds it, or what holds it is broken or over a
    /// limit.
    pub(super) fn read(&mut self, id: ObjectName, object: &mut Vec<u8>) -> Option<Kind> {
        let place = self.place(id)?;
        let packs = Arc::clone(&self.packs);
        let kind = self.unpack(packs.0.get(place.pack)?, place, object);
        let left = self.chain.drain(..).map(|(_, bytes)| bytes);
        self.spare.extend(left);
        self.chained = 0;
        kind
    }

    fn place(&mut self, id: ObjectName) -> Option<Place> {
        let packs = &self.packs.0;
        let found = (0..packs.len()).map(|step| (self.last + step) % packs.len()).find_map(|pack| {
            let Pack { index, names, .. } = packs.get(pack)?;
            Some(Place { pack, offset: index.pack_offset_at_index(names.find(index, id)?) })
        });
        let place = found?;
        self.last = place.pack;
        Some(place)
    }

    /// Unpacks what stands at a place of a pack, and all it is made of.
    fn unpack(&mut self, pack: &Pack, mut place: Place, object: &mut Vec<u8>) -> Option<Kind> {
        let Self { kept, chain, chained, spare, inflate, .. } = self;
        let most = usize::try_from(limits::FILE_BYTES).unwrap_or(usize::MAX);
        let kind = loop {
            // What was read lately is asked for as a base; hardly ever once more for itself.
            if !chain.is_empty()
                && let Some((kind, base)) = kept.get(place)
                && let Some((place, delta)) = chain.pop()
            {
                let applied = delta::apply(base, &delta, most, object);
                spare.push(delta);
                applied?;
                kept.put(place, kind, object);
                break kind;
            }
            let entry = pack.data.entry(place.offset).ok()?;
            *chained = chained.saturating_add(entry.decompressed_size);
            if *chained > CHAIN_BYTES || chain.len() > CHAIN {
                return None;
            }
            let mut bytes = spare.pop().unwrap_or_default();
            bytes.clear();
            bytes.resize(usize::try_from(entry.decompressed_size).ok()?, 0);
            pack.data.decompress_entry(&entry, inflate, &mut bytes).ok()?;
            let offset = match entry.header {
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
                Header::RefDelta { base_id } => pack.index.pack_offset_at_index(pack.index.lookup(base_id)?),
                Header::Commit | Header::Tag => return None,
                Header::Tree | Header::Blob => {
                    let kind = if entry.header == Header::Tree { Kind::Tree } else { Kind::Blob };
                    if bytes.len() >= DELTIFIED {
                        kept.put(place, kind, &bytes);
                    }
                    std::mem::swap(object, &mut bytes);
                    spare.push(bytes);
                    break kind;
                }
            };
            chain.push((place, bytes));
            place = Place { offset, ..place };
        };
        let mut made = spare.pop().unwrap_or_default();
        while let Some((place, delta)) = chain.pop() {
            let applied = delta::apply(object, &delta, most, &mut made);
            spare.push(delta);
            applied?;
            std::mem::swap(object, &mut made);
            kept.put(place, kind, object);
        }
        spare.push(made);
        Some(kind)
    }
}

/// The names of an index by their first bits: where one stands is known to a hundred or so.
struct FanOut {
    /// How many names are less than those that begin with as many bits as a place has.
    begins: Vec<u32>,
    bits: u32,
}

impl FanOut {
    /// Reads the names of an index, here and there.
    fn of(index: &index::File<MMap>) -> Self {
        const NAMES: u32 = 64;
        // More would take longer to find than most runs need to look names up.
        const MOST: u32 = 10;
        let count = index.num_objects();
        let bits = (count / NAMES).checked_ilog2().unwrap_or(0).min(MOST);
        let mut begins = vec![0];
        for first in 1..1u32 << bits {
            let from = begins.last().copied().unwrap_or(0);
            begins.push(first_at_least(index, from, count, u64::from(first) << (64 - bits)));
        }
        begins.push(count);
        Self { begins, bits }
    }

    /// The position of a name. Names are hashes, spread evenly: where one stands can be guessed, and a
    /// second guess from what stands at the first is seldom far off.
    fn find(&self, index: &index::File<MMap>, id: ObjectName) -> Option<u32> {
        let wanted = first_bits(&id.0)?;
        let slot = usize::try_from(wanted.checked_shr(64 - self.bits).unwrap_or(0)).ok()?;
        let (low, high) = (*self.begins.get(slot)?, *self.begins.get(slot + 1)?);
        if low >= high {
            return None;
        }
        let share = |of: u64| (u128::from(of) * u128::from(high - low)) >> 64;
        let first = low + u32::try_from(share(wanted << self.bits)).ok()?;
        let there = first_bits(index.oid_at_index(first).as_bytes())?;
        let off = u32::try_from(share(wanted.abs_diff(there).checked_shl(self.bits)?)).unwrap_or(u32::MAX);
        let second =
            if there < wanted { first.saturating_add(off).min(high - 1) } else { first.saturating_sub(off) };
        let mut at = second.max(low);
        let goes_up = order(index, at, wanted, id) == Ordering::Less;
        loop {
            match order(index, at, wanted, id) {
                Ordering::Equal => return Some(at),
                Ordering::Less if goes_up && at + 1 < high => at += 1,
                Ordering::Greater if !goes_up && at > low => at -= 1,
                _ => return None,
            }
        }
    }
}

/// How a name of an index stands to another one. Most differ in their first bits, which are compared
/// at once.
fn order(index: &index::File<MMap>, at: u32, first: u64, id: ObjectName) -> Ordering {
    let name = index.oid_at_index(at).as_bytes();
    match first_bits(name).cmp(&Some(first)) {
        Ordering::Equal => name.cmp(&id.0),
        order => order,
    }
}

/// The position of the first name that begins with a number, or a greater one.
fn first_at_least(index: &index::File<MMap>, mut low: u32, mut high: u32, number: u64) -> u32 {
    while low < high {
        let middle = low.midpoint(high);
        match first_bits(index.oid_at_index(middle).as_bytes()) {
            Some(bits) if bits < number => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

fn first_bits(name: &[u8]) -> Option<u64> {
    name.first_chunk().map(|first| u64::from_be_bytes(*first))
}
