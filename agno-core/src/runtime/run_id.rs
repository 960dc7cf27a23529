//! Ids of runs: sorted by time, short to type by their beginning.

use agno_storage::RunId;

/// A new id: UUID version 7 in the alphabet of Crockford's base 32
/// (<https://www.crockford.com/base32.html>), as ULIDs are written, in small letters.
pub(super) fn new() -> RunId {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = uuid::Uuid::now_v7().as_u128();
    let digit = |place: u32| ALPHABET[((bits >> (place * 5)) & 31) as usize] as char;
    let text: String = (0..26).rev().map(digit).collect();
    RunId::new(text).expect("letters and digits, 26 of them")
}

#[cfg(test)]
mod tests {
    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<_> = (0..1000).map(|_| super::new()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].as_str().len(), 26);
    }
}
