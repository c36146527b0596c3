//! The failures of an operation in the document: those that its module declares, and those that follow from its callers, its
//! parameters and its body. A status lists its codes, and `x-holdfast-codes` all of them for programs.

use crate::route::{Access, Properties};
use kernel::Code;
use std::collections::BTreeMap;
use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, ParameterIn},
};

/// Names the codes of an operation in the document.
pub const CODES_EXTENSION: &str = "x-holdfast-codes";

/// Documents the failures of `operation`.
pub(crate) fn write_failures(operation: &mut Operation, properties: Properties) {
    let mut codes = implied(operation, properties);
    codes.extend(properties.codes);
    codes.extend(described(operation));
    let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| codes.contains(code)).collect();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in &codes {
        by_status.entry(code.status()).or_default().push(*code);
    }
    for (status, codes) in by_status {
        let line = |code: &Code| format!("{}: {}", code.code(), code.english());
        let description = codes.iter().map(line).collect::<Vec<_>>().join("; ");
        operation.responses.responses.insert(status.to_string(), RefOr::T(failure(description)));
    }
    let names: Vec<&str> = codes.iter().map(|code| code.code()).collect();
    operation.extensions.get_or_insert_default().insert(CODES_EXTENSION.to_owned(), names.into());
}

/// A failure in the envelope.
pub fn failure(description: impl Into<String>) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Failure"))).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// What follows from how the operation is called.
fn implied(operation: &Operation, properties: Properties) -> Vec<Code> {
    let mut codes = vec![Code::InvalidInput];
    // the token of another service is no user's
    if properties.access != Access::Public || properties.personal {
        codes.extend([Code::SignInRequired, Code::TokenExpired, Code::TokenInvalid, Code::RoleRequired]);
    }
    if !properties.unlimited {
        codes.push(Code::TooManyRequests);
    }
    if operation.request_body.is_some() {
        codes.extend([Code::PayloadTooLarge, Code::UnsupportedMediaType]);
    }
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match (&parameter.parameter_in, parameter.name.as_str()) {
            (ParameterIn::Header, "Idempotency-Key") => {
                codes.extend([Code::IdempotencyKeyReused, Code::IdempotencyInProgress]);
            }
            (ParameterIn::Header, "If-Match") | (ParameterIn::Query, "version") => codes.push(Code::OutdatedVersion),
            _ => {}
        }
    }
    codes
}

/// The codes that the descriptions of failures name.
fn described(operation: &Operation) -> Vec<Code> {
    let failures = operation.responses.responses.iter().filter(|(status, _)| status.starts_with(['4', '5']));
    let descriptions = failures.filter_map(|(_, response)| match response {
        RefOr::T(response) => Some(response.description.as_str()),
        RefOr::Ref(_) => None,
    });
    let text = descriptions.chain(operation.summary.as_deref()).chain(operation.description.as_deref());
    let text = text.collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    Code::ALL.iter().copied().filter(|code| words.contains(&code.code())).collect()
}
