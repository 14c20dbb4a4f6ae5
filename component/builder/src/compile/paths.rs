//! The paths of the build machine. The component's bytes contain none of them, so that other machines build the same
//! bytes.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::toolchain::Toolchain;

pub(super) struct Paths {
    pub(super) workspace: PathBuf,
    pub(super) target_dir: PathBuf,
    cargo_home: Option<PathBuf>,
    /// The sources of each registry: cargo names the folder after the registry's host.
    registries: Vec<PathBuf>,
    standard_library: Option<PathBuf>,
}

impl Paths {
    pub(super) fn new(workspace: &Path, toolchain: &Toolchain) -> Self {
        let target_dir = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
        let cargo_home = cargo_home.or(home);
        Self {
            registries: cargo_home.as_deref().map(registries).unwrap_or_default(),
            workspace: workspace.to_owned(),
            target_dir: workspace.join(target_dir.unwrap_or_else(|| "target".into())),
            cargo_home,
            standard_library: toolchain.sources(),
        }
    }

    /// The compiler's flags that replace the paths. If several match, the compiler applies the last one.
    pub(super) fn remap_flags(&self) -> Vec<String> {
        let flag =
            |(from, to): (&Path, &str)| format!("--remap-path-prefix={}={to}", from.display());
        self.named().map(flag).collect()
    }

    /// # Errors
    ///
    /// The component contains one of the paths.
    pub(super) fn check_absent(&self, component: &[u8]) -> Result<(), String> {
        for (path, _) in self.named() {
            let path = path.to_string_lossy();
            let mut windows = component.windows(path.len().max(1));
            if path.len() > 1 && windows.any(|window| window == path.as_bytes()) {
                return Err(format!(
                    "the component contains a path of this machine: {path}"
                ));
            }
        }
        Ok(())
    }

    fn named(&self) -> impl Iterator<Item = (&Path, &'static str)> {
        let paths = [
            (self.cargo_home.as_deref(), "/cargo"),
            (Some(self.workspace.as_path()), "/rds-bridge"),
            (Some(self.target_dir.as_path()), "/target"),
            (self.standard_library.as_deref(), "/rustc"),
        ];
        let known = paths.into_iter();
        let known = known.filter_map(|(from, to)| Some((from?, to)));
        let registries = self.registries.iter();
        known.chain(registries.map(|registry| (registry.as_path(), "/cargo/registry")))
    }
}

fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cargo_home.join("registry/src"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_that_names_a_path_is_refused() {
        let paths = Paths {
            workspace: "/home/user/rds-bridge".into(),
            target_dir: "/var/target".into(),
            cargo_home: None,
            registries: vec!["/home/user/.cargo/registry/src/index-1".into()],
            standard_library: None,
        };
        assert_eq!(
            paths.check_absent(b"/rds-bridge/component/src/lib.rs"),
            Ok(())
        );
        let flags = paths.remap_flags();
        let last = "--remap-path-prefix=/home/user/.cargo/registry/src/index-1=/cargo/registry";
        assert_eq!(flags.last().map(String::as_str), Some(last));
        let error = paths.check_absent(b"at /var/target/x.rs").unwrap_err();
        assert!(error.ends_with(": /var/target"), "{error}");
    }
}
