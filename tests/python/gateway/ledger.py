"""Inserts REQUESTS lines into a ledger with boto3, whose own retries are on, and prints what became of each.

Every second line is inserted in a transaction. The outcome of a line is "confirmed", "failed" if the client says that it
was not inserted, or "unknown" if the client cannot know.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PLACE = {"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"}
CLIENT = boto3.client("rds-data", region_name="eu-central-1", config=Config(max_pool_connections=8))
INSERT = "INSERT INTO ledger (line) VALUES (:line)"


def call(operation, **arguments):
    """The answer and how often it was sent again, or the exception of the gateway. Any other is not expected."""
    try:
        answer = operation(**PLACE, **arguments)
    except ClientError as error:
        return None, error.response["ResponseMetadata"]["RetryAttempts"], error
    return answer, answer["ResponseMetadata"]["RetryAttempts"], None


def outcome(error):
    if error is None:
        return "confirmed"
    return "unknown" if "Error code: 2013" in str(error) else "failed"


def insert(line, **transaction):
    parameters = [{"name": "line", "value": {"stringValue": line}}]
    return call(CLIENT.execute_statement, sql=INSERT, parameters=parameters, **transaction)


def insert_in_transaction(line):
    begun, retries, error = call(CLIENT.begin_transaction)
    if error:
        return "failed", retries, error
    transaction = {"transactionId": begun["transactionId"]}
    _, more, error = insert(line, **transaction)
    if error:
        call(CLIENT.rollback_transaction, **transaction)
        return "failed", retries + more, error
    _, again, error = call(CLIENT.commit_transaction, **transaction)
    return outcome(error), retries + more + again, error


def run(number):
    line = f"boto3 {number}"
    if number % 2:
        result, retries, error = insert_in_transaction(line)
    else:
        _, retries, error = insert(line)
        result = outcome(error)
    if error:
        # While the server is down, most lines would fail otherwise.
        time.sleep(0.1)
    return {"line": line, "outcome": result, "retries": retries, "error": error and str(error)}


with ThreadPoolExecutor(max_workers=8) as threads:
    for inserted in threads.map(run, range(int(os.environ["REQUESTS"]))):
        print(json.dumps(inserted))
