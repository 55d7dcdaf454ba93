"""Put on PYTHONPATH by llm-proxy's `run` and `env`: makes aiohttp honour HTTPS_PROXY.

aiohttp reads the proxy variables only where a program says trust_env=True. Turning that on for everybody would also
make it read ~/.netrc and add credentials to requests, so the proxy alone is chosen here, at the moment of a request,
and only where the program chose nothing: no proxy, no connector other than TCP, no TLS context of its own.
Works with every Python 3 (and does nothing in Python 2); a failure of its own never reaches the program.
"""
import sys


def _run_hidden_sitecustomize():
    """A folder on PYTHONPATH hides the sitecustomize of the system or of the user: run the next one in line."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    rest = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    if sys.version_info[0] < 3:
        import imp

        try:
            found = imp.find_module("sitecustomize", rest)
        except ImportError:
            return
        imp.load_module("sitecustomize", *found)
        return
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    ours = sys.modules.get("sitecustomize")
    sys.modules["sitecustomize"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if ours is not None:
            sys.modules["sitecustomize"] = ours
        raise


def _proxy_for(url):
    from urllib.request import getproxies_environment, proxy_bypass_environment

    if url.scheme not in ("http", "https", "ws", "wss") or not url.host:
        return None
    proxies = getproxies_environment()
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    proxy = proxies.get(scheme)
    if not proxy or proxy_bypass_environment("%s:%s" % (url.host, url.port), proxies):
        return None
    return proxy


def _patch_aiohttp(client):
    from yarl import URL

    from aiohttp.connector import TCPConnector

    original = client.ClientSession._request

    def choose(session, str_or_url, kwargs):
        if kwargs.get("proxy") is not None or getattr(session, "_trust_env", True):
            return None
        if getattr(session, "_default_proxy", None) is not None:
            return None
        connector = getattr(session, "_connector", None)
        if type(connector) is not TCPConnector:
            return None
        # A context of its own (often certifi's list alone) would refuse our certificate.
        for own in (kwargs.get("ssl"), kwargs.get("ssl_context"), getattr(connector, "_ssl", None)):
            if own is not None and not isinstance(own, bool):
                return None
        base = getattr(session, "_base_url", None)
        url = URL(str_or_url)
        if base is not None and not url.is_absolute():
            url = base.join(url)
        return _proxy_for(url)

    # Not `async def`: the file must parse in Python 2 too.
    def _request(self, method, str_or_url, **kwargs):
        try:
            proxy = choose(self, str_or_url, kwargs)
        except Exception:
            proxy = None
        if proxy is not None:
            kwargs["proxy"] = proxy
        return original(self, method, str_or_url, **kwargs)

    client.ClientSession._request = _request


class _AiohttpHook(object):
    """Waits for aiohttp.client without importing it; everything else is found as always."""

    def find_spec(self, name, path=None, target=None):
        if name != "aiohttp.client":
            return None
        sys.meta_path.remove(self)
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            try:
                _patch_aiohttp(module)
            except Exception:
                pass

        spec.loader.exec_module = exec_module
        return spec


if sys.version_info[0] >= 3:
    try:
        sys.meta_path.insert(0, _AiohttpHook())
    except Exception:
        pass
_run_hidden_sitecustomize()
