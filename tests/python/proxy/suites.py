"""Runs a client's own tests against a server, or through the proxy in front of it, and compares the two.

    suites.py run mysql_async|mysql-replication FOLDER direct|proxy
    suites.py compare FOLDER

FOLDER is the client's unpacked package. run-suites starts a new server for each run, because the tests leave settings
behind; its address and CA file are SERVER_ADDRESS and SERVER_CA_FILE. `compare` exits with 1 if a test fails in one way
and passes in the other.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

PASSWORD = "password"
STATEMENTS = [f"CREATE USER 'suite'@'%' IDENTIFIED BY '{PASSWORD}'", "GRANT ALL ON *.* TO 'suite'@'%' WITH GRANT OPTION",
              "GRANT ALL ON *.* TO 'lambda-user'@'%' WITH GRANT OPTION"]


def mysql_async(folder, host, port, _):
    """The results of mysql_async's tests by name, one test at a time: they share tables and users. TLS is not used."""
    url = f"mysql://suite:{PASSWORD}@{host}:{port}/mysql"
    environment = os.environ | {"DATABASE_URL": url}
    command = ["cargo", "test", "--manifest-path", str(folder / "Cargo.toml"), "--lib", "--", "--test-threads=1"]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    results = {}
    name = None
    for line in output.splitlines():
        # What a test prints stands between its name and its result.
        if started := re.match(r"test (\S+)(?: - should panic)? \.\.\.", line):
            name = started.group(1)
        if (ended := re.search(r"(?:^|\s)(ok|FAILED|ignored)\S*$", line)) and name:
            results[name] = ended.group(1)
            name = None
    return results, output


def mysql_replication(folder, host, port, is_direct):
    """The results of mysql-replication's tests by name."""
    settings = {"host": host, "port": port, "user": "suite", "passwd": PASSWORD, "use_unicode": True, "charset": "utf8",
                "db": "pymysqlreplication_test"}
    if is_direct:
        settings["ssl"] = {"ca": os.environ["SERVER_CA_FILE"], "check_hostname": False}
    tests = folder / "pymysqlreplication/tests"
    (tests / "config.json").write_text(json.dumps({"server": settings}))
    command = [sys.executable, "-m", "pytest", "--db=server", "-q", "-rA", "--tb=short", str(tests)]
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    return node_results(output), output


def node_results(output):
    """The results in pytest's summary by node id: FILE::CLASS::NAME[PARAMETERS].

    Parameters may contain spaces. After " - ", a line has the error of a test that failed.
    """
    lines = re.findall(r"(?m)^(PASSED|FAILED|ERROR) (\S+?::[^\s\[]+(?:\[.*\])?)(?: - .*)?$", output)
    return {node: result for result, node in lines}


def run(suite, folder, way):
    import clients
    cursor = clients.admin().cursor()
    for statement in STATEMENTS:
        cursor.execute(statement)
    is_direct = way == "direct"
    host, port = os.environ["SERVER_ADDRESS"].rsplit(":", 1) if is_direct else (clients.HOST, clients.PORT)
    function = {"mysql_async": mysql_async, "mysql-replication": mysql_replication}[suite]
    results, output = function(folder, host, int(port), is_direct)
    (folder / f"{way}.txt").write_text(output)
    (folder / f"{way}.json").write_text(json.dumps(results))
    passed = sum(result in ("ok", "PASSED") for result in results.values())
    print(f"{suite}, {way}: {passed} of {len(results)} passed", flush=True)
    if not passed:
        sys.exit(f"error: no test of {suite} has passed: see {folder}/{way}.txt")


def compare(folder):
    direct, proxy = (json.loads((folder / f"{way}.json").read_text()) for way in ("direct", "proxy"))
    differing = sorted(name for name in direct.keys() | proxy.keys() if direct.get(name) != proxy.get(name))
    for name in differing:
        print(f"{name}: {direct.get(name)} directly, {proxy.get(name)} through the proxy")
    sys.exit(bool(differing))


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4])
    else:
        compare(pathlib.Path(sys.argv[2]))
