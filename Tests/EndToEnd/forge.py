"""Tokens that the product would never give out, signed with its own key: what only the operator could make."""

import base64
import hashlib
import hmac
import json
import time


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(stack, template, header=None, **changes):
    """A copy of a real token with other claims (None takes one away), rightly signed."""
    secret = (stack.state_dir / "secrets" / "jwt-secret").read_text().strip().encode()
    parts = template.split(".")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    head = _encoded(json.dumps(header).encode()) if header is not None else parts[0]
    text = head + "." + _encoded(json.dumps(claims).encode())
    return text + "." + _encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def expired(stack, token):
    """The same token, as it would be after its time."""
    now = int(time.time())
    return signed(stack, token, iat=now - 1000, exp=now - 100)
