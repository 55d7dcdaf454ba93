"""client.py CA_FILE HOST:PORT... -> one line each: "ok" or "refused REASON"."""
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
# The flags that Python >= 3.13 sets by itself.
context.verify_flags |= ssl.VERIFY_X509_STRICT | 0x80000
for target in sys.argv[2:]:
    host, port = target.rsplit(":", 1)
    try:
        with socket.create_connection(("127.0.0.1", int(port)), 10) as raw:
            with context.wrap_socket(raw, server_hostname=host):
                print("ok")
    except ssl.SSLError as error:
        print("refused", str(error).replace("\n", " "))
