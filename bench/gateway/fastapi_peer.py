"""The gateway's peer in Python: an endpoint of FastAPI on uvicorn that selects a row with aiomysql.

It has a pool of BENCH_CONNECTIONS connections over TLS, and prints its address as the first line.
"""

import contextlib
import os
import socket
import ssl

import aiomysql
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

SELECT = "SELECT name, price FROM points WHERE id = %s"


class Query(BaseModel):
    parameters: list[int]


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI):
    host, port = os.environ["DB_CONNECT_TO"].rsplit(":", 1)
    connections = int(os.environ["BENCH_CONNECTIONS"])
    context = ssl.create_default_context(cafile=os.environ["DB_CA_FILE"])
    # The certificate names the endpoint, and this connects to an IP address.
    context.check_hostname = False
    app.state.pool = await aiomysql.create_pool(
        host=host, port=int(port), user="password-user", password=os.environ["BENCH_PASSWORD"],
        db=os.environ["DB_NAME"], minsize=connections, maxsize=connections, autocommit=True, ssl=context,
    )
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/query")
async def query(query: Query):
    async with app.state.pool.acquire() as connection, connection.cursor(aiomysql.DictCursor) as cursor:
        await cursor.execute(SELECT, query.parameters)
        return await cursor.fetchall()


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # Its connections stay open while the other servers are measured.
    settings = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=False, log_level="warning", timeout_keep_alive=3600
    )
    uvicorn.Server(settings).run(sockets=[listener])
