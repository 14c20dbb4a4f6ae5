#!/usr/bin/env python3
"""Writes a long result to a file as users of PyMySQL do: boto3 signs, and the rows are streamed.

    export_with_boto3.py ADDRESS PORT CA.pem ENDPOINT REGION USER csv|ndjson STATEMENT
"""

import csv
import json
import sys

from pymysql.cursors import SSCursor

from login_with_boto3 import connect


def main(*arguments):
    *server, form, statement = arguments
    connection = connect(*server)
    with connection, connection.cursor(SSCursor) as cursor:
        cursor.execute(statement)
        names = [column[0] for column in cursor.description]
        if form == "csv":
            writer = csv.writer(sys.stdout)
            writer.writerow(names)
            writer.writerows(cursor)
        elif form == "ndjson":
            for row in cursor:
                # A DECIMAL and a DATETIME become strings.
                sys.stdout.write(json.dumps(dict(zip(names, row)), default=str) + "\n")
        else:
            sys.exit(f"no format: {form}")


if __name__ == "__main__":
    main(*sys.argv[1:])
