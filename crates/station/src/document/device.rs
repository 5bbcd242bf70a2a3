//! What devices ask of a station and of a gateway alike, written once for both.

use std::collections::BTreeMap;

use release_feed::{REASON_HEADER, Release};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Content, Header, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::payload::BYTES;

/// What is asked of a payload, beside where it is: what stands in the link, and which bytes.
pub(crate) enum OfPayload {}

/// A payload, or some of its bytes.
pub(crate) enum PayloadAnswer {}

/// A release, or none.
pub(crate) enum ReleaseAnswer {}

/// The address of a payload, or none.
pub(crate) enum AddressAnswer {}

type Answers = BTreeMap<String, RefOr<Response>>;

impl IntoParams for OfPayload {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, place| ParameterBuilder::new().name(name).parameter_in(place);
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0));
        let expires = parameter("expires", ParameterIn::Query).description(Some("Unix time"));
        let link = [
            expires.schema(Some(seconds)).required(Required::True).build(),
            parameter("token", ParameterIn::Query).schema(Some(text())).required(Required::True).build(),
        ];
        let headers = ["range", "if-range", "if-none-match", "accept-encoding"];
        let headers = headers.map(|name| parameter(name, ParameterIn::Header).schema(Some(text())).build());
        link.into_iter().chain(headers).collect()
    }
}

impl IntoResponses for PayloadAnswer {
    fn responses() -> Answers {
        let bytes = || Content::new(Some(<Vec<u8>>::schema()));
        answers([
            (200, answer("All of it").content(BYTES, bytes()).header("etag", header())),
            (206, answer("These bytes").content(BYTES, bytes()).header("content-range", header())),
            (304, answer("The client has it")),
            (416, answer("There are no such bytes").header("content-range", header())),
        ])
    }
}

impl IntoResponses for ReleaseAnswer {
    fn responses() -> Answers {
        offered(answer("The release"), "application/json", Ref::from_schema_name(Release::name()).into())
    }
}

impl IntoResponses for AddressAnswer {
    fn responses() -> Answers {
        offered(answer("The address"), "text/plain", text().into())
    }
}

/// What there is for a device, or that there is nothing.
fn offered(found: ResponseBuilder, content_type: &str, schema: RefOr<Schema>) -> Answers {
    let none = answer("Nothing newer; memfault-reason says why");
    let found = found.content(content_type, Content::new(Some(schema)));
    answers([(200, found), (204, none)].map(|(status, answer)| (status, answer.header(REASON_HEADER, header()))))
}

fn answers<const N: usize>(answers: [(u16, ResponseBuilder); N]) -> Answers {
    answers.into_iter().map(|(status, answer)| (status.to_string(), answer.build().into())).collect()
}

fn answer(description: &str) -> ResponseBuilder {
    ResponseBuilder::new().description(description)
}

fn header() -> Header {
    Header::new(text())
}

fn text() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).build().into()
}
