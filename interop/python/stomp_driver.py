"""stomp.py, worked by JSON lines: one request a line comes in, one event a line goes out. Ends with its standard input."""

import base64
import json
import socket
import sys
import threading
from importlib.metadata import version

import stomp
from stomp.adapter.ws import WSStompConnection

lock = threading.Lock()


def say(**line):
    with lock:
        print(json.dumps(line), flush=True)


class Listener(stomp.ConnectionListener):
    def __init__(self, ref):
        self.ref = ref
        self.over = False

    def frame(self, frame):
        body = frame.body or b""
        if isinstance(body, str):
            body = body.encode()
        say(ref=self.ref, event="frame", command=frame.cmd, headers=frame.headers, body=base64.b64encode(body).decode())

    on_connected = on_message = on_receipt = on_error = frame

    def on_heartbeat(self):
        say(ref=self.ref, event="beat")

    def on_disconnected(self):
        if not self.over:
            self.over = True
            say(ref=self.ref, event="ended")


KINDS = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}
connections = {}


def connect(ref, scheme, host, port, version, headers, heartBeat):
    options = {"reconnect_attempts_max": 1, "auto_decode": False}
    if version != "1.0":
        options["heartbeats"] = tuple(heartBeat)
    if scheme == "ws":
        connection = WSStompConnection([(host, port)], header={"Sec-WebSocket-Protocol": "v12.stomp"}, **options)
    else:
        connection = KINDS[version]([(host, port)], **options)
    connection.set_listener("driver", Listener(ref))
    connections[ref] = connection
    connection.connect(headers=headers)


def act(do, ref, headers={}, **request):
    if do == "connect":
        connect(ref, headers=headers, **request)
        return
    connection = connections[ref]
    if do == "send":
        connection.send(request["destination"], base64.b64decode(request["body"]), headers=headers)
    elif do == "subscribe":
        ack = headers.pop("ack", "auto")
        connection.subscribe(request["destination"], id=headers.pop("id"), ack=ack, headers=headers)
    elif do == "unsubscribe":
        connection.unsubscribe(id=request["id"], headers=headers)
    elif do in ("ack", "nack"):
        settle(connection, do, request["id"], headers)
    elif do in ("begin", "commit", "abort"):
        getattr(connection, do)(request["transaction"], headers=headers)
    elif do == "disconnect":
        connection.disconnect()
    elif do == "drop":
        drop(connection)


def drop(connection):
    transport = connection.transport
    raw = transport.socket.sock if isinstance(connection, WSStompConnection) else transport.socket
    raw.shutdown(socket.SHUT_RDWR)


def settle(connection, do, id, headers):
    kinds = {"transaction": headers.get("transaction"), "receipt": headers["receipt"]}
    if connection.version == "1.1":
        getattr(connection, do)(id, headers["subscription"], **kinds)
    else:
        getattr(connection, do)(id, **kinds)


say(ready=True, version=version("stomp.py"))
for line in sys.stdin:
    request = json.loads(line)
    try:
        act(**request)
    except Exception as failure:
        print(f"{request}: {failure!r}", file=sys.stderr, flush=True)
        say(ref=request["ref"], event="ended")
