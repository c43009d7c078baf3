// Runs a Node.js handler: asks the Runtime API for events, calls the handler, posts what it
// answers. Error bodies and log lines are those of Lambda's own runtime.
"use strict";

const fs = require("fs");
const http = require("http");
const Module = require("module");
const path = require("path");
const util = require("util");

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

let requestId; // Of the event in hand.
let pending; // Settles the event in hand when nothing else is left to run.

function call(method, name, body, headers) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: "/2018-06-01/runtime/" + name, headers: { ...headers } };
    if (body !== undefined) options.headers["Content-Length"] = Buffer.byteLength(body);
    const request = http.request(options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(pieces) }));
      answer.on("error", reject);
    });
    request.setNoDelay(true);
    request.on("error", reject);
    request.end(body);
  });
}

// ---- log lines

function writeLine(level, text) {
  const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${text}`;
  fs.writeSync(1, line.replace(/\n/g, "\r") + "\n");
}

function patchConsole() {
  const levels = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL" };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...parts) => writeLine(level, util.format(...parts));
  }
}

// ---- errors

function isError(value) {
  return value instanceof Error || util.types.isNativeError(value);
}

function describe(error) {
  if (!isError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const trace = String(error.stack || "").split("\n");
  return { errorType: String(error.name), errorMessage: String(error.message), trace };
}

function logError(kind, error) {
  const shown = isError(error)
    ? { errorType: error.name, errorMessage: error.message, ...error, stack: String(error.stack || "").split("\n") }
    : describe(error);
  writeLine("ERROR", `${kind} \t${JSON.stringify(shown)}`);
}

function postError(name, error) {
  const body = describe(error);
  const kind = body.errorType.replace(/[^\x20-\x7e]/g, "?");
  return call("POST", name, JSON.stringify(body), {
    "Content-Type": "application/json",
    "Lambda-Runtime-Function-Error-Type": kind,
  });
}

function fault(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

// ---- clients of AWS

// Version 2 of AWS's SDK knows no AWS_ENDPOINT_URL, and puts names of buckets before a host's.
function configureOldSdk() {
  const load = Module._load;
  Module._load = function (request, parent, ...others) {
    const loaded = load.call(this, request, parent, ...others);
    const isCore = /(^|\/)core(\.js)?$/.test(request) && /[\\/]aws-sdk[\\/]/.test((parent && parent.filename) || "");
    if (isCore && loaded && loaded.Config && loaded.config && !loaded.config.endpoint) {
      loaded.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, s3ForcePathStyle: true });
    }
    return loaded;
  };
}

// ---- the handler

async function loadModule(file) {
  const root = process.env.LAMBDA_TASK_ROOT || "/var/task";
  const base = path.resolve(root, file);
  for (const ending of ["", ".js", ".mjs", ".cjs"]) {
    const name = base + ending;
    if (!fs.existsSync(name) || fs.statSync(name).isDirectory()) continue;
    if (ending !== ".mjs") {
      try {
        return require(name);
      } catch (error) {
        if (error.code !== "ERR_REQUIRE_ESM") throw error;
      }
    }
    return import(require("url").pathToFileURL(name).href);
  }
  const error = new Error(`Cannot find module '${file}'`);
  error.code = "MODULE_NOT_FOUND";
  throw error;
}

async function loadHandler(name) {
  if (name.includes("..")) throw fault("Runtime.MalformedHandlerName", `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  const base = path.basename(name);
  const dot = base.indexOf(".");
  if (dot <= 0 || dot === base.length - 1) throw fault("Runtime.MalformedHandlerName", "Bad handler");
  const file = name.slice(0, name.length - base.length) + base.slice(0, dot);
  let module;
  try {
    module = await loadModule(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw Object.assign(fault("Runtime.UserCodeSyntaxError", String(error)), { stack: error.stack });
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error.code)) throw Object.assign(fault("Runtime.ImportModuleError", `Error: ${error.message}`), { stack: error.stack });
    throw error;
  }
  let found = module;
  for (const part of base.slice(dot + 1).split(".")) found = found && found[part];
  if (found === undefined && module && module.default) {
    found = module.default;
    for (const part of base.slice(dot + 1).split(".")) found = found && found[part];
  }
  if (found === undefined) throw fault("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof found !== "function") throw fault("Runtime.HandlerNotFound", `${name} is not a function`);
  return found;
}

function makeContext(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

// What the handler answers, whichever of the ways it takes.
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    let isAsynchronous = false;
    let settled; // By a callback, until the loop has run dry.
    const settle = (error, value) => {
      const end = () => (error ? reject(error) : resolve(value));
      if (!context.callbackWaitsForEmptyEventLoop) return end();
      settled = settled || end;
    };
    context.succeed = (value) => settle(null, value);
    context.fail = (error) => settle(error || "handled");
    context.done = settle;
    pending = () => {
      if (settled) return settled();
      if (!isAsynchronous) return resolve(null);
      reject(fault("Runtime.NodeJsExit", "Lambda runtime exited because the promise never settled"));
    };
    const returned = handler(event, context, settle);
    if (returned && typeof returned.then === "function") {
      isAsynchronous = true;
      returned.then(resolve, reject);
    }
  });
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call("GET", "invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    const trace = headers["lambda-runtime-trace-id"];
    if (trace) process.env._X_AMZN_TRACE_ID = trace;
    else delete process.env._X_AMZN_TRACE_ID;
    const name = `invocation/${requestId}/`;
    try {
      const answer = await run(handler, JSON.parse(body), makeContext(headers));
      const text = JSON.stringify(answer === undefined ? null : answer);
      await call("POST", name + "response", text, { "Content-Type": "application/json" });
    } catch (error) {
      logError("Invoke Error", error);
      await postError(name + "error", error);
    }
    pending = undefined;
  }
}

async function dieOf(kind, status, error) {
  logError(kind, error);
  const name = requestId ? `invocation/${requestId}/error` : "init/error";
  await postError(name, error).catch(() => {});
  process.exit(status);
}

async function main() {
  patchConsole();
  if (process.env.AWS_ENDPOINT_URL) configureOldSdk();
  process.on("beforeExit", () => pending && pending());
  process.on("uncaughtException", (error) => dieOf("Uncaught Exception", 129, error));
  process.on("unhandledRejection", (reason) => {
    const error = fault("Runtime.UnhandledPromiseRejection", String(reason));
    if (isError(reason)) error.stack = reason.stack;
    dieOf("Unhandled Promise Rejection", 128, error);
  });
  let handler;
  try {
    handler = await loadHandler(process.env._HANDLER || "");
  } catch (error) {
    logError("Init Error", error);
    await postError("init/error", error);
    process.exit(1);
  }
  await serve(handler);
}

main();
