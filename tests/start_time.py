"""From exec to a printed token, with credentials in the environment: the median of 200 runs.

Beside it, in the same run and interleaved, a program that does nothing (`true`): what starting a
process costs here.
"""

import statistics
import subprocess
import sys
import time

COMMAND = [sys.argv[1], "token", "--hostname", "mydb.abc123.eu-central-1.rds.amazonaws.com", "--username", "u"]
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "PATH": "/usr/bin:/bin"}
RUNS = 200


def milliseconds(command):
    start = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True)
    return (time.perf_counter() - start) * 1e3


own, nothing = [], []
for _ in range(RUNS):
    own.append(milliseconds(COMMAND))
    nothing.append(milliseconds(["true"]))
own, nothing = statistics.median(own), statistics.median(nothing)
print(f"rds-bridge token {own:.2f} ms, true {nothing:.2f} ms: {own / nothing:.2f} ×, promised: under 5 ms")
