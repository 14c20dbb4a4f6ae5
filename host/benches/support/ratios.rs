//! Prints each benchmark's median as a ratio to another's of the same run: seconds differ from machine
//! to machine, ratios less.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A benchmark, what it is compared with, and the most that the ratio may be, if that was promised.
pub(crate) type Row = (&'static str, &'static str, Option<f64>);

/// Reads what criterion has just measured for a group, and prints a table.
pub(crate) fn print(group: &str, rows: &[Row]) {
    println!("\n{group:<32} {:>10}   ratio", "median");
    for (name, base, promised) in rows {
        let (Some(own), Some(other)) = (median(group, name), median(group, base)) else {
            println!("{name:<32} not measured in this run");
            continue;
        };
        let promised = promised.map_or(String::new(), |most| format!(", promised ≤ {most}"));
        println!(
            "{name:<32} {:>7.2} µs   {:.2} × {base}{promised}",
            own / 1e3,
            own / other
        );
    }
}

/// In nanoseconds.
fn median(group: &str, name: &str) -> Option<f64> {
    let file = target()
        .join("criterion")
        .join(group)
        .join(name)
        .join("new/estimates.json");
    let estimates: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    estimates.pointer("/median/point_estimate")?.as_f64()
}

fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => target.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
    }
}
