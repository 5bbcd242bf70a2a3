//! The OpenAPI document: what the routes say of themselves, and what all of them have in common.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Info, ObjectBuilder, OpenApi, Required, ResponseBuilder, Type};

/// An organization's token.
const TOKEN: &str = "organization_token";
/// A user's API key, beside their e-mail address.
const KEY: &str = "user_key";

/// Adds what all routes have in common.
pub(super) fn complete(mut api: OpenApi) -> OpenApi {
    api.info = Info::new("Fieldflash station: management API", env!("CARGO_PKG_VERSION"));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme(KEY, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    let by = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
    api.security = Some(vec![by(TOKEN), by(KEY)]);
    for (path, item) in &mut api.paths.paths {
        if path.contains("{project}") {
            item.parameters = Some(["organization", "project"].map(|name| any_name(name).into()).into());
        }
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let refusal = ResponseBuilder::new().description("A refusal, with its reason in words");
            let refusal = refusal.content("application/json", ContentBuilder::new().schema(Some(error())).build());
            operation.responses.responses.insert("default".to_owned(), refusal.build().into());
        }
    }
    api
}

/// A part of the address that may be any name.
fn any_name(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some("Any name: a station is one project")).schema(Some(text)).build()
}

/// [`release_feed::ErrorBody`].
fn error() -> ObjectBuilder {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    let detail = of(Type::Object)
        .property("code", of(Type::Integer))
        .property("http_code", of(Type::Integer))
        .property("message", of(Type::String))
        .property("type", of(Type::String));
    of(Type::Object).property("error", detail).required("error")
}
