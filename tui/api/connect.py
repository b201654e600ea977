"""What a connection is made with: whose certificates are trusted, which proxy is on the way (SAFETY.md section 6)."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from tui.api.origin import Origin
from tui.text import clean_line


class SettingError(Exception):
    """A setting that no connection can be made with; the message is a sentence for people."""


def tls_context(origin: Origin, ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, and those of `ca_file` too. Raises `SettingError`."""
    if origin.scheme == "http":
        # Never used, and an empty one is cheap; it would trust nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Not needed on loopback, where the demo starts in haste.
    import truststore

    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(str(ca_file))
    except (OSError, ValueError):
        usable = False
    else:
        usable = True
    if not usable:
        raise SettingError(
            f"The certificate file {clean_line(str(ca_file), 200)} (`ca_file`) cannot be read, or holds no certificate "
            "in PEM form."
        )
    return context


def environment_proxy(origin: Origin) -> str:
    """`host:port` of the proxy that requests to the origin go through, without its password; empty for none.

    Raises `httpx.InvalidURL`.
    """
    if origin.is_loopback:
        return ""
    # httpx has it loaded by then.
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(origin.host):
        return ""
    url = httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
    return clean_line(url.netloc.decode("ascii", "replace").rpartition("@")[2], 100)
