//! The document at `/api/v1/openapi.json` against the running server: every path it names answers as it says, and every body has
//! the shape it promises, with nothing unsaid.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use support::Server;

/// Schemas refer to each other; ours do not nest deeper.
const MAX_DEPTH: usize = 32;

struct Document(Value);

impl Document {
    fn operations(&self) -> impl Iterator<Item = (Method, &str, &Value)> {
        self.0["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().unwrap().iter().map(move |(method, operation)| {
                    (method.to_uppercase().parse().unwrap(), path.as_str(), operation)
                })
            })
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self
                .0
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} leads nowhere")),
            None => schema,
        }
    }

    /// What is wrong with a value, by a schema.
    fn check(&self, schema: &Value, value: &Value, at: &str, depth: usize) -> Vec<String> {
        let schema = self.resolve(schema);
        assert!(depth < MAX_DEPTH, "{at}: schemas go round in circles");
        if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let fits = choices
                .iter()
                .any(|choice| self.check(choice, value, at, depth + 1).is_empty());
            return if fits {
                Vec::new()
            } else {
                vec![format!("{at}: fits none of its schemas")]
            };
        }
        if schema["allOf"].is_array() {
            let (mut properties, mut required) = (BTreeMap::new(), Vec::new());
            self.gather(schema, true, &mut properties, &mut required, depth);
            return self.check_object(&properties, &required, value, at, depth);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            // Anything goes: `serde_json::Value`.
            _ => return Vec::new(),
        };
        let fits = types.iter().any(|kind| match *kind {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{at}: unknown type {other}"),
        });
        if !fits {
            return vec![format!("{at}: {value} is not {types:?}")];
        }
        match value {
            Value::Array(items) => {
                let item = |(index, value)| {
                    self.check(&schema["items"], value, &format!("{at}[{index}]"), depth + 1)
                };
                items.iter().enumerate().flat_map(item).collect()
            }
            Value::Object(fields) if schema["properties"].is_object() => {
                let (mut properties, mut required) = (BTreeMap::new(), Vec::new());
                self.gather(schema, true, &mut properties, &mut required, depth);
                self.check_object(&properties, &required, &Value::Object(fields.clone()), at, depth)
            }
            Value::Object(fields) if schema["additionalProperties"].is_object() => {
                let entry = |(key, value): (&String, &Value)| {
                    self.check(
                        &schema["additionalProperties"],
                        value,
                        &format!("{at}.{key}"),
                        depth + 1,
                    )
                };
                fields.iter().flat_map(entry).collect()
            }
            _ => Vec::new(),
        }
    }

    /// All properties of an object that is put together of several schemas (`#[serde(flatten)]`).
    fn gather<'a>(
        &'a self,
        schema: &'a Value,
        must: bool,
        properties: &mut BTreeMap<&'a str, &'a Value>,
        required: &mut Vec<&'a str>,
        depth: usize,
    ) {
        let schema = self.resolve(schema);
        assert!(depth < MAX_DEPTH, "schemas go round in circles");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            properties.insert(name, property);
        }
        if must {
            required.extend(
                schema["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str),
            );
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, must, properties, required, depth + 1);
        }
        // An optional part: all of it, or nothing.
        for part in schema["oneOf"].as_array().into_iter().flatten() {
            self.gather(part, false, properties, required, depth + 1);
        }
    }

    fn check_object(
        &self,
        properties: &BTreeMap<&str, &Value>,
        required: &[&str],
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Vec<String> {
        let Some(fields) = value.as_object() else {
            return vec![format!("{at}: {value} is no object")];
        };
        let mut wrong: Vec<String> = required
            .iter()
            .filter(|name| !fields.contains_key(**name))
            .map(|name| format!("{at}.{name}: required and not there"))
            .collect();
        for (name, value) in fields {
            match properties.get(name.as_str()) {
                Some(schema) => wrong.extend(self.check(schema, value, &format!("{at}.{name}"), depth + 1)),
                None => wrong.push(format!("{at}.{name}: not in the document")),
            }
        }
        wrong
    }
}

/// A body that each operation accepts; those without one send an empty object.
fn body(method: &Method, path: &str, channel: &Value, client: &Value) -> Value {
    match (method.as_str(), path) {
        ("POST", "/users/token") => json!({
            "client_id": client["client_id"], "client_secret": client["client_secret"], "grant_type": "password",
            "username": "root", "password": support::ROOT_PASSWORD,
        }),
        ("POST", "/users") => {
            json!({ "username": "someone", "password": "password", "email": "someone@example.org" })
        }
        ("POST", "/video-channels") => json!({ "name": "another", "displayName": "Another" }),
        ("POST", "/videos/live") => json!({ "name": "Another live", "channelId": channel, "privacy": 1 }),
        ("POST", "/videos/{id}/comment-threads" | "/videos/{id}/comments/{comment}") => {
            json!({ "text": "Hello" })
        }
        ("PUT", "/videos/{id}/rate") => json!({ "rating": "like" }),
        ("POST" | "PUT", "/videos/{id}/views" | "/videos/{id}/watching") => json!({ "currentTime": 1 }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn the_document_is_true() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let document = Document(server.json("/api/v1/openapi.json").await);
    let client = server.json("/api/v1/oauth-clients/local").await;
    let me = server
        .client
        .get(server.url("/api/v1/users/me"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let channel = me.json::<Value>().await.unwrap()["videoChannels"][0]["id"].clone();

    // What deletes comes last, and so does what signs out.
    let mut operations: Vec<_> = document.operations().collect();
    operations.sort_by_key(|(method, path, _)| match (method.as_str(), *path) {
        ("POST", "/users/revoke-token") => 3,
        ("DELETE", "/videos/{id}") => 2,
        ("DELETE", _) => 1,
        _ => 0,
    });
    assert!(operations.len() > 50, "{}", operations.len());
    for (method, path, operation) in operations {
        let name = format!("{method} {path}");
        let filled = path
            .replace("/users/{id}", "/users/1")
            .replace("{uri}", "root_channel")
            .replace("{host}", "tube.example")
            .replace("{host_or_handle}", "tube.example")
            .replace("{state}", "failed")
            .replace("{thread}", "1")
            .replace("{comment}", "1")
            .replace("{name}", "nobody")
            .replace("{id}", &live.uuid)
            .replace("/accounts/{handle}", "/accounts/root")
            .replace("{handle}", "root_channel");
        assert!(!filled.contains('{'), "{name}: what is its parameter?");
        let mut request = server
            .client
            .request(
                method.clone(),
                server.url(&format!("/api/v1{filled}?search=live")),
            )
            .bearer_auth(&token);
        if operation["requestBody"].is_object() {
            request = request.json(&body(&method, path, &channel, &client));
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16().to_string();
        let answers = operation["responses"].as_object().unwrap();
        let answer = answers
            .get(&status)
            .unwrap_or_else(|| panic!("{name} answers {status}, which it does not say"));
        let promised = answer["content"].as_object().cloned().unwrap_or_default();
        let kind = response
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        check_answer(&document, &name, &status, &promised, kind.as_deref(), response).await;
    }
}

async fn check_answer(
    document: &Document,
    name: &str,
    status: &str,
    promised: &Map<String, Value>,
    kind: Option<&str>,
    response: reqwest::Response,
) {
    if !status.starts_with('2') {
        // Root is not deleted, and the last channel stays.
        assert!(matches!(status, "400" | "404" | "409"), "{name}: {status}");
        assert_eq!(kind, Some("application/problem+json; charset=utf-8"), "{name}");
        return;
    }
    if promised.is_empty() {
        assert_eq!(
            response.text().await.unwrap(),
            "",
            "{name} says nothing of a body"
        );
        return;
    }
    let kind = kind.unwrap_or_else(|| panic!("{name}: no content type"));
    let (_, schema) = promised
        .iter()
        .find(|(promised, _)| kind.starts_with(promised.as_str()))
        .unwrap_or_else(|| panic!("{name} answers {kind}"));
    if kind.starts_with("application/json") {
        let value: Value = response.json().await.unwrap();
        assert_eq!(
            document.check(&schema["schema"], &value, name, 0),
            Vec::<String>::new(),
            "{value:#}"
        );
    }
}

/// The document is made of the handlers, so a route is left out only by adding it past them.
#[test]
fn every_route_is_documented() {
    let routes = include_str!("../src/http/api/mod.rs");
    assert_eq!(
        routes.matches(".route(").count(),
        1,
        "only the document itself is not in the document"
    );
    assert!(routes.contains(".route(\"/openapi.json\""));
}
