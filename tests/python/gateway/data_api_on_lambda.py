"""boto3 signs with a key pair of the function's callers, through a fake of the Function URL."""

import os

import boto3
import botocore

client = boto3.client("rds-data")
place = {"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"}


def number(name, value):
    return {"name": name, "value": {"longValue": value}}


answer = client.execute_statement(**place, sql="SELECT name, price FROM items WHERE id = :id", parameters=[number("id", 2)])
assert answer["records"] == [[{"stringValue": "bread"}, {"stringValue": "3.50"}]], answer

client.execute_statement(**place, sql="CREATE TABLE IF NOT EXISTS on_lambda (id INT PRIMARY KEY)")
client.execute_statement(**place, sql="DELETE FROM on_lambda")
insert = {**place, "sql": "INSERT INTO on_lambda VALUES (:id)"}


def count():
    return client.execute_statement(**place, sql="SELECT COUNT(*) FROM on_lambda")["records"][0][0]["longValue"]


# A batch is a transaction of its own: all or none.
client.batch_execute_statement(**insert, parameterSets=[[number("id", 1)], [number("id", 2)]])
assert count() == 2
try:
    client.batch_execute_statement(**insert, parameterSets=[[number("id", 3)], [number("id", 1)]])
    raise AssertionError("no error")
except client.exceptions.DatabaseErrorException as error:
    assert "Error code: 1062; SQLState: 23000" in str(error), error
assert count() == 2

# No transaction lasts.
try:
    client.begin_transaction(**place)
    raise AssertionError("no error")
except client.exceptions.DatabaseErrorException as error:
    assert "BatchExecuteStatement" in str(error) and "Error code: 1235" in str(error), error
try:
    client.commit_transaction(resourceArn=place["resourceArn"], secretArn=place["secretArn"], transactionId="any")
    raise AssertionError("no error")
except client.exceptions.TransactionNotFoundException:
    pass

# Another key pair.
other = boto3.client("rds-data", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="another secret key")
try:
    other.execute_statement(**place, sql="SELECT 1")
    raise AssertionError("no error")
except botocore.exceptions.ClientError as error:
    assert error.response["Error"]["Code"] == "InvalidSignatureException", error
