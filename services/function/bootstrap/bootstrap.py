"""Runs a Python handler: asks the Runtime API for events, calls the handler, posts what it answers.

Error bodies and log lines are those of Lambda's own runtime, so that what reads them goes on to work.
"""
import json
import logging
import os
import socket
import sys
import time

API = "/2018-06-01/runtime/"
NO_BREAK_INDENT = "\u00a0\u00a0"
WRITES_UTF8 = sys.version_info >= (3, 12)


class Api:
    """One connection that is kept open."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.host = address
        self.address = (host, int(port))
        self.socket = None
        self.left = b""

    def call(self, method, path, body=b"", headers=()):
        """(status, headers, body); a connection that was closed meanwhile is opened again, once."""
        lines = [f"{method} {API}{path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body
        for is_last in (self.socket is None, True):
            try:
                if self.socket is None:
                    self.socket = socket.create_connection(self.address)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.socket.sendall(request)
                return self.read()
            except OSError:
                self.socket, self.left = None, b""
                if is_last:
                    raise

    def read(self):
        while b"\r\n\r\n" not in self.left:
            self.receive()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        while len(self.left) < length:
            self.receive()
        body, self.left = self.left[:length], self.left[length:]
        return int(status.split()[1]), headers, body

    def receive(self):
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionError("the Runtime API closed the connection")
        self.left += piece


class Fault(Exception):
    """A mistake in how the function is put together, in the words of Lambda."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


class Identity:
    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


class Client:
    def __init__(self, fields):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, fields.get(name))


class ClientContext:
    def __init__(self, fields):
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        self.client = Client(fields["client"]) if isinstance(fields.get("client"), dict) else None


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id", "")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn", "")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.identity = Identity()
        client = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()


class Formatter(logging.Formatter):
    converter = time.gmtime
    request_id = ""

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                         "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.aws_request_id = Formatter.request_id
        return super().format(record)


class LogHandler(logging.Handler):
    def emit(self, record):
        sys.stdout.write(self.format(record).replace("\n", "\r") + "\n")
        sys.stdout.flush()


class EndpointFinder:
    """Makes clients of a botocore before 1.31 go to AWS_ENDPOINT_URL, as those of later ones do by themselves."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "botocore.session":
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_patch(module):
                load(module)
                patch_session(module)

            spec.loader.exec_module = load_and_patch
        return spec


def patch_session(module):
    from botocore import configprovider

    if hasattr(configprovider, "ConfiguredEndpointProvider"):
        return
    create_client = module.Session.create_client

    # In the order of botocore's own parameters: callers may give them by place.
    def create_client_here(self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None,
                           endpoint_url=None, *others, **more):
        if endpoint_url is None:
            endpoint_url = configured_endpoint(self, service_name)
        return create_client(self, service_name, region_name, api_version, use_ssl, verify, endpoint_url, *others,
                             **more)

    module.Session.create_client = create_client_here


def configured_endpoint(session, service_name):
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    service = session.get_service_model(service_name).service_id.hyphenize().replace("-", "_").upper()
    return os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def layer_folders(layers):
    """Where layers have packages, as Lambda looks for them."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = (f"{layers}/python/lib/{version}/site-packages", f"{layers}/python")
    return [folder for folder in folders if os.path.isdir(folder)]


def load_handler(name):
    import importlib

    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}",
                    [where]) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound",
                    f"Handler '{function_name}' missing on module '{module_name}'") from None


def describe(error, request_id):
    """What callers get. Frames of this file are left out."""
    if isinstance(error, Fault):
        return {"errorMessage": error.message, "errorType": error.kind, "requestId": request_id,
                "stackTrace": error.trace or []}
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")]
    return {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id,
            "stackTrace": traceback.format_list(frames)}


def log_error(fault):
    lines = [f"[ERROR] {fault['errorType']}: {fault['errorMessage']}", "Traceback (most recent call last):"]
    for item in fault["stackTrace"]:
        for line in item.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_INDENT * ((len(line) - len(text)) // 2) + text)
    sys.stdout.write("\r".join(lines) + "\n")
    sys.stdout.flush()


def post_error(api, path, fault):
    headers = [("Content-Type", "application/json"),
               ("Lambda-Runtime-Function-Error-Type", fault["errorType"].encode("ascii", "replace").decode())]
    api.call("POST", path, json.dumps(fault).encode(), headers)


def serialize_other(value):
    decimal = sys.modules.get("decimal")
    if decimal and isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def marshal(answer):
    if isinstance(answer, bytes):
        return answer, "application/unknown"
    try:
        return json.dumps(answer, ensure_ascii=not WRITES_UTF8, default=serialize_other).encode(), "application/json"
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def unmarshal(headers, body):
    if not headers.get("content-type", "").startswith("application/json"):
        return body
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def serve(api, handler):
    while True:
        _, headers, body = api.call("GET", "invocation/next")
        request_id = headers["lambda-runtime-aws-request-id"]
        Formatter.request_id = request_id
        trace = headers.get("lambda-runtime-trace-id")
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            answer, content_type = marshal(handler(unmarshal(headers, body), Context(headers)))
        except Exception as error:
            fault = describe(error, request_id)
            log_error(fault)
            post_error(api, f"invocation/{request_id}/error", fault)
            continue
        sys.stdout.flush()
        sys.stderr.flush()
        api.call("POST", f"invocation/{request_id}/response", answer, [("Content-Type", content_type)])


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    root = logging.getLogger()
    log_handler = LogHandler()
    log_handler.setFormatter(Formatter())
    root.addHandler(log_handler)
    task_root = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
    sys.path[:1] = [task_root, *layer_folders(sys.argv.pop() if len(sys.argv) > 1 else "/opt")]
    if "AWS_ENDPOINT_URL" in os.environ:
        sys.meta_path.insert(0, EndpointFinder)
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        fault = describe(error, "")
        log_error(fault)
        post_error(api, "init/error", fault)
        sys.exit(1)
    serve(api, handler)


if __name__ == "__main__":
    main()
