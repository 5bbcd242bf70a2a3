//! The OpenAPI document: what the routes say of themselves, and what all of them have in common.

mod device;

use axum::routing::get;
use axum::{Json, Router};
use release_feed::{ErrorBody, PROJECT_KEY_HEADER, Release};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Info, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
};

use crate::{Refusal, Station};

pub(crate) use device::{AddressAnswer, OfPayload, PayloadAnswer, ReleaseAnswer};

/// Where the document is.
const DOCUMENT: &str = "/api/openapi.json";
/// An organization's token.
const TOKEN: &str = "organization_token";
/// A user's API key, beside their e-mail address.
const KEY: &str = "user_key";
/// What devices send. Their routes name it by themselves.
const PROJECT_KEY: &str = "project_key";

/// The route to the document of a station whose routes are these.
pub(crate) fn route(api: OpenApi) -> Router<Station> {
    let document = Json(complete(api));
    Router::new().route(DOCUMENT, get(async || document).fallback(async || Refusal::MethodNotAllowed))
}

/// Adds what all routes have in common.
fn complete(mut api: OpenApi) -> OpenApi {
    api.info = Info::new("Fieldflash station", env!("CARGO_PKG_VERSION"));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme(KEY, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    let header = ApiKeyValue::new(PROJECT_KEY_HEADER);
    components.add_security_scheme(PROJECT_KEY, SecurityScheme::ApiKey(ApiKey::Header(header)));
    // What is only referred to by what is common to several routes.
    let mut schemas = Vec::new();
    add::<ErrorBody>(&mut schemas);
    add::<Release>(&mut schemas);
    components.schemas.extend(schemas);
    let by = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
    api.security = Some(vec![by(TOKEN), by(KEY)]);
    for (path, item) in &mut api.paths.paths {
        if path.contains("{project}") {
            item.parameters = Some(["organization", "project"].map(|name| any_name(name).into()).into());
        }
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let error = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build();
            let refusal = ResponseBuilder::new().description("A refusal, with its reason in words");
            let refusal = refusal.content("application/json", error);
            operation.responses.responses.insert("default".to_owned(), refusal.build().into());
        }
    }
    api
}

fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// A part of the address that may be any name.
fn any_name(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some("Any name: a station is one project")).schema(Some(text)).build()
}
