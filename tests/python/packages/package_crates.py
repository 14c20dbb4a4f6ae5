#!/usr/bin/env python3
"""Packages the published crates, and uses the library from its package as another program does.

    package_crates.py [--each]

1. `cargo package` creates the packages, each with its own files only. cargo then checks all of them in one workspace of
   their own. With --each, cargo instead compiles each package alone, as `cargo publish` does, which takes minutes more:
   this also finds a feature that one package enables and another one needs.
2. Each package contains its licences and a README, and refers to no file outside of it.
3. A program in an empty folder is built with the library's packages, and signs a token. The build has no WebAssembly
   toolchain: its PATH contains cargo, a C compiler, and a rustc that refuses WebAssembly.

Compiled dependencies are shared with the other builds of this clone, below its target/: they are the same crates.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Without debug information, like the dependencies in this workspace, so that those already compiled can be used.
SHARED = {"CARGO_TARGET_DIR": str(TARGET), "CARGO_PROFILE_DEV_DEBUG": "none", "CARGO_INCREMENTAL": "0"}
# The folder of the unpacked packages. Its path is always the same, so that a second run does not compile the
# dependencies again.
PACKAGES = TARGET / "package/unpacked"
LIBRARY = "rds-bridge"
# The files that each package must contain in addition to its own.
CARRIED = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]
# The tools that compile a Rust program: rustc links with cc, and ring is partly written in C and assembler.
C_COMPILER = ["cc", "gcc", "as", "ld", "ar", "ranlib"]
WASM_TARGET = "wasm32-unknown-unknown"
# Words in the commands of a build script that compiles WebAssembly.
WASM_TOOLCHAIN = ["wasm32", "wasm-ld", "rust-lld", "/usr/bin/"]

REFUSING_RUSTC = """#!/bin/sh
# The toolchain's rustc, as one that has nothing for WebAssembly.
for argument in "$@"; do
    case $argument in
        wasm32* | --target=wasm32*)
            echo "error: this rustc was asked for WebAssembly: $*" >&2
            exit 1
            ;;
    esac
done
exec '{rustc}' "$@"
"""

MANIFEST = """[package]
name = "program"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
{library} = "={version}"
secrecy = {{ version = "0.10", default-features = false }}

[patch.crates-io]
{patches}
"""

WORKSPACE = """[workspace]
resolver = "3"
members = ["*-*"]

[patch.crates-io]
{patches}
"""

# Paths in the source that are read when the crate is compiled or tested, relative to the file or to the crate.
READ_FROM_FILE = re.compile(r'(?:include(?:_str|_bytes)?!\(\s*|#\[path = )"([^"]+)"')
READ_FROM_CRATE = re.compile(
    r'env!\("CARGO_MANIFEST_DIR"\),\s*"/([^"]+)"|(?:generate|bindgen)!\(\{\s*path: "([^"]+)"')


def published(metadata):
    """The names and versions of the packages that may be published, from the output of `cargo metadata`."""
    return {package["name"]: package["version"] for package in metadata["packages"] if package["publish"] != []}


def problems(package):
    """The problems of an unpacked package."""
    found = [f"{package.name} does not have {name}" for name in CARRIED if not (package / name).is_file()]
    # A checkout without symbolic links has the name of the file in its place.
    licences = [name for name in CARRIED if name.startswith("LICENSE") and (package / name).is_file()]
    found += [
        f"{package.name}: {name} is not the licence"
        for name in licences
        if (package / name).read_bytes() != (ROOT / name).read_bytes()
    ]
    for file in sorted(package.rglob("*.rs")):
        source = file.read_text(encoding="utf-8")
        read = [(file.parent, path) for path in READ_FROM_FILE.findall(source)]
        read += [(package, path or other) for path, other in READ_FROM_CRATE.findall(source)]
        for folder, path in read:
            resolved = (folder / path).resolve()
            if not resolved.is_relative_to(package.resolve()) or not resolved.exists():
                found.append(f"{package.name}: {file.relative_to(package)} reads {path}, which the package does not have")
        if file.name == "build.rs" or file.relative_to(package).parts[0] == "build":
            names = [name for name in WASM_TOOLCHAIN if name in source]
            found += [f"{package.name}: the build script names {name}" for name in names]
    return found


def without_wasm(folder, sysroot):
    """Fills a folder with the only programs that the build may use. Returns the build's environment."""
    folder.mkdir()
    (folder / "cargo").symlink_to(sysroot / "bin/cargo")
    rustc = folder / "rustc"
    rustc.write_text(REFUSING_RUSTC.format(rustc=sysroot / "bin/rustc"))
    rustc.chmod(0o755)
    for name in C_COMPILER:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    kept = ["HOME", "CARGO_HOME", "CARGO_NET_OFFLINE", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "TMPDIR"]
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    # RUSTC is set too: cargo prefers build.rustc of a configuration file to the rustc on the PATH.
    return environment | SHARED | {"PATH": str(folder), "RUSTC": str(rustc)}


def refuses_wasm(environment):
    asked = [environment["RUSTC"], "--print", "target-libdir", "--target", WASM_TARGET]
    return subprocess.run(asked, env=environment, capture_output=True).returncode != 0


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def unpack(versions):
    """Unpacks the packages. Returns their folder."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    PACKAGES.mkdir(parents=True)
    for name, version in versions.items():
        # With the time of now: cargo compares times, and all files in a package have the same one, so that it would take
        # what it has compiled from an earlier package for that of this one.
        run("tar", "-xzmf", str(TARGET / "package" / f"{name}-{version}.crate"), "-C", str(PACKAGES))
    return PACKAGES


def patches(packages, versions, names):
    """The lines of a manifest with which cargo takes these packages from a folder."""
    return "\n".join(f'{name} = {{ path = "{packages / f"{name}-{versions[name]}"}" }}' for name in names)


def check_together(packages, versions):
    """Checks all packages in one workspace, with the tested versions of what they depend on."""
    (packages / "Cargo.toml").write_text(WORKSPACE.format(patches=patches(packages, versions, sorted(versions))))
    shutil.copy(ROOT / "Cargo.lock", packages / "Cargo.lock")
    run("cargo", "check", "--quiet", "--workspace", cwd=packages, env=os.environ | SHARED)


def use(packages, versions, folder):
    """Builds the program with the library's packages in an empty folder. Returns the lines that it prints."""
    sysroot = Path(run("rustc", "--print", "sysroot", capture_output=True).stdout.strip())
    environment = without_wasm(folder / "bin", sysroot)
    if not refuses_wasm(environment):
        sys.exit("error: the build would see a WebAssembly toolchain")
    program = folder / "program"
    (program / "src").mkdir(parents=True)
    shutil.copy(HERE / "program.rs", program / "src/main.rs")
    patched = patches(packages, versions, needed(packages, versions))
    manifest = MANIFEST.format(library=LIBRARY, version=versions[LIBRARY], patches=patched)
    (program / "Cargo.toml").write_text(manifest)
    # The tested versions, which are already compiled.
    shutil.copy(ROOT / "Cargo.lock", program / "Cargo.lock")
    run(str(folder / "bin/cargo"), "build", "--quiet", cwd=program, env=environment)
    return run(str(TARGET / "debug/program"), env={}, capture_output=True).stdout.splitlines()


def needed(packages, versions):
    """The library and its dependencies in this workspace. Cargo warns of a patch that it does not need."""
    found, new = set(), [LIBRARY]
    while new:
        name = new.pop()
        found.add(name)
        manifest = (packages / f"{name}-{versions[name]}" / "Cargo.toml").read_text()
        tables = re.findall(r"^\[(?:build-)?dependencies\.([\w-]+)\]", manifest, re.MULTILINE)
        new += [table for table in tables if table in versions and table not in found]
    return sorted(found)


def main(arguments):
    if arguments not in ([], ["--each"]):
        sys.exit(f"error: {arguments}: the only argument is --each")
    each = bool(arguments)
    metadata = run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1", cwd=ROOT, capture_output=True)
    versions = published(json.loads(metadata.stdout))
    selection = [argument for name in versions for argument in ("--package", name)]
    alone = [] if each else ["--no-verify"]
    # Uncommitted files are packaged too. The check shows whether a release would work, and publishes nothing.
    run("cargo", "package", "--quiet", "--locked", "--allow-dirty", *alone, *selection, cwd=ROOT, env=os.environ | SHARED)
    packages = unpack(versions)
    wrong = [problem for name, version in versions.items() for problem in problems(packages / f"{name}-{version}")]
    if wrong:
        sys.exit("\n".join(f"error: {problem}" for problem in wrong))
    if not each:
        check_together(packages, versions)

    with tempfile.TemporaryDirectory(prefix="rds-bridge-program-") as folder:
        sha256, token = use(packages, versions, Path(folder).resolve())
    component = packages / f"rds-bridge-component-{versions['rds-bridge-component']}"
    record = json.loads((component / "built/built.json").read_text())
    vector = json.loads((ROOT / "tests/vectors/presign/vectors.json").read_text(encoding="utf-8"))["vectors"][0]
    if sha256 != record["files"]["rds_bridge.wasm"]:
        sys.exit(f"error: the program has the component {sha256}, and not the one of the package")
    if token != vector["token"]:
        sys.exit("error: the program signs another token than the vector's")
    print(f"packaged {', '.join(versions)}; a program built with them signs as it must")


if __name__ == "__main__":
    main(sys.argv[1:])
