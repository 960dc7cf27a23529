"""A server over stdio that misbehaves: what it does is its first argument, or the tool that is
called. Written without an SDK. Its second argument is a file that it adds its process id to."""

import json
import os
import signal
import subprocess
import sys
import time

mode, marker = sys.argv[1], sys.argv[2]
with open(marker, "a") as file:
    file.write(f"{os.getpid()}\n")
starts = sum(1 for _ in open(marker))

if mode == "exits":
    sys.exit(3)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode in ("stubborn", "orphan"):
    # It holds the pipes open, and is in the group.
    subprocess.Popen(["sleep", "600"])
if mode == "noisy":
    for _ in range(20_000):
        print("\x1b[31m" + "x" * 300, file=sys.stderr)
    sys.stderr.flush()


def send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def notify(method, params=None):
    message = {"jsonrpc": "2.0", "method": method, "params": params or {}}
    sys.stdout.write(json.dumps(message) + "\n")


def garbage():
    sys.stdout.write('not JSON\n{"half": \n[]\n\n"text"\n{"jsonrpc":"2.0","id":999,"result":{}}\n')
    sys.stdout.flush()


def die():
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def text(said):
    return {"content": [{"type": "text", "text": said}]}


TOOLS = ["echo", "garbage", "giant", "endless", "dies", "dies_once", "wrong", "refuses", "silent"]
TOOLS += ["storm", "asks"]
READ_ONLY = {"dies_once", "echo"}


def tool(name):
    hints = {"annotations": {"readOnlyHint": True}} if name in READ_ONLY else {}
    return {"name": name, "description": "Does.", "inputSchema": {"type": "object"}, **hints}


def cyclic():
    node = {"$ref": "#", "description": "\x1b]0;x\x07\u202e"}
    schema = {"type": "object", "properties": {"a": node, "b": {"$ref": "#/$defs/n"}}}
    schema["$defs"] = {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}}
    deep = {}
    for _ in range(50):
        deep = {"type": "array", "items": deep}
    return [
        {"name": "../../\x1b[2J\u202e" + "n" * 500, "inputSchema": schema},
        {"name": "", "inputSchema": {"type": "object", "properties": {"d": deep}}},
    ]


def called(name):
    if name == "garbage":
        garbage()
        return text("after the garbage")
    if name == "giant":
        return text("x" * (9 * 1024 * 1024))
    if name == "endless":
        while True:
            sys.stdout.write("x" * 65_536)
    if name == "dies":
        die()
    if name == "dies_once":
        if starts == 1:
            die()
        return text(f"start {starts}")
    if name == "storm":
        for _ in range(50_000):
            notify("notifications/tools/list_changed")
            notify("notifications/message", {"level": "info", "data": "x" * 200})
            notify("notifications/progress", {"progressToken": 1, "progress": 1})
        return text("after the storm")
    if name == "asks":
        # And never reads an answer.
        question = '{"jsonrpc":"2.0","id":"%s","method":"ping"}\n' % ("x" * 1_000)
        while True:
            sys.stdout.write(question * 64)
    if name == "wrong":
        return {"tools": "none"}
    if name == "silent":
        return None
    return text(f"start {starts}")


def main():
    while True:
        line = sys.stdin.readline()
        if not line:
            break
        request = json.loads(line)
        method, number = request.get("method"), request.get("id")
        if number is None or mode == "silent":
            continue
        if mode == "garbage":
            garbage()
            continue
        if method == "initialize":
            result = {
                "protocolVersion": request["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "hostile", "version": "1"},
            }
        elif method == "tools/list" and mode == "hangs":
            continue
        elif method == "tools/list" and mode == "dies":
            die()
        elif method == "tools/list" and mode == "many":
            result = {"tools": [tool(f"t{number}") for number in range(10_000)]}
        elif method == "tools/list" and mode == "cyclic":
            result = {"tools": cyclic()}
        elif method == "tools/list" and mode == "pages":
            result = {"tools": [], "nextCursor": "again"}
        elif method == "tools/list":
            # The second start has one tool less.
            gone = {"garbage"} if starts > 1 else set()
            result = {"tools": [tool(name) for name in TOOLS if name not in gone]}
        elif method == "tools/call" and request["params"]["name"] == "refuses":
            error = {"code": -32000, "message": "no\x1b[31m way"}
            send({"jsonrpc": "2.0", "id": number, "error": error})
            continue
        elif method == "tools/call":
            result = called(request["params"]["name"])
            if result is None:
                continue
        else:
            result = {}
        send({"jsonrpc": "2.0", "id": number, "result": result})
    while mode == "stubborn":
        time.sleep(1)


main()
