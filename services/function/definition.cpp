#include "services/function/definition.hpp"

#include <map>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::function {
namespace {

constexpr std::string_view python = "python3";
constexpr std::string_view node = "nodejs";
constexpr std::string_view provided = "provided";

using Variables = std::map<std::string, std::string>;

// Where the sandbox has the code and the bootstraps.
struct Places {
    std::string task = "/var/task";
    std::string runtime = "/var/runtime";
    std::string layers = "/opt";
};

Places places_of(const Definition& definition, const Surroundings& surroundings) {
    if (surroundings.isolation == Isolation::full) return {};
    return {.task = definition.code->folder,
            .runtime = surroundings.runtime_folder,
            .layers = definition.layers ? definition.layers->folder : "/opt"};
}

// The interpreter of exactly this version, where the machine has it.
std::string python_of(const std::string& runtime, const std::string& otherwise) {
    std::string exact = "/usr/bin/" + runtime;
    return ::access(exact.c_str(), X_OK) == 0 ? exact : otherwise;
}

std::vector<std::string> program_of(const Definition& definition, const Places& places,
                                    const Surroundings& surroundings) {
    const std::string& runtime = definition.function.handler.runtime;
    if (runtime.starts_with(python)) {
        return {python_of(runtime, surroundings.python), "-s", places.runtime + "/bootstrap.py",
                places.layers};
    }
    if (runtime.starts_with(node)) return {surroundings.node, places.runtime + "/bootstrap.cjs"};
    // A runtime may be a layer as well.
    const std::string own = definition.code->folder + "/bootstrap";
    const bool is_of_layer = definition.layers && ::access(own.c_str(), F_OK) != 0;
    return {(is_of_layer ? places.layers : places.task) + "/bootstrap"};
}

// What a function's own variables may replace.
void add_free_variables(Variables& all, const Places& places, const Surroundings& surroundings) {
    const std::string& opt = places.layers;
    all["LANG"] = "en_US.UTF-8";
    all["TZ"] = ":UTC";
    all["PATH"] = fmt::format("/var/lang/bin:/usr/local/bin:/usr/bin:/bin:{}/bin", opt);
    all["LD_LIBRARY_PATH"] = fmt::format("{0}:{0}/lib:{1}/lib", places.task, opt);
    all["NODE_PATH"] = fmt::format(
        "{0}/nodejs/node20/node_modules:{0}/nodejs/node_modules:{1}/node_modules:/usr/share/nodejs",
        opt, places.task);
    all["PYTHONPATH"] = fmt::format("{}", fmt::join(surroundings.python_folders, ":"));
}

void add_reserved_variables(Variables& all, const Definition& definition,
                            const Surroundings& surroundings) {
    const schema::FunctionInfo& function = definition.function;
    const schema::FunctionHandler& handler = function.handler;
    const Places places = places_of(definition, surroundings);
    all["AWS_LAMBDA_RUNTIME_API"] = surroundings.addresses.api;
    all["_HANDLER"] = handler.handler;
    all["LAMBDA_TASK_ROOT"] = places.task;
    all["LAMBDA_RUNTIME_DIR"] = places.runtime;
    all["AWS_REGION"] = surroundings.region;
    all["AWS_DEFAULT_REGION"] = surroundings.region;
    all["AWS_LAMBDA_FUNCTION_NAME"] = function.name;
    all["AWS_LAMBDA_FUNCTION_VERSION"] = definition.version;
    all["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = fmt::format("{}", handler.memory_mb);
    all["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
    all["AWS_LAMBDA_LOG_GROUP_NAME"] = log_group(function);
    all["AWS_LAMBDA_LOG_STREAM_NAME"] = surroundings.log_stream;
    all.erase("AWS_EXECUTION_ENV");
    if (!handler.runtime.starts_with(provided))
        all["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + handler.runtime;
    // Where AWS keeps credentials is another service, which is not here.
    all["AWS_EC2_METADATA_DISABLED"] = "true";
    if (surroundings.has_endpoint)
        all["AWS_ENDPOINT_URL"] = "http://" + surroundings.addresses.endpoint;
    if (surroundings.credentials.access_key.empty()) return;
    all["AWS_ACCESS_KEY_ID"] = surroundings.credentials.access_key;
    all["AWS_SECRET_ACCESS_KEY"] = surroundings.credentials.secret;
    all["AWS_SESSION_TOKEN"] = surroundings.credentials.token;
}

std::vector<ReadableFolder> readable_folders(const Definition& definition,
                                             const Surroundings& surroundings) {
    std::vector<ReadableFolder> all{{.here = surroundings.runtime_folder, .there = "/var/runtime"}};
    if (definition.layers) all.push_back({.here = definition.layers->folder, .there = "/opt"});
    for (const std::string_view file : {"passwd", "group", "hosts", "nsswitch.conf"}) {
        all.push_back({.here = fmt::format("{}/etc/{}", surroundings.runtime_folder, file),
                       .there = fmt::format("/etc/{}", file)});
    }
    // What libraries and programs of /usr look for; nothing of it is this machine's own business.
    for (const std::string_view path : {"/etc/alternatives", "/etc/ld.so.cache", "/etc/mime.types",
                                        "/etc/ssl/certs", "/etc/fonts"})
        all.push_back({.here = std::string(path), .there = std::string(path)});
    for (const std::string& folder : surroundings.python_folders)
        all.push_back({.here = folder, .there = folder});
    return all;
}

}  // namespace

std::string environment_key(const schema::FunctionInfo& function, const std::string& version) {
    // What an environment depends on, and no more: calls and jobs of a function share them.
    const schema::FunctionInfo seen{.account = function.account,
                                    .name = function.name,
                                    .arn = function.arn,
                                    .worker = {},
                                    .environment = function.environment,
                                    .timeout_s = function.timeout_s,
                                    .handler = function.handler};
    const std::string digest = Digest::of(DigestAlgorithm::sha256, schema::encode(seen));
    return fmt::format("{}/{}/{}/{}", function.account, function.name, version, to_hex(digest));
}

std::string log_group(const schema::FunctionInfo& function) {
    if (!function.handler.log_group.empty()) return function.handler.log_group;
    return "/aws/lambda/" + function.name;
}

SandboxPlan plan_sandbox(const Definition& definition, const Surroundings& surroundings) {
    const schema::FunctionHandler& handler = definition.function.handler;
    Variables variables;
    const Places places = places_of(definition, surroundings);
    add_free_variables(variables, places, surroundings);
    for (const auto& [name, value] : definition.function.environment) variables[name] = value;
    add_reserved_variables(variables, definition, surroundings);
    SandboxPlan plan{.program = program_of(definition, places, surroundings),
                     .environment = {},
                     .code_folder = definition.code->folder,
                     .readable = readable_folders(definition, surroundings),
                     .memory_mb = handler.memory_mb,
                     .ephemeral_mb = handler.ephemeral_mb};
    for (const auto& [name, value] : variables)
        plan.environment.push_back(fmt::format("{}={}", name, value));
    return plan;
}

}  // namespace onput::function
