"""botocore's `generate_db_auth_token`, with the clock as an argument."""

import datetime
from types import SimpleNamespace

import botocore.auth
from botocore.credentials import Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner, generate_db_auth_token


def token(credentials, request, signed_at):
    """The token as boto3's users get it. It is always valid for 900 seconds."""
    now = datetime.datetime.fromtimestamp(signed_at, datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *_, **__: now
    emitter = HierarchicalEmitter()  # the signer keeps only a weak reference
    signer = RequestSigner(
        ServiceId("rds"), request["region"], "rds", "v4",
        Credentials(credentials["access-key-id"], credentials["secret-access-key"], credentials["session-token"]),
        emitter,
    )
    client = SimpleNamespace(_request_signer=signer, meta=SimpleNamespace(region_name=request["region"]))
    return generate_db_auth_token(client, request["host"], request["port"], request["db-user"])
