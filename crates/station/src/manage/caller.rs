//! Who calls, and what they may do.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use base64::prelude::{BASE64_STANDARD, Engine};

use crate::peer::Client;
use crate::store::{AccessToken, Actor, Scope, TokenKind};
use crate::{Refusal, Station, secret};

/// Who has presented a good token.
#[derive(Debug)]
pub(crate) struct Caller(AccessToken);

impl Caller {
    /// Who it is, if they may do what takes this scope.
    pub fn may(&self, scope: Scope) -> Result<Actor, Refusal> {
        if self.0.scope >= scope {
            return Ok((&self.0).into());
        }
        Err(Refusal::Forbidden { has: self.0.scope, needs: scope })
    }
}

impl FromRequestParts<Station> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, station: &Station) -> Result<Self, Refusal> {
        let Ok(client) = Client::from_request_parts(parts, station).await;
        station.wrong_tokens.check(client)?;
        let presented = parts.headers.get(header::AUTHORIZATION).ok_or(Refusal::NoToken)?;
        let presented = presented.to_str().ok().and_then(Presented::read);
        let token = match &presented {
            Some(presented) => station.store.token(&presented.secret).await?.filter(|token| presented.is_of(token)),
            None => None,
        };
        token.map(Self).ok_or_else(|| {
            station.wrong_tokens.count(client);
            Refusal::WrongToken
        })
    }
}

/// What stands in the header.
struct Presented {
    /// Beside a user's key.
    email: Option<String>,
    secret: String,
}

impl Presented {
    fn read(header: &str) -> Option<Self> {
        let (scheme, rest) = header.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self { email: None, secret: rest.to_owned() });
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
        let (email, secret) = pair.split_once(':')?;
        Some(Self { email: Some(email.to_owned()), secret: secret.to_owned() })
    }

    /// An organization's token stands alone, a user's beside the address that it was made for.
    fn is_of(&self, token: &AccessToken) -> bool {
        match (&self.email, token.kind) {
            (None, TokenKind::Organization) => true,
            (Some(email), TokenKind::User) => {
                let [given, of_token] = [email, &token.name].map(|email| email.to_ascii_lowercase());
                secret::is_same(&given, &of_token)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_or_is_none() {
        let read = |header| Presented::read(header).map(|presented| (presented.email, presented.secret));
        assert_eq!(read("Bearer oat_1"), Some((None, "oat_1".to_owned())));
        // RFC 7617's example.
        let aladdin = Some((Some("Aladdin".to_owned()), "open sesame".to_owned()));
        assert_eq!(read("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        for header in ["", "Bearer", "Digest abc", "Basic ???", "Basic QWxhZGRpbg=="] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
