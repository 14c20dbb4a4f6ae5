//! The configuration files in the manifests of `host/deploy/gateway` are valid.

use std::fs;
use std::path::Path;

use rds_bridge_access::Config;

/// The block of text that follows a line, without its indentation.
fn block_after(manifest: &str, begin: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/deploy/gateway");
    let text = fs::read_to_string(path.join(manifest)).unwrap();
    let (_, block) = text.split_once(begin).unwrap();
    let block = block.trim_start_matches('\n');
    let indentation = block.len() - block.trim_start().len();
    let indentation = " ".repeat(indentation);
    let lines = block.lines().map_while(|line| {
        if line.trim().is_empty() {
            Some("")
        } else {
            line.strip_prefix(&*indentation)
        }
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn for_kubernetes() {
    let config = block_after("kubernetes.yaml", "rds-bridge.toml: |");
    let config = Config::parse(&config).unwrap();
    assert_eq!(config.gateway.instances.get(), 3);
}

#[test]
fn for_ecs() {
    let mut config = block_after("ecs.yaml", "Value: !Sub |");
    let hash = "5a".repeat(32);
    for (parameter, value) in [
        ("DBEndpoint", "mydb.abc123.eu-central-1.rds.amazonaws.com"),
        ("DBUsername", "gateway"),
        ("DBName", "orders"),
        ("ApiKeySha256", hash.as_str()),
        ("HostName", "gateway.example.com"),
        ("Instances", "3"),
    ] {
        config = config.replace(&format!("${{{parameter}}}"), value);
    }
    assert!(!config.contains("${"), "{config}");
    let config = Config::parse(&config).unwrap();
    assert_eq!(config.gateway.instances.get(), 3);
}
