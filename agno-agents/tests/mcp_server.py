"""An MCP server over stdio, on the official Python SDK. For agno-agents/tests/mcp."""

import base64
import os
import sys
import time

try:
    from mcp.server import MCPServer
except ImportError:  # Before 2.x it had another name.
    from mcp.server.fastmcp import FastMCP as MCPServer

try:
    from mcp.server.mcpserver import Image
except ImportError:
    from mcp.server.fastmcp import Image

try:
    from mcp.server.mcpserver.exceptions import ToolError
except ImportError:
    from mcp.server.fastmcp.exceptions import ToolError

from mcp.types import ToolAnnotations

server = MCPServer("agno-test")

# One pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool(annotations=ToolAnnotations(destructiveHint=True))
def fail(reason: str) -> str:
    """Fails."""
    raise ToolError(reason)


@server.tool()
def slow(seconds: float) -> str:
    """Takes its time."""
    time.sleep(seconds)
    return "done"


@server.tool()
def image():
    """Paints."""
    return Image(data=PIXEL, format="png")


@server.tool(name="env.dump")
def env_dump() -> dict[str, str]:
    """Tells its environment."""
    return dict(os.environ)


print("the server is up", file=sys.stderr)
server.run(transport="stdio")
