//! Counters as bytes, so that a node that starts reads them from its own disk instead of adding up
//! the table.
//!
//! A head, the bins each with its counters, counters that stand, fresh ones, and the SHA-256 of all
//! before it. Numbers are varints as of protocol buffers, signed ones in zigzag. A file of another
//! form, or a broken one, is no error: it is not read, and the table is.

use super::Cube;
use super::names::{BinNumbers, Names};
use super::packed::{Entry, Item, Items, Packed};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::Measure;
use prost::Message;
use prost::encoding::{decode_varint, encode_varint};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Changes with the form of the file.
const FORM: &[u8; 8] = b"hexcube1";
const SUM_BYTES: usize = 32;

#[derive(Clone, PartialEq, Message)]
struct Head {
    /// What the store says of the moment that the counters are of.
    #[prost(bytes = "vec", tag = "1")]
    moment: Vec<u8>,
    #[prost(string, repeated, tag = "2")]
    paths: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    categories: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    departments: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    measures: Vec<String>,
    #[prost(sint32, repeated, tag = "6")]
    days: Vec<i32>,
    #[prost(uint64, tag = "7")]
    bins: u64,
}

fn put(out: &mut Vec<u8>, number: impl Into<u64>) {
    encode_varint(number.into(), out);
}

fn put_signed(out: &mut Vec<u8>, number: i32) {
    put(out, ((number << 1) ^ (number >> 31)).cast_unsigned());
}

fn put_entries(out: &mut Vec<u8>, entries: &[Entry]) {
    put(out, entries.len() as u64);
    for Entry { bin, day, measure, n } in entries {
        put(out, *bin);
        put_signed(out, *day);
        put(out, *measure);
        put_signed(out, *n);
    }
}

/// Reads what [`put`] wrote; `None` where there is nothing that fits.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(decode_varint(&mut self.0).ok()?).ok()
    }

    fn signed(&mut self) -> Option<i32> {
        let zigzag: u32 = self.number()?;
        Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A number below `bound`.
    fn below<T: TryFrom<u64> + TryInto<usize> + Copy>(&mut self, bound: usize) -> Option<T> {
        self.number::<T>().filter(|number| (*number).try_into().is_ok_and(|n| n < bound))
    }

    fn entries(&mut self, bins: usize, measures: usize) -> Option<Vec<Entry>> {
        let count: usize = self.number()?;
        // An entry has four bytes at least, so a count that is wrong asks for no memory.
        let mut entries = Vec::with_capacity(count.min(self.0.len() / 4));
        for _ in 0..count {
            let (bin, day) = (self.below(bins)?, self.signed()?);
            entries.push(Entry { bin, day, measure: self.below(measures)?, n: self.signed()? });
        }
        Some(entries)
    }
}

impl Cube {
    /// These counters, of a moment that `moment` tells of.
    pub fn to_bytes(&self, moment: Vec<u8>) -> Vec<u8> {
        let (names, packed) = (&*self.names, &*self.packed);
        let head = Head {
            moment,
            paths: names.paths.values().to_vec(),
            categories: names.categories.values().iter().map(ToString::to_string).collect(),
            departments: names.departments.values().iter().map(ToString::to_string).collect(),
            measures: names.measures.values().iter().map(ToString::to_string).collect(),
            days: packed.days.clone(),
            bins: names.bins.values().len() as u64,
        };
        let mut out = Vec::with_capacity(64 + 5 * packed.len() + 16 * self.fresh.len());
        out.extend_from_slice(FORM);
        out.extend_from_slice(&head.encode_length_delimited_to_vec());
        for (number, bin) in names.bins.values().iter().enumerate() {
            out.extend_from_slice(&bin.cell.to_le_bytes());
            put(&mut out, bin.path);
            put(&mut out, bin.category);
            put(&mut out, bin.department);
            out.push(bin.kind as u8);
            let items = packed.items_of(number);
            put(&mut out, items.len() as u64);
            let mut last = 0;
            for item in items {
                put(&mut out, item.day - last);
                put(&mut out, item.measure);
                put_signed(&mut out, item.n);
                last = item.day;
            }
        }
        put_entries(&mut out, &packed.standing);
        put_entries(&mut out, &self.fresh);
        let sum = Sha256::digest(&out);
        out.extend_from_slice(&sum);
        out
    }
}

/// Counters as bytes that were found to be whole.
pub struct Kept {
    head: Head,
    bytes: Vec<u8>,
    /// Where the bins begin.
    bins_at: usize,
}

impl Kept {
    /// What [`Cube::to_bytes`] wrote; `None` when it is something else, or not whole.
    pub fn open(bytes: Vec<u8>) -> Option<Self> {
        let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM_BYTES)?)?;
        let mut rest = body.strip_prefix(FORM)?;
        if Sha256::digest(body)[..] != *sum {
            return None;
        }
        let head = Head::decode_length_delimited(&mut rest).ok()?;
        let bins_at = body.len() - rest.len();
        Some(Self { head, bytes, bins_at })
    }

    /// The moment that the counters are of.
    pub fn moment(&self) -> &[u8] {
        &self.head.moment
    }

    /// The counters, packed; `None` when they make no sense.
    pub fn into_cube(self) -> Option<Cube> {
        let Self { head, bytes, bins_at } = self;
        let mut rest = Reader(&bytes[bins_at..bytes.len() - SUM_BYTES]);
        let mut names = Names::default();
        for path in &head.paths {
            names.paths.number(path);
        }
        for code in &head.categories {
            names.categories.number(&CategoryCode::parse(code).ok()?);
        }
        for code in &head.departments {
            names.departments.number(&DepartmentCode::parse(code).ok()?);
        }
        for measure in &head.measures {
            names.measures.number(&Measure::parse(measure)?);
        }
        let (paths, categories) = (names.paths.values().len(), names.categories.values().len());
        let departments = names.departments.values().len() + 1;
        let measures = names.measures.values().len();
        let (mut starts, mut items) = (vec![0_u32], Items::default());
        for _ in 0..head.bins {
            let (cell, after) = rest.0.split_first_chunk()?;
            rest.0 = after;
            let bin = BinNumbers {
                cell: u64::from_le_bytes(*cell),
                path: rest.below(paths)?,
                category: rest.below(categories)?,
                department: rest.below(departments)?,
                kind: *Kind::ALL.get(rest.number::<usize>()?)?,
            };
            names.bins.number(&bin);
            let mut day: u16 = 0;
            for _ in 0..rest.number::<u64>()? {
                day = day.checked_add(rest.number()?)?;
                if usize::from(day) >= head.days.len() {
                    return None;
                }
                items.push(Item { day, measure: rest.below(measures)?, n: rest.signed()? });
            }
            starts.push(u32::try_from(items.len()).ok()?);
        }
        let bins = names.bins.values().len();
        let standing = rest.entries(bins, measures)?;
        let fresh = rest.entries(bins, measures)?;
        let whole = bins as u64 == head.bins && rest.0.is_empty() && head.days.is_sorted();
        let packed = whole.then(|| Packed::of(&names, head.days, (starts, items), standing))?;
        Some(Cube { names: Arc::new(names), packed: Arc::new(packed), fresh })
    }
}
