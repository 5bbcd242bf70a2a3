//! Errors as JavaScript has them: their name says what the page needs to know, their message is for support.

use stm32_bootloader::dfuse::{ConnectError, Error, IdentifyError};
use stm32_bootloader::pipe::PipeError;
use updater::LoaderError;
use wasm_bindgen::JsValue;

use crate::pipe::OpenError;

/// An error with its name.
pub(crate) struct Named(&'static str, String);

impl From<Named> for JsValue {
    fn from(Named(name, message): Named) -> Self {
        let error = js_sys::Error::new(&message);
        error.set_name(name);
        error.into()
    }
}

impl From<OpenError> for Named {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NoAccess(reason) => Self("no-access", reason),
            OpenError::Lost(reason) => Self("lost", reason),
            OpenError::Refused(reason) => Self("port-busy", reason),
        }
    }
}

impl From<LoaderError> for Named {
    fn from(error: LoaderError) -> Self {
        let name = match &error {
            error if error.is_lost() => "lost",
            error if error.needs_reset() => "needs-reset",
            error if error.is_refusal() => "refusal",
            _ => "trouble",
        };
        Self(name, error.to_string())
    }
}

impl From<Error> for Named {
    fn from(error: Error) -> Self {
        match error {
            Error::Pipe(PipeError::Refused(reason)) => OpenError::Refused(reason).into(),
            error => LoaderError::from(error).into(),
        }
    }
}

impl From<ConnectError> for Named {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Command(error) => error.into(),
            error => Self("not-dfuse", error.to_string()),
        }
    }
}

impl From<IdentifyError> for Named {
    fn from(error: IdentifyError) -> Self {
        match error {
            IdentifyError::Protected => Self("protected", error.to_string()),
            IdentifyError::Command(error) => error.into(),
        }
    }
}
