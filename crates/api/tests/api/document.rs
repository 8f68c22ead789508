//! The description: complete, and true.

use axum::body::Body;
use serde_json::Value;

use crate::house::House;

testkit::stories! { crate::house::House::open => every_described_operation_is_there the_page_loads_nothing_from_elsewhere }

/// An operation as the description has it.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub scope: String,
    pub value: Value,
}

impl Operation {
    /// The path with something for each of its parameters.
    pub fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let parts = self.path.split('/').map(|part| {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => value(name),
                None => part.to_owned(),
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

pub fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, value) in item.as_object().unwrap() {
            let scope = value["security"][0]["key"][0].as_str().unwrap_or_default().to_owned();
            operations.push(Operation {
                method: method.clone(),
                path: path.clone(),
                scope,
                value: value.clone(),
            });
        }
    }
    operations
}

async fn every_described_operation_is_there(house: House) {
    let owner = house.owner().await;
    let served = owner.get("/openapi.json").await.expect(200);
    assert_eq!(served, serde_json::to_value(api::openapi()).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"), "{}", served["openapi"]);
    for operation in operations() {
        let path = operation.path_with(|name| {
            if name == "source" { "online".to_owned() } else { uuid::Uuid::nil().to_string() }
        });
        let method = operation.method.to_uppercase();
        let reply = house.send(owner.request(&method, &path).body(Body::empty()).unwrap()).await;
        let code = if reply.status.is_success() { String::new() } else { reply.json()["code"].to_string() };
        assert!(
            !code.contains("route_unknown") && !code.contains("method_not_allowed"),
            "{method} {path}: {code}"
        );
        // Whatever it answered, the description says so.
        let status = reply.status.as_u16().to_string();
        assert!(
            operation.value["responses"].get(&status).is_some() || status == "415",
            "{method} {path} answered {status}"
        );
        assert!(
            !operation.value["summary"].as_str().unwrap_or_default().is_empty(),
            "{method} {path} says nothing of itself"
        );
        let is_guarded = ["/v1/", "/sandbox/v1/"].iter().any(|begin| operation.path.starts_with(begin));
        assert_eq!(is_guarded, !operation.scope.is_empty(), "{path}");
    }
}

#[test]
fn every_route_in_the_source_is_described() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut handlers = 0;
    // What is of another's shape is described by others.
    let of_others = ["compat", "camara", "camara.rs"].map(|name| source.join(name));
    let is_ours = |file: &&std::path::PathBuf| !of_others.iter().any(|other| file.starts_with(other));
    for file in files_below(&source).iter().filter(is_ours) {
        let text = std::fs::read_to_string(file).unwrap();
        handlers += text
            .lines()
            .filter(|line| {
                line.contains("State(app): State<App>") || line.contains("State(doors): State<Doors>")
            })
            .count();
    }
    let described = operations().len();
    // Four layers have a state too; /healthz, /errors/{code} and /v1/webhooks/kinds have none.
    let (layers, stateless) = (4, 3);
    assert_eq!(handlers - layers + stateless, described);
}

#[test]
fn every_event_is_described_with_an_example_that_fits() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let described = document["webhooks"].as_object().unwrap();
    assert_eq!(described.len(), webhooks::Kind::ALL.len());
    for kind in webhooks::Kind::ALL {
        let body = &described[kind.code()]["post"]["requestBody"]["content"]["application/json"];
        let (schema, example) = (&body["schema"], &body["example"]);
        assert_eq!(example["type"], kind.code());
        assert_eq!(schema["properties"]["type"]["enum"], serde_json::json!([kind.code()]));
        let told: Vec<&String> = example["data"].as_object().unwrap().keys().collect();
        let data = &schema["properties"]["data"];
        let mut required: Vec<&str> =
            data["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        required.sort_unstable();
        assert_eq!(required, told, "{kind}");
        for (name, value) in example["data"].as_object().unwrap() {
            let kinds = &data["properties"][name]["type"];
            let wanted = if value.is_array() { "array" } else { "string" };
            let fits =
                kinds == wanted || kinds.as_array().is_some_and(|kinds| kinds.contains(&wanted.into()));
            assert!(fits, "{kind} {name}: {kinds}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

async fn the_page_loads_nothing_from_elsewhere(house: House) {
    let get =
        async |path: &str| house.send(axum::http::Request::get(path).body(Body::empty()).unwrap()).await;
    let moved = get("/docs").await;
    assert!(moved.status.is_redirection());
    let page = get(moved.headers["location"].to_str().unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    for attribute in ["src=\"", "href=\""] {
        for loaded in page.text.split(attribute).skip(1) {
            assert!(!loaded.starts_with("http") && !loaded.starts_with("//"), "{loaded:.60}");
        }
    }
    assert!(!page.text.contains("<script>"), "an inline script, which the policy forbids");
    let start = get("/docs/swagger-initializer.js").await;
    assert!(start.text.contains("/openapi.json") && start.text.contains("none"), "{}", start.text);
}

#[test]
fn every_code_in_the_source_is_listed() {
    let listed: Vec<&str> = api::error_codes().iter().map(|(code, ..)| *code).collect();
    let mut sorted = listed.clone();
    sorted.dedup();
    assert_eq!(sorted, listed, "a code twice");
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = 0;
    for name in [
        "api",
        "app",
        "base",
        "customers",
        "db",
        "history",
        "identity",
        "jobs",
        "messaging",
        "sandbox",
        "vault",
        "warehouse",
    ] {
        for file in files_below(&crates.join(name).join("src")) {
            for code in codes_in(&std::fs::read_to_string(&file).unwrap()) {
                assert!(listed.contains(&code.as_str()), "{code} of {} is not listed", file.display());
                found += 1;
            }
        }
    }
    assert!(found > 80, "only {found} found: the search is broken");
}

/// The codes of all faults that a text makes.
fn codes_in(text: &str) -> Vec<String> {
    let makers = [
        "Fault::invalid(",
        "Fault::not_found(",
        "Fault::conflict(",
        "Fault::forbidden(",
        "Fault::unavailable(",
        "unauthenticated(",
    ];
    let mut codes = Vec::new();
    for maker in makers {
        codes.extend(text.split(maker).skip(1).filter_map(first_text));
    }
    codes.extend(
        text.split("Fault::new(")
            .skip(1)
            .filter_map(|rest| rest.split_once(','))
            .filter_map(|(_, rest)| first_text(rest)),
    );
    codes
}

/// The text that an argument list begins with, if it begins with one.
fn first_text(rest: &str) -> Option<String> {
    let code = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    Some(code.to_owned())
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
