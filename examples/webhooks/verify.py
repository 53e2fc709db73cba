#!/usr/bin/env python3
"""Verifies one delivery of a webhook: is it ours, unaltered, and fresh?

    verify.py SECRET DELIVERY TIMESTAMP SIGNATURE [--now SECONDS] <body

The values are those of the headers Tripod-Delivery, Tripod-Timestamp and Tripod-Signature, the body
comes as the bytes that were received. Exits 0 when it is genuine, 1 when it is not.
"""
import hashlib
import hmac
import sys
import time

FRESH_SECONDS = 300


def genuine(secret, delivery, timestamp, signature, body, now):
    if abs(now - int(timestamp)) > FRESH_SECONDS:
        return False
    signed = f"{delivery}.{timestamp}.".encode() + body
    want = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    # For a day after the secret was changed there are two signatures: one has to fit.
    return any(hmac.compare_digest(want, one) for one in signature.split(","))


if __name__ == "__main__":
    *given, flag, now = sys.argv[1:] if "--now" in sys.argv else [*sys.argv[1:], "--now", time.time()]
    if len(given) != 4 or flag != "--now":
        sys.exit(__doc__)
    sys.exit(0 if genuine(*given, sys.stdin.buffer.read(), float(now)) else 1)
