"""A Lambda function as users of rds-bridge have it: boto3 signs a token, PyMySQL logs in with it and reads a table.

Nothing in it is specific to the emulator. Run as a program, it prints the function's result.
"""

import json
import logging
import os

import boto3
import pymysql

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# The token takes the place of the password, and is valid for 15 minutes.
rds_client = boto3.client("rds")
auth_token = rds_client.generate_db_auth_token(
    os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"]
)

# RDS accepts a token only over TLS.
ssl = {"ca": os.environ["DB_CA_FILE"]}

# All invocations of this instance share a connection.
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
    """The handler that Lambda calls."""
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
