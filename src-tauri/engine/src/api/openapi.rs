//! The description of the API that `lamp openapi` prints, made from the table of routes (OpenAPI 3.1).

use serde_json::{Map, Value, json};

use super::route::{Method, ROUTES, Route};

/// The whole document.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lamplighter, local API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "HTTP/1.1 and JSON over the Unix socket (or named pipe) of the running engine. Only programs of the same user are served, web pages never. Times are milliseconds since 1970 (UTC). Texts for people come in the language of `Accept-Language` (en, fr).",
        },
        "paths": paths,
        "components": { "schemas": { "Error": error(), "Token": token() } },
    })
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = ["id", "name"]
        .into_iter()
        .filter(|name| route.path.contains(&format!("{{{name}}}")))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut operation = json!({
        "operationId": format!("{:?}_{}", route.call, route.method.as_str()).to_ascii_lowercase(),
        "summary": route.summary,
        "responses": {
            "200": { "description": route.gives, "content": success(route) },
            "default": {
                "description": "What is wrong, for programs (`code`) and for people.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
            },
        },
    });
    if route.method == Method::Get {
        parameters.extend(
            route
                .takes
                .iter()
                .map(|(name, kind, _)| json!({ "name": name, "in": "query", "schema": { "type": kind } })),
        );
    } else if !route.takes.is_empty() || route.method == Method::Patch {
        operation["requestBody"] = body(route);
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

fn body(route: &Route) -> Value {
    let properties: Map<_, _> =
        route.takes.iter().map(|(name, kind, _)| ((*name).to_owned(), json!({ "type": kind }))).collect();
    let required: Vec<_> =
        route.takes.iter().filter(|(_, _, needed)| *needed).map(|(name, ..)| *name).collect();
    json!({
        "required": !required.is_empty(),
        "content": { "application/json": { "schema": {
            "type": "object", "properties": properties, "required": required,
        } } },
    })
}

fn success(route: &Route) -> Value {
    match route.gives {
        "events" => json!({ "text/event-stream": { "schema": { "type": "string" } } }),
        "token" => json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Token" } } }),
        answer => json!({ "application/json": { "schema": {
            "type": "object", "properties": { "answer": { "const": answer } }, "required": ["answer"],
        } } }),
    }
}

fn error() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "what"],
            "properties": {
                "code": { "type": "string", "description": "Closed list; branch on it." },
                "account": text, "what": text, "safe": text, "next": text, "cure": text,
            },
        } },
    })
}

fn token() -> Value {
    json!({
        "type": "object",
        "required": ["answer", "token", "name", "generation", "headers", "still_good"],
        "properties": {
            "answer": { "const": "token" },
            "token": { "type": "string" },
            "name": { "type": "string" },
            "ends": { "type": ["integer", "null"] },
            "left_ms": { "type": ["integer", "null"] },
            "generation": { "type": "integer" },
            "headers": { "type": "array", "items": {
                "type": "object",
                "required": ["name", "value"],
                "properties": { "name": { "type": "string" }, "value": { "type": "string" } },
            } },
            "still_good": {
                "type": "boolean",
                "description": "A reported 401 was not believed: the token is new, or the service accepts it.",
            },
            "warning": { "type": ["string", "null"] },
        },
    })
}
