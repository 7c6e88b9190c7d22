//! Object storage: one way from a URL to a store.
//!
//! `s3://BUCKET/PREFIX` is S3, MinIO or what speaks like them (feature `object-storage`); `file:///DIR` is a folder.
//! Region, endpoint and credentials come from the environment (`AWS_*`) or from the role of the machine. A URL that holds
//! a name and a password is refused, so that none comes into a job, a log or a list of processes.
//!
//! Requests to it are made, and tried again, by [`super::objects`].

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{Error as StoreError, ObjectStore};

use crate::error::{Error, Result};
use crate::limits::STORE_PATIENCE;

static PATIENCE: OnceLock<Duration> = OnceLock::new();

/// How long the process goes on trying where a store does not answer; the first call counts.
pub fn use_patience(patience: Duration) {
    let _ = PATIENCE.set(patience);
}

pub(super) fn patience() -> Duration {
    PATIENCE.get().copied().unwrap_or(STORE_PATIENCE)
}

/// Whether a word of the command line names a store and not a path.
pub fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// The folder that a `file:///DIR` names.
pub fn folder_of(url: &str) -> Option<&str> {
    url.strip_prefix("file://").filter(|folder| folder.starts_with('/'))
}

/// Bucket and prefix of an `s3://` URL.
fn bucket_and_prefix(url: &str) -> Result<(&str, StorePath)> {
    let help = "write s3://BUCKET/PREFIX; credentials belong into the environment (docs/object_storage.md)";
    // A URL that may hold a password is not repeated.
    if url.contains('@') {
        return Err(Error::usage("a URL with a name or password is refused", help));
    }
    let wrong = |what: String| Error::usage(what, help);
    let Some(rest) = url.strip_prefix("s3://") else {
        return Err(wrong(format!("{url} is neither s3://BUCKET/PREFIX nor file:///FOLDER")));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_named = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_named) {
        return Err(wrong(format!("{url} does not name a bucket")));
    }
    if prefix.contains(['?', '#', '%', '\\']) {
        return Err(wrong(format!("{url} has a prefix with ?, #, % or \\")));
    }
    let prefix = StorePath::parse(prefix.trim_matches('/'))
        .map_err(|e| wrong(format!("{url} has no usable prefix: {e}")))?;
    Ok((bucket, prefix))
}

/// The store that a URL names, and the place in it. Makes no request yet.
///
/// # Errors
/// The URL cannot be understood or holds credentials, this program was built without object storage, or a setting of
/// the environment is wrong.
pub fn open(url: &str) -> Result<(Arc<dyn ObjectStore>, StorePath)> {
    if let Some(folder) = folder_of(url) {
        let path = StorePath::from_absolute_path(folder)
            .map_err(|e| Error::usage(format!("{url}: {e}"), "write file:///FOLDER"))?;
        return Ok((Arc::new(LocalFileSystem::new()), path));
    }
    let (bucket, prefix) = bucket_and_prefix(url)?;
    Ok((s3(bucket)?, prefix))
}

#[cfg(not(feature = "object-storage"))]
fn s3(_: &str) -> Result<Arc<dyn ObjectStore>> {
    Err(Error::usage(
        "this program was built without object storage",
        "build it with `cargo build --release --features object-storage`",
    ))
}

#[cfg(feature = "object-storage")]
fn s3(bucket: &str) -> Result<Arc<dyn ObjectStore>> {
    use object_store::aws::AmazonS3Builder;
    use object_store::{BackoffConfig, RetryConfig};

    use crate::limits::{STORE_BACKOFF, STORE_TRY};
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: STORE_BACKOFF.0,
            max_backoff: STORE_BACKOFF.1,
            base: 2.0,
        },
        max_retries: usize::MAX,
        retry_timeout: STORE_TRY.min(patience()),
    };
    let is_plain = |name| std::env::var(name).is_ok_and(|url| url.starts_with("http://"));
    let is_allowed =
        std::env::var("AWS_ALLOW_HTTP").is_ok_and(|said| said.eq_ignore_ascii_case("true"));
    if ["AWS_ENDPOINT_URL", "AWS_ENDPOINT"].into_iter().any(is_plain) && !is_allowed {
        return Err(Error::usage(
            "the store is asked without encryption (http://), and AWS_ALLOW_HTTP is not `true`",
            "give an endpoint with https://; AWS_ALLOW_HTTP=true is for tests on one machine",
        ));
    }
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build();
    let help = "check the AWS_ variables of the environment (docs/object_storage.md)";
    match store {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(Error::usage(format!("bucket {bucket}: {}", told(&error)), help)),
    }
}

/// What a store said, short: an answer as XML may be long, and may repeat the request.
pub(super) fn told(error: &StoreError) -> String {
    let text = error.to_string();
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
    };
    if let Some(code) = element("Code") {
        return format!("{code}: {}", element("Message").unwrap_or_default());
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(below) = source.source() {
        source = below;
    }
    let deepest = source.to_string();
    let said = if text.contains(&deepest) || deepest.is_empty() { text } else { deepest };
    crate::error::shortened(said)
}

/// Whether asking again may bring another answer.
pub(super) fn is_transient(error: &StoreError) -> bool {
    let StoreError::Generic { .. } = error else {
        return matches!(error, StoreError::JoinError { .. });
    };
    let text = error.to_string();
    let is_final = ["status code: 4", "status code: 3", "without LOCATION"];
    !is_final.iter().any(|part| text.contains(part))
        || ["status code: 408", "status code: 429"].iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_bucket_and_a_prefix_and_never_a_password() {
        let parsed =
            |url| bucket_and_prefix(url).map(|(bucket, prefix)| format!("{bucket} {prefix}"));
        assert_eq!(parsed("s3://registry/a/b").unwrap(), "registry a/b");
        assert_eq!(parsed("s3://registry").unwrap(), "registry ");
        assert_eq!(parsed("s3://registry/a/").unwrap(), "registry a");
        for wrong in [
            "s3://",
            "s3:///a",
            "s3://ab/a",
            "s3://Registry/a",
            "s3://registry/a/../b",
            "s3://registry/a//b",
            "s3://registry/a?x=1",
            "s3://registry/a%2fb",
            "gs://registry/a",
            "http://registry/a",
        ] {
            assert_eq!(parsed(wrong).unwrap_err().kind().exit_code(), 2, "{wrong}");
        }
        let error = parsed("s3://name:hunter2@registry/a").unwrap_err();
        assert!(!error.to_string().contains("hunter2") && !error.help().contains("hunter2"));
        assert_eq!(folder_of("file:///srv/gallery"), Some("/srv/gallery"));
        assert_eq!(folder_of("file://host/gallery"), None);
        assert!(is_url("s3://a") && !is_url("a/b") && !is_url("C:\\a"));
    }

    #[test]
    #[cfg(not(feature = "object-storage"))]
    fn without_the_feature_a_bucket_is_refused_with_how_to_build() {
        let error = open("s3://registry/gallery").unwrap_err();
        assert!(
            error.kind().exit_code() == 2 && error.help().contains("--features object-storage")
        );
    }
}
