//! Artifacts: bytes by their hash.

use futures_util::future::join_all;

use crate::{ArtifactListing, MAX_ARTIFACT_BYTES, Storage, StoreError};

/// Bytes come back under their hash, the same bytes under the same; what is no hash names nothing.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn artifacts(store: &dyn Storage) {
    let contents = [
        Vec::new(),
        vec![0],
        b"a picture".to_vec(),
        (0..=u8::MAX).cycle().take(5_000_000).collect(),
    ];
    let mut names = Vec::new();
    for bytes in &contents {
        let name = store.put_artifact(bytes.clone()).await.expect("put");
        assert_eq!(&*name, blake3::hash(bytes).to_hex().as_str());
        let again = store.put_artifact(bytes.clone()).await.expect("put again");
        assert_eq!(name, again);
        names.push(name);
    }
    for (name, bytes) in names.iter().zip(&contents) {
        let found = store.artifact(name).await.expect("read");
        assert!(found.as_ref() == Some(bytes), "{name}");
        let found = store.artifact(&name.to_uppercase()).await.expect("read");
        assert!(found.as_ref() == Some(bytes), "{name} in capitals");
    }
    let unknown = "0".repeat(64);
    assert_eq!(store.artifact(&unknown).await.expect("read"), None);
    assert_eq!(store.artifact_size(&unknown).await.expect("size"), None);
    for (name, bytes) in names.iter().zip(&contents) {
        let size = store.artifact_size(name).await.expect("size");
        assert_eq!(size, Some(bytes.len() as u64), "{name}");
    }

    let mut all: Vec<ArtifactListing> = names
        .iter()
        .zip(&contents)
        .map(|(hash, bytes)| ArtifactListing {
            hash: hash.clone(),
            bytes: bytes.len() as u64,
        })
        .collect();
    all.sort_by(|a, b| a.hash.cmp(&b.hash));
    assert_eq!(store.artifacts("").await.expect("list"), all);
    for one in &all {
        for length in [1, 2, 3, 8, 64] {
            let prefix = &one.hash[..length];
            let wanted: Vec<_> = all.iter().filter(|a| a.hash.starts_with(prefix)).collect();
            let listed = store.artifacts(prefix).await.expect("list");
            assert!(listed.iter().eq(wanted), "{prefix}: {listed:?}");
            let capitals = store.artifacts(&prefix.to_uppercase()).await;
            assert_eq!(capitals.expect("list"), listed, "{prefix} in capitals");
        }
        let longer = format!("{}0", one.hash);
        assert_eq!(store.artifacts(&longer).await.expect("list"), []);
    }
    assert_eq!(store.artifacts("../").await.expect("list"), []);

    let slashes = "../".repeat(22);
    let wide = "ü".repeat(32);
    let illegal = [
        "",
        "ab",
        "../../etc/passwd",
        &slashes[..64],
        &unknown[1..],
        &format!("{unknown}0"),
        &format!("{}\0", &unknown[1..]),
        &format!("{}/", &unknown[1..]),
        &format!("g{}", &unknown[1..]),
        &wide,
    ];
    for name in illegal {
        let found = store.artifact(name).await;
        assert!(
            matches!(found, Err(StoreError::InvalidName { .. })),
            "{name:?}: {found:?}"
        );
        let size = store.artifact_size(name).await;
        assert!(
            matches!(size, Err(StoreError::InvalidName { .. })),
            "{name:?}: {size:?}"
        );
    }
    let report = store.verify().await.expect("verify");
    assert_eq!((report.artifacts, report.problems.len()), (4, 0));
}

/// An artifact of the limit is kept; one beyond it is refused, and nothing of it is there.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn artifact_limits(store: &dyn Storage) {
    let most = vec![7; MAX_ARTIFACT_BYTES];
    let name = store.put_artifact(most).await.expect("the largest");
    let found = store.artifact(&name).await.expect("read").expect("there");
    assert_eq!(found.len(), MAX_ARTIFACT_BYTES);
    drop(found);
    let more = store.put_artifact(vec![7; MAX_ARTIFACT_BYTES + 1]).await;
    match more {
        Err(StoreError::TooLarge { size, limit, .. }) => {
            assert_eq!((size, limit), (MAX_ARTIFACT_BYTES + 1, MAX_ARTIFACT_BYTES));
        }
        other => panic!("beyond the limit: {other:?}"),
    }
    assert_eq!(store.verify().await.expect("verify").artifacts, 1);
}

/// Of many who put the same bytes at once, all get them.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn concurrent_artifacts(store: &dyn Storage) {
    let bytes = |n: usize| vec![u8::try_from(n % 3).unwrap_or_default(); 100_000];
    let all = join_all((0..30).map(|n| store.put_artifact(bytes(n)))).await;
    for (n, name) in all.into_iter().enumerate() {
        let name = name.expect("put");
        let found = store.artifact(&name).await.expect("read");
        assert!(found == Some(bytes(n)), "{n}");
    }
    let report = store.verify().await.expect("verify");
    assert_eq!((report.artifacts, report.problems.len()), (3, 0));
}
