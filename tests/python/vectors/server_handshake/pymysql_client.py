"""Logs in with PyMySQL: the settings are one argument, as JSON. Prints the error's code if it is refused."""

import json
import ssl
import sys

import pymysql


def main(settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tls = {"ssl": context} if settings.pop("tls") else {"ssl_disabled": True}
    try:
        with pymysql.connect(**settings, **tls) as connection, connection.cursor() as cursor:
            cursor.execute("DO 1")
    except pymysql.err.MySQLError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
