#!/usr/bin/env python3
"""Writes roots.pem, in the same folder: the certificate authorities that RDS, RDS Proxy and Aurora chain to.

Without arguments it fetches the current ones from where AWS publishes them. If a place cannot be
reached, or has anything but CA certificates, it prints an error and leaves the file unchanged.
"""

import argparse
import datetime
import hashlib
import os
import pathlib
import re
import ssl
import sys
import urllib.request
from typing import NamedTuple

PLACES = (
    "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
    "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
    "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
    # RDS Proxy and Aurora Serverless v1 chain to these instead.
    "https://www.amazontrust.com/repository/AmazonRootCA1.pem",
    "https://www.amazontrust.com/repository/AmazonRootCA2.pem",
    "https://www.amazontrust.com/repository/AmazonRootCA3.pem",
    "https://www.amazontrust.com/repository/AmazonRootCA4.pem",
    "https://www.amazontrust.com/repository/SFSRootCAG2.pem",
)
TIMEOUT_SECONDS = 30
# The global bundle has about 165 KB.
LIMIT_BYTES = 4 << 20

BEGIN = "-----BEGIN CERTIFICATE-----"
SECTION = re.compile(BEGIN + r"\s.*?-----END CERTIFICATE-----", re.DOTALL)
REGION = re.compile(r"Amazon RDS ([a-z]+(?:-[a-z]+)+-\d+) ")


class Failure(Exception):
    """Nothing was written, for this reason."""


class Certificate(NamedTuple):
    name: str
    subject: str
    expires: datetime.datetime
    fingerprint: str
    pem: str


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folder", type=pathlib.Path, metavar="DIR", help="read every *.pem in DIR instead of fetching; needs --source")
    parser.add_argument("--source", metavar="TEXT", help="where the files in DIR are from, for the header")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).with_name("roots.pem"), metavar="FILE")
    parser.add_argument("--today", type=datetime.date.fromisoformat, metavar="DATE", help="what counts as today, as 2026-01-31")
    options = parser.parse_args(arguments)
    if (options.folder is None) != (options.source is None):
        parser.error("--from and --source go together: a file whose origin is not known is not to be trusted")
    today = options.today or datetime.datetime.now(datetime.timezone.utc).date()
    try:
        texts = read(options.folder) if options.folder else fetch(PLACES)
        source = [options.source] if options.source else PLACES
        merged = merge(texts)
        good = [one for one in merged if one.expires.date() > today]
        if not good:
            raise Failure("no certificate is left that has not expired")
        report(options.output, good, today)
        replace(options.output, render(good, len(merged) - len(good), source, today))
    except Failure as failure:
        print(f"roots.py: {failure}; {options.output.name} is as it was", file=sys.stderr)
        return 1
    return 0


def fetch(places):
    """Fetch every place and return its text. A failure names all places that could not be fetched."""
    texts, failures = {}, []
    for place in places:
        try:
            with urllib.request.urlopen(place, timeout=TIMEOUT_SECONDS) as answer:
                body = answer.read(LIMIT_BYTES + 1)
            if len(body) > LIMIT_BYTES:
                raise ValueError(f"longer than {LIMIT_BYTES} bytes")
            texts[place] = body.decode("ascii")
        except (OSError, ValueError) as error:
            failures.append(f"{place} ({error})")
    if failures:
        raise Failure("cannot fetch " + ", ".join(failures))
    return texts


def read(folder):
    """Read every *.pem in a folder and return its text."""
    try:
        texts = {str(path): path.read_text(encoding="ascii") for path in sorted(folder.glob("*.pem"))}
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read {folder} ({error})") from error
    if not texts:
        raise Failure(f"there is no *.pem in {folder}")
    return texts


def merge(texts):
    """Return every certificate once, in an order that depends only on the certificates."""
    merged = {}
    for place, text in texts.items():
        sections = SECTION.findall(text)
        if not sections or len(sections) != text.count(BEGIN):
            raise Failure(f"{place} holds no certificate, or one that is cut short")
        for number, section in enumerate(sections, 1):
            one = parse(section, f"certificate {number} of {place}")
            merged[one.fingerprint] = one
    return sorted(merged.values(), key=lambda one: (one.name, one.fingerprint))


def parse(section, where):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        der = ssl.PEM_cert_to_DER_cert(section)
        context.load_verify_locations(cadata=der)
    except (ValueError, ssl.SSLError) as error:
        raise Failure(f"{where} cannot be parsed ({error})") from error
    # It returns CA certificates only, so any other certificate yields an empty list.
    found = context.get_ca_certs()
    if len(found) != 1:
        raise Failure(f"{where} is no certificate authority's")
    fields = dict(pair for group in found[0]["subject"] for pair in group)
    short = {"commonName": "CN", "organizationalUnitName": "OU", "organizationName": "O", "countryName": "C"}
    subject = ", ".join(f"{label}={fields[field]}" for field, label in short.items() if field in fields)
    if not subject.isprintable() or not subject.isascii():
        raise Failure(f"{where} has a subject that cannot be printed")
    return Certificate(
        name=fields.get("commonName", subject),
        subject=subject,
        expires=datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(found[0]["notAfter"]), datetime.timezone.utc),
        fingerprint=hashlib.sha256(der).hexdigest(),
        pem=ssl.DER_cert_to_PEM_cert(der),
    )


def render(good, expired, source, today):
    regions = sorted({match[1] for one in good if (match := REGION.match(one.name))})
    partitions = [
        name
        for name, prefix in (("GovCloud (us-gov-*)", "us-gov-"), ("China (cn-*)", "cn-"))
        if not any(region.startswith(prefix) for region in regions)
    ]
    header = [
        "The certificate authorities that rds-bridge trusts by itself: those of RDS, by region, and",
        "Amazon's public ones, which RDS Proxy and Aurora Serverless chain to.",
        "",
        "Written by roots.py; `./just roots` fetches the current ones and writes it anew.",
        "",
        *(f"Source: {place}" for place in source),
        f"Date: {today.isoformat()}",
        f"Number: {len(good)}",
        f"Left out because expired: {expired}",
        f"First to expire: {min(one.expires for one in good).date().isoformat()}",
        f"Regions: {' '.join(regions)}",
        f"Missing: {', '.join([*partitions, 'every region that is not listed above'])}.",
        "A database there needs a file of its own: --ca-file or DB_CA_FILE.",
    ]
    header = "".join(f"# {line}".rstrip() + "\n" for line in header)
    body = "".join(f"\n# {one.subject}; expires {one.expires.date().isoformat()}\n{one.pem}" for one in good)
    return header + body


def report(output, good, today):
    """Print what changes, for the commit message."""
    try:
        before = {one.fingerprint: one for one in merge({str(output): output.read_text(encoding="utf-8")})}
    except FileNotFoundError:
        before = {}
    after = {one.fingerprint: one for one in good}
    for sign, names in (
        ("new", [after[key].name for key in after.keys() - before.keys()]),
        ("gone", [before[key].name for key in before.keys() - after.keys()]),
        ("expires within a year", [one.name for one in good if (one.expires.date() - today).days <= 365]),
    ):
        for name in sorted(names):
            print(f"{sign}: {name}")
    print(f"{len(good)} certificates")


def replace(output, text):
    """Replace the file atomically: a partly written file would be built into the next binary."""
    draft = output.with_name(output.name + ".new")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, output)
    except OSError as error:
        raise Failure(f"cannot write {output} ({error})") from error


if __name__ == "__main__":
    sys.exit(main())
