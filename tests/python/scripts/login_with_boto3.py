#!/usr/bin/env python3
"""The code that rds-bridge replaces: boto3 signs, PyMySQL logs in, and the items are printed.

    login_with_boto3.py ADDRESS PORT CA.pem ENDPOINT REGION USER

The AWS credentials are read from the environment. The server is at ADDRESS and PORT; the token is for ENDPOINT and the
port 3306.
"""

import sys

import boto3
import pymysql


def connect(address, port, ca, endpoint, region, user):
    rds = boto3.client("rds", region_name=region)
    token = rds.generate_db_auth_token(DBHostname=endpoint, Port=3306, DBUsername=user)
    return pymysql.connect(
        host=address, port=int(port), user=user, password=token, database="iamtest",
        ssl_ca=ca, ssl_verify_cert=True, ssl_verify_identity=True, connect_timeout=10,
    )


def main(*server):
    connection = connect(*server)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name, price FROM items ORDER BY id")
        for row in cursor.fetchall():
            print(*row, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
