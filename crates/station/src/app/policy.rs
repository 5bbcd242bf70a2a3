//! What the page may do: its content security policy.

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

/// The policy for a page.
///
/// * Scripts: the page's own files, WebAssembly, and those inline scripts that stand in `html`, each by its hash
///   (trunk starts the app with one). No others, so that text from a feed can never become a script.
/// * Styles: inline ones too, as a progress bar's width is.
/// * Connections: anywhere, since a deployment's feed may be anywhere.
pub fn content_security_policy(html: &str) -> String {
    let hashes: String = inline_scripts(html)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; connect-src *; object-src 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'self'"
    )
}

/// The texts of all `script` elements without `src`. Tags are taken to be in lower case, as all tools write them.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</script")?;
        let has_source = attributes.split_ascii_whitespace().any(|attribute| attribute.starts_with("src="));
        (!has_source).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_permitted_by_their_hash_and_no_others_are() {
        let policy = content_security_policy(
            "<script type=\"module\">alert('Hello, world.');</script><script src=\"/a.js\"></script>",
        );
        // The example of CSP Level 3, section 8.4, has the same script.
        assert!(policy.contains("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
    }
}
