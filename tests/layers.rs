//! Who may import whom. The media tower (media, ingest, packager) knows no SQL and no HTTP server; the social tower (db,
//! federation) knows no frames; they meet only in the program.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace, the crates of ours it may import, and outside crates it must not.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    (
        "tributary",
        &["db", "federation", "ingest", "media", "packager"],
        &[],
    ),
    ("ingest", &["media"], &["sqlx", "axum", "hyper"]),
    ("packager", &["media"], &["sqlx", "axum", "hyper"]),
    ("media", &[], &["tokio", "sqlx", "axum", "hyper"]),
    ("db", &[], &["axum", "hyper", "bytes"]),
    ("federation", &["db"], &["axum", "hyper", "sqlx"]),
    ("bench", &["db"], &["axum", "hyper"]),
    ("playlist-validator", &[], &["packager", "tokio"]),
];

#[test]
fn crates_import_only_what_their_layer_may() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(
        ours,
        LAYERS.iter().map(|(name, ..)| *name).collect(),
        "a crate without a layer"
    );

    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, may, must_not) = LAYERS.iter().find(|(n, ..)| *n == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            // What only tests use does not shape the program.
            if dependency["kind"] == "dev" {
                continue;
            }
            let dependency = dependency["name"].as_str().unwrap();
            assert!(
                !ours.contains(dependency) || may.contains(&dependency),
                "{name} must not import {dependency}"
            );
            assert!(
                !must_not.contains(&dependency),
                "{name} must not import {dependency}"
            );
        }
    }
}
