//! Items in the order of a `HashMap`, which is another one in each process: after a resume, a map would ask for its calls in
//! that one. The macro sees it where the map is made in the flow; here it is told by the name of the iterator's type.

use crate::error::{Error, code};

/// The modules of the iterators, and what to take in their place.
const OF_HASHES: [(&str, &str, &str); 2] = [
    ("collections::hash::map::", "HashMap", "BTreeMap"),
    ("collections::hash::set::", "HashSet", "BTreeSet"),
];

/// What else of those modules may be in the name: items that are maps themselves have their place in a list.
const ITERATORS: [&str; 13] = [
    "IntoIter<",
    "Iter<",
    "IterMut<",
    "IntoKeys<",
    "Keys<",
    "IntoValues<",
    "Values<",
    "ValuesMut<",
    "Drain<",
    "Union<",
    "Intersection<",
    "Difference<",
    "SymmetricDifference<",
];

/// Refuses an iterator over a map or set of hashes.
pub(super) fn check<I: Iterator>(_: &I) -> Result<(), Error> {
    let iterator = std::any::type_name::<I>();
    let goes_through = |module: &str| {
        let mut names = iterator.split(module).skip(1);
        names.any(|name| ITERATORS.iter().any(|known| name.starts_with(known)))
    };
    let found = OF_HASHES.iter().find(|(module, ..)| goes_through(module));
    let Some((_, hashed, ordered)) = found else {
        return Ok(());
    };
    let message = format!(
        "the order of a `{hashed}` differs after a resume, so `flow.map(..)` cannot go through one; \
         take a `{ordered}`, or collect it into a `Vec` and sort that"
    );
    Err(Error::new(code::MISUSE, message).permanent())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use super::check;

    fn refused<I: IntoIterator>(items: I) -> bool {
        check(&items.into_iter()).is_err()
    }

    #[test]
    fn the_order_of_hashes_is_none() {
        let map = HashMap::from([(1, "a")]);
        let set = HashSet::from([1]);
        assert!(refused(&map) && refused(map.clone()) && refused(map.keys()));
        assert!(refused(
            map.values().copied().filter(|text| text.len() == 1)
        ));
        assert!(refused(&set) && refused(set.union(&set)) && refused([0].iter().chain(&set)));
        let message = check(&set.iter()).expect_err("a set").to_string();
        assert!(message.contains("take a `BTreeSet`"), "{message}");
    }

    #[test]
    fn what_has_an_order_goes_through() {
        let map = HashMap::from([(1, "a")]);
        let ordered: BTreeMap<_, _> = map.clone().into_iter().collect();
        assert!(!refused(ordered) && !refused(vec![map.clone()]) && !refused(0..3));
        let mut keys: Vec<_> = map.into_keys().collect();
        keys.sort_unstable();
        assert!(!refused(keys) && !refused("a b".split(' ')));
        assert!(!refused([HashSet::from([1])].iter().map(HashSet::len)));
    }
}
