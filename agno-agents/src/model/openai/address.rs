//! Where a server is, apart from how one gets in.

use base64::{Engine, prelude::BASE64_STANDARD};
use url::Url;

use crate::model::{ModelError, http::Secret};

/// The address of a server.
pub(super) struct Address {
    /// Without credentials, query and a slash at its end.
    pub(super) base: String,
    /// Its host, in small letters.
    pub(super) host: String,
    /// Its port, if it is not the scheme's.
    pub(super) port: Option<u16>,
    /// `user:password@` of the address, as HTTP's basic authentication (RFC 7617) wants it.
    pub(super) basic: Option<Secret>,
}

impl Address {
    pub(super) fn read(text: &str) -> Result<Self, ModelError> {
        // The text is not repeated: it may hold a password.
        let wrong = |what: &str| ModelError::Settings(format!("the base URL {what}"));
        let mut url =
            Url::parse(text.trim()).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with http:// or https://"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must have neither a query nor a fragment"));
        }
        let host = url
            .host_str()
            .ok_or_else(|| wrong("has no host"))?
            .to_ascii_lowercase();
        let basic = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let pair = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            Secret::new(&BASE64_STANDARD.encode(pair))
        });
        // They fail only for addresses without a host.
        let _without_host = url.set_username("");
        let _without_host = url.set_password(None);
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            host,
            port: url.port(),
            basic,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn credentials_are_taken_out() {
        let address = Address::read("https://me:secret@Example.com:8443/v1/").expect("an address");
        assert_eq!(address.base, "https://example.com:8443/v1");
        assert_eq!(address.host, "example.com");
        assert_eq!(address.port, Some(8443));
        let basic = address.basic.expect("credentials").header("Basic ");
        assert_eq!(basic.expect("a header"), "Basic bWU6c2VjcmV0");
    }

    #[test]
    fn what_is_no_address_is_an_error_without_the_text() {
        for text in [
            "me:secret@host",
            "ftp://secret@host",
            "http://a/?secret=1",
            "",
        ] {
            let error = Address::read(text).err().expect("no address").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
