"""A Lambda function as our users have it: boto3 signs a token, PyMySQL logs in with it and reads a table.

Nothing in it knows of the emulator. Run as a program, it prints what the function returns.
"""

import json
import logging
import os

import boto3
import pymysql

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# The token stands for the password, and is good for 15 minutes.
rds_client = boto3.client("rds")
auth_token = rds_client.generate_db_auth_token(
    os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"]
)

# RDS takes a token over TLS alone.
ssl = {"ca": os.environ["DB_CA_FILE"]}

# One connection for all invocations of this instance.
db_connection = pymysql.connect(
    host=os.environ["DB_HOST"],
    port=int(os.environ["DB_PORT"]),
    user=os.environ["DB_USER"],
    passwd=auth_token,
    db=os.environ["DB_NAME"],
    charset="utf8",
    ssl=ssl,
    connect_timeout=5,
)
logger.info("connected to %s", os.environ["DB_HOST"])


def lambda_handler(event, context):
    """What Lambda calls."""
    return read_items()


def read_items():
    """All items, as a list of dictionaries."""
    with db_connection.cursor(pymysql.cursors.DictCursor) as cursor:
        try:
            cursor.execute("SELECT * FROM items;")
            items = cursor.fetchall()
            db_connection.commit()
            return items
        except Exception:
            db_connection.rollback()
            raise


if __name__ == "__main__":
    print(json.dumps(lambda_handler({}, None), default=str))
