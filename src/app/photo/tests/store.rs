//! Keeping photos in a folder and in a bucket, and the queue before the work.

use super::made::{jpeg, quadrants};
use crate::app::photo::{
    PhotoAddressError, PhotoError, PhotoLimits, PhotoShop, PhotoStore, PhotoStoreError, Variant,
};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

async fn assert_keeps(store: PhotoStore) {
    let shop = PhotoShop::new(store, PhotoLimits::default());
    let photo = shop.process(jpeg(&quadrants(400, 300), &[])).await.unwrap();
    let missing = shop.store().get(&photo.sha256, Variant::Public).await;
    assert!(matches!(missing, Err(PhotoStoreError::Missing { .. })), "{missing:?}");
    // Twice, because the same photo may be sent with two reports.
    shop.keep(&photo).await.unwrap();
    shop.keep(&photo).await.unwrap();
    for (variant, bytes) in [
        (Variant::Original, &photo.original),
        (Variant::Public, &photo.public_jpeg),
        (Variant::Thumb, &photo.thumb_jpeg),
    ] {
        assert_eq!(shop.store().get(&photo.sha256, variant).await.unwrap(), bytes);
        let (size, parts) = shop.store().open_photo(&photo.sha256, variant).await.unwrap();
        let parts: Vec<Bytes> = parts.try_collect().await.unwrap();
        assert_eq!((size, parts.concat()), (bytes.len() as u64, bytes.to_vec()));
    }
    shop.store().check_health().await.unwrap();
}

#[tokio::test]
async fn a_folder_keeps_photos_by_their_hash() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("a/b");
    let address = format!("file:{}", root.display());
    assert_keeps(PhotoStore::open(&address).unwrap()).await;
    let photo = jpeg(&quadrants(400, 300), &[]);
    let sha256 = {
        use sha2::{Digest, Sha256};
        hex::encode(Sha256::digest(&photo))
    };
    let names = |part: &str| -> Vec<String> {
        let entries = std::fs::read_dir(root.join(part)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("original"), std::slice::from_ref(&sha256));
    assert_eq!(names("public"), [format!("{sha256}.jpg")]);
    assert_eq!(names("thumb"), [format!("{sha256}.jpg")]);
    // Opened again, it is all there.
    let again = PhotoStore::open(&address).unwrap();
    assert_eq!(again.get(&sha256, Variant::Original).await.unwrap(), photo);
}

#[tokio::test]
async fn a_folder_that_is_gone_is_not_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("photos");
    let store = PhotoStore::open(&format!("file:{}", root.display())).unwrap();
    std::fs::remove_dir(&root).unwrap();
    std::fs::write(&root, b"in the way").unwrap();
    let health = store.check_health().await;
    assert!(matches!(health, Err(PhotoStoreError::Unavailable { .. })), "{health:?}");
}

#[tokio::test]
async fn only_a_hash_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = PhotoStore::open(&format!("file:{}", folder.path().display())).unwrap();
    for no_hash in ["", "../../etc/passwd", &"g".repeat(64), &"a".repeat(63)] {
        let found = store.get(no_hash, Variant::Original).await;
        assert!(matches!(found, Err(PhotoStoreError::NoHash(_))), "{no_hash}");
    }
}

#[test]
fn an_address_that_makes_no_sense_says_what_would() {
    for (address, expected) in [
        ("photos", "a photo store is file:PATH or s3://BUCKET/PREFIX, not \"photos\""),
        ("file:", "the address names no folder"),
        ("s3:///x", "the address names no bucket"),
        (
            "s3://b/p?secret_access_key=x",
            "the photo store knows no option \"secret_access_key\"; it knows endpoint, region, \
             virtual_hosted_style",
        ),
    ] {
        assert_eq!(PhotoStore::open(address).unwrap_err().to_string(), expected);
    }
    let taken = tempfile::NamedTempFile::new().unwrap();
    let refused = PhotoStore::open(&format!("file:{}/x", taken.path().display()));
    assert!(matches!(refused, Err(PhotoAddressError::Folder { .. })), "{refused:?}");
}

type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

/// Answers one request as S3 would: as much of it as writing and reading whole objects needs.
async fn answer(stream: TcpStream, objects: Objects) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut body = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        match header.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", size)) => body.resize(size.parse().unwrap(), 0),
            Some(_) => {}
            None => break,
        }
    }
    stream.read_exact(&mut body).await?;
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap().to_owned());
    let found = match method {
        "PUT" => objects.lock().unwrap().insert(path, body.into()).map(|_| Bytes::new()),
        _ => objects.lock().unwrap().get(&path).cloned(),
    };
    let status = if method == "PUT" || found.is_some() { "200 OK" } else { "404 Not Found" };
    let found = found.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\nLast-Modified: Wed, 01 Apr 2026 01:30:05 GMT\r\nETag: \"1\"\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        found.len()
    );
    stream.write_all(&[head.as_bytes(), &found].concat()).await?;
    stream.shutdown().await
}

async fn serve(listener: TcpListener, objects: Objects) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, objects.clone()));
    }
}

#[tokio::test]
async fn a_bucket_keeps_photos_under_its_prefix() {
    let objects = Objects::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(serve(listener, objects.clone()));
    let address = format!("city/ward/7?region=r&endpoint=http%3A%2F%2F127.0.0.1%3A{port}");
    let credentials = AmazonS3Builder::new().with_access_key_id("id").with_secret_access_key("key");
    assert_keeps(PhotoStore::open_s3(&address, credentials).unwrap()).await;
    let objects = objects.lock().unwrap();
    let folders: Vec<_> = objects.keys().map(|key| key.rsplit_once('/').unwrap().0).collect();
    let expected = ["health", "original", "public", "thumb"].map(|f| format!("/city/ward/7/{f}"));
    assert_eq!(folders, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_queue_is_refused_and_a_short_one_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = PhotoStore::open(&format!("file:{}", folder.path().display())).unwrap();
    let shop = PhotoShop::new(store, PhotoLimits::default());
    let photo = jpeg(&quadrants(100, 100), &[]);
    let all = (0..400).map(|_| shop.process(photo.clone()));
    let outcomes = futures::future::join_all(all).await;
    let busy = outcomes.iter().filter(|outcome| **outcome == Err(PhotoError::Busy)).count();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(busy > 0 && done > 0, "{busy} refused, {done} done");
    assert_eq!(busy + done, 400);
    assert!(shop.process(photo).await.is_ok(), "the places are free again");
}
