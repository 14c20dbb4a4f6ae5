"""boto3 signs with a key pair of the gateway: ACCESS_KEY_ID and SECRET_ACCESS_KEY, and with others."""

import os
import unittest
from datetime import datetime, timedelta, timezone
from unittest import mock

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PAIR = os.environ["ACCESS_KEY_ID"], os.environ["SECRET_ACCESS_KEY"]
PLACE = {"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"}


def answer(identifier, secret, token=None, region="eu-central-1"):
    client = boto3.client("rds-data", region_name=region, aws_access_key_id=identifier, aws_secret_access_key=secret,
                          aws_session_token=token, config=Config(retries={"total_max_attempts": 1}))
    return client.execute_statement(**PLACE, sql="SELECT name FROM items WHERE id = :id",
                                    parameters=[{"name": "id", "value": {"longValue": 2}}])["records"]


class Signed(unittest.TestCase):
    def assert_refused(self, code, *arguments, **options):
        with self.assertRaises(ClientError) as raised:
            answer(*arguments, **options)
        self.assertEqual(raised.exception.response["Error"]["Code"], code, raised.exception)
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)

    def test_the_key_pair_signs_for_every_region(self):
        for region in ("eu-central-1", "us-east-1", "local-1"):
            self.assertEqual(answer(*PAIR, region=region), [[{"stringValue": "bread"}]])

    def test_other_credentials_are_refused(self):
        self.assert_refused("InvalidSignatureException", PAIR[0], "another secret")
        self.assert_refused("UnrecognizedClientException", "AKIDOTHER", PAIR[1])
        # An API key is no signing key.
        self.assert_refused("UnrecognizedClientException", "app", "0123456789abcdef")
        self.assert_refused("UnrecognizedClientException", *PAIR, token="of AWS")

    def test_another_time_is_refused(self):
        for minutes in (-6, 6):
            other = datetime.now(timezone.utc) + timedelta(minutes=minutes)
            with mock.patch("botocore.auth.get_current_datetime", return_value=other.replace(tzinfo=None)):
                self.assert_refused("InvalidSignatureException", *PAIR)

    def test_a_transaction_belongs_to_its_caller(self):
        client = boto3.client("rds-data", region_name="x", aws_access_key_id=PAIR[0], aws_secret_access_key=PAIR[1])
        number = client.begin_transaction(**PLACE)["transactionId"]
        other = boto3.client("rds-data", region_name="x", aws_access_key_id=os.environ["OTHER_KEY_ID"],
                             aws_secret_access_key=os.environ["OTHER_KEY"])
        with self.assertRaises(other.exceptions.TransactionNotFoundException):
            other.execute_statement(**PLACE, sql="SELECT 1", transactionId=number)
        client.rollback_transaction(**PLACE, transactionId=number)


if __name__ == "__main__":
    unittest.main()
