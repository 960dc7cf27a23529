//! The two trees of a redb store: a small one for what is new, and a large one.
//!
//! A commit of redb writes each page from the root of a tree to the leaf anew: the larger the tree, the more pages.
//! So what is new goes into the small tree, and once that is full, all of it into the large one, where neighbours
//! share their pages. What a step writes does not depend on what there is already, as in a log-structured merge
//! tree (O'Neil and others, 1996), of which this has two levels and one transaction.
//!
//! Damage must not bring back what is old, whose checksums fit as well. So a key is in one of the two trees only. And
//! both have the number of times that the large one was written to: where redb takes a page that was once the root of a
//! tree for its root of today, the two no longer go together, or the record of the last batch is missing.

use ::redb::{
    AccessGuard, Range, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata,
    StorageError, TableDefinition, TableError, TableHandle, WriteTransaction,
};

use super::{super::key_value::Batch, Failure};

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;
pub(super) type Guard = AccessGuard<'static, &'static [u8]>;

/// All there was up to format 4.
pub(super) const LARGE: Definition = TableDefinition::new("records");
pub(super) const SMALL: Definition = TableDefinition::new("recent");

/// Under this key, which no record has, both have how often the large one was written to.
const WRITTEN: &[u8] = b"";

/// The small tree is emptied when it has so many records: it is then two or three pages deep. With 128 to 512 runs are
/// equally fast, with 4,096 slower. A batch of as many shares its pages by itself.
pub(super) const SMALL_ENOUGH: usize = 256;

/// A value that fills a page takes more to write twice than the pages above it.
const PAGE: usize = 4096;

/// What is in both, at one moment.
pub(super) struct Trees {
    large: Table,
    /// There is none before the first batch.
    small: Option<Table>,
}

impl Trees {
    pub(super) fn read(transaction: &ReadTransaction) -> Result<Self, Failure> {
        let small = match transaction.open_table(SMALL) {
            Err(TableError::TableDoesNotExist(_)) => None,
            table => Some(table?),
        };
        let large = transaction.open_table(LARGE)?;
        Ok(Self { large, small })
    }

    /// Whether the large tree is the one that the small one was written beside.
    pub(super) fn go_together(&self) -> Result<bool, StorageError> {
        let small = self.small.as_ref().map(|small| small.get(WRITTEN));
        let (small, large) = (small.transpose()?.flatten(), self.large.get(WRITTEN)?);
        let number = |guard: Option<Guard>| guard.map(|guard| guard.value().to_vec());
        Ok(number(small) == number(large))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Guard>, StorageError> {
        if let Some(small) = &self.small
            && let Some(value) = small.get(key)?
        {
            return Ok(Some(value));
        }
        self.large.get(key)
    }

    /// Shows every pair from `from` on, in order of their keys, until `visit` answers no.
    pub(super) fn scan(
        &self,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StorageError> {
        let mut large = Walk::new(self.large.range(from..)?)?;
        let mut small = match &self.small {
            Some(small) => Walk::new(small.range(from..)?)?,
            None => Walk::default(),
        };
        loop {
            let first = match (small.key(), large.key()) {
                (Some(new), Some(old)) if new < old => &mut small,
                (Some(_), None) => &mut small,
                (_, Some(_)) => &mut large,
                (None, None) => return Ok(()),
            };
            let Some((key, value)) = first.take()? else {
                return Ok(());
            };
            if key.value() != WRITTEN && !visit(key.value(), value.value()) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
impl Trees {
    /// The records in the large tree, and in the small one.
    pub(super) fn len(&self) -> Result<(u64, u64), StorageError> {
        let records = |tree: &Table| -> Result<u64, StorageError> {
            let written = u64::from(tree.get(WRITTEN)?.is_some());
            Ok(tree.len()? - written)
        };
        let small = self.small.as_ref().map_or(Ok(0), records);
        Ok((records(&self.large)?, small?))
    }
}

type Pair = (Guard, Guard);

/// A walk through one tree, and the pair it stands before.
#[derive(Default)]
struct Walk {
    rest: Option<Range<'static, &'static [u8], &'static [u8]>>,
    next: Option<Pair>,
}

impl Walk {
    fn new(range: Range<'static, &'static [u8], &'static [u8]>) -> Result<Self, StorageError> {
        let mut walk = Self {
            rest: Some(range),
            next: None,
        };
        walk.take()?;
        Ok(walk)
    }

    fn key(&self) -> Option<&[u8]> {
        self.next.as_ref().map(|(key, _)| key.value())
    }

    /// The pair, going on to the one behind it.
    fn take(&mut self) -> Result<Option<Pair>, StorageError> {
        let next = self.rest.as_mut().and_then(Iterator::next).transpose()?;
        Ok(std::mem::replace(&mut self.next, next))
    }
}

/// Makes the large tree.
pub(super) fn create(transaction: &WriteTransaction) -> Result<(), Failure> {
    transaction.open_table(LARGE)?;
    Ok(())
}

/// Writes into the large tree alone, which is that of a copy.
pub(super) fn fill(transaction: &WriteTransaction, batch: &Batch) -> Result<(), Failure> {
    let mut large = transaction.open_table(LARGE)?;
    for (key, value) in &batch.writes {
        match value {
            Some(value) => drop(large.insert(&key[..], &value[..])?),
            None => drop(large.remove(&key[..])?),
        }
    }
    Ok(())
}

pub(super) fn write(transaction: &WriteTransaction, batch: &Batch) -> Result<(), Failure> {
    // The first batch of a store has its format, and that of an older one its new format. An older version looks for
    // it in the large tree, and shall find it.
    let first = !transaction
        .list_tables()?
        .any(|table| table.name() == SMALL.name());
    let mut large = transaction.open_table(LARGE)?;
    let mut small = transaction.open_table(SMALL)?;
    let shares = first || batch.writes.len() >= SMALL_ENOUGH;
    let mut wrote_large = false;
    for (key, value) in &batch.writes {
        let key = &key[..];
        match value.as_deref() {
            Some(value) if shares || value.len() >= PAGE => {
                small.remove(key)?;
                large.insert(key, value)?;
                wrote_large = true;
            }
            Some(value) => {
                let is_new = small.insert(key, value)?.is_none();
                wrote_large |= is_new && large.remove(key)?.is_some();
            }
            None => {
                let was_new = small.remove(key)?.is_some();
                wrote_large |= !was_new && large.remove(key)?.is_some();
            }
        }
    }
    if small.len()? >= SMALL_ENOUGH as u64 {
        small.remove(WRITTEN)?;
        for pair in small.iter()? {
            let (key, value) = pair?;
            large.insert(key.value(), value.value())?;
        }
        transaction.delete_table(small)?;
        small = transaction.open_table(SMALL)?;
        wrote_large = true;
    }
    if wrote_large {
        let number = large
            .get(WRITTEN)?
            .and_then(|number| number.value().try_into().ok());
        let next = number.map_or(1, |number| u64::from_be_bytes(number).wrapping_add(1));
        large.insert(WRITTEN, &next.to_be_bytes()[..])?;
        small.insert(WRITTEN, &next.to_be_bytes()[..])?;
    }
    Ok(())
}
