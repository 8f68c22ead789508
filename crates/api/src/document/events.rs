//! The calls that are made to the shops' own programs, as the `webhooks` of the description: tools make receivers of them.

use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, KnownFormat, ObjectBuilder, PathItem, Paths, PathsBuilder, Required,
    ResponseBuilder, Schema, SchemaFormat, Type,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{ArrayBuilder, SchemaType},
};
use webhooks::Kind;

pub(super) fn webhooks() -> Paths {
    let path = |paths: PathsBuilder, kind: &Kind| {
        paths.path(kind.code(), PathItem::new(HttpMethod::Post, operation(*kind)))
    };
    Kind::ALL.iter().fold(PathsBuilder::new(), path).build()
}

fn operation(kind: Kind) -> Operation {
    let example = json!({ "type": kind.code(), "timestamp": "2024-03-01T12:00:00Z", "data": kind.example() });
    let content = ContentBuilder::new().schema(Some(event(kind))).example(Some(example)).build();
    let body =
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build();
    let answer = |text: &str| ResponseBuilder::new().description(text).build();
    OperationBuilder::new()
        .tag("webhooks")
        .summary(Some(format!("{}.", kind.in_words())))
        .operation_id(Some(kind.code().replace('.', "_")))
        .parameter(header("webhook-id", "The event's id: the same when it comes twice.", uuid()))
        .parameter(header("webhook-timestamp", "When the call was made, in seconds since 1970.", text(None)))
        .parameter(header(
            "webhook-signature",
            "Signatures with the endpoint's secret, as Standard Webhooks defines them.",
            text(None),
        ))
        .request_body(Some(body))
        .response(
            "2XX",
            answer("It has arrived. Any other answer, or none within 15 seconds, has it told again."),
        )
        .response("410", answer("Nothing more is wanted: the endpoint is disabled."))
        .build()
}

fn header(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// The body of a call.
fn event(kind: Kind) -> Schema {
    let only = text(None).enum_values(Some([kind.code()]));
    let timestamp = text(Some(KnownFormat::DateTime)).description(Some("When it happened."));
    let members = [("type", only), ("timestamp", timestamp), ("data", data(kind))];
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let add = |object: ObjectBuilder, (name, schema)| object.property(name, schema).required(name);
    members.into_iter().fold(object, add).into()
}

/// What it tells, by its example.
fn data(kind: Kind) -> ObjectBuilder {
    let example = kind.example();
    let members = example.as_object().into_iter().flatten();
    members.fold(ObjectBuilder::new().schema_type(Type::Object), |object, (name, value)| {
        let object = object.required(name);
        match value {
            Value::Array(_) => object.property(name, ArrayBuilder::new().items(text(None))),
            // A proof by somebody who is not known yet has none.
            _ if name == "customer" && value.is_string() && kind.code().starts_with("verification.") => {
                object.property(name, uuid().schema_type(SchemaType::from_iter([Type::String, Type::Null])))
            }
            Value::String(known) if uuid::Uuid::try_parse(known).is_ok() => object.property(name, uuid()),
            _ => object.property(name, text(None)),
        }
    })
}

fn text(format: Option<KnownFormat>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(format.map(SchemaFormat::KnownFormat))
}

fn uuid() -> ObjectBuilder {
    text(Some(KnownFormat::Uuid))
}
