#include "services/gateway/lambda/configuration.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/lambda/errors.hpp"

namespace onput::gateway::lambda {
namespace {

using aws::Value;

constexpr std::string_view own_worker = "function";
constexpr std::size_t tags_max = 50;
constexpr std::size_t tag_key_characters_max = 128;
constexpr std::size_t tag_value_characters_max = 256;

// Variables that Lambda sets itself.
constexpr std::array<std::string_view, 20> reserved_variables{
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ENDPOINT_URL",
    "AWS_SECURITY_TOKEN",
};

// "2026-11-28T16:10:11.123+0000"
std::string modified_text(Timestamp time) {
    std::string text = format_iso8601_millis(time);
    if (text.ends_with('Z')) text.pop_back();
    return text + "+0000";
}

std::string region_of(std::string_view arn) {
    for (int before = 0; before < 3; ++before) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return std::string(arn.substr(0, arn.find(':')));
}

bool is_own(const schema::FunctionInfo& function) {
    return function.worker == own_worker;
}

void describe_code(const schema::FunctionInfo& function, Value& described) {
    const schema::FunctionHandler& handler = function.handler;
    const std::string runtime = is_own(function) ? handler.runtime : "provided.al2023";
    described["Runtime"] = Value(runtime);
    described["Handler"] = Value(is_own(function) ? handler.handler : "onput." + function.worker);
    described["CodeSize"] = Value(static_cast<std::int64_t>(handler.code.bytes));
    described["CodeSha256"] = Value(handler.code.sha256);
    const std::string digest = to_hex(Digest::of(DigestAlgorithm::sha256, runtime));
    described["RuntimeVersionConfig"]["RuntimeVersionArn"] =
        Value(fmt::format("arn:aws:lambda:{}::runtime:{}", region_of(function.arn), digest));
}

void describe_fixed(Value& described) {
    described["PackageType"] = Value("Zip");
    described["SnapStart"]["ApplyOn"] = Value("None");
    described["SnapStart"]["OptimizationStatus"] = Value("Off");
    described["State"] = Value("Active");
    described["LastUpdateStatus"] = Value("Successful");
}

Result<void> check_variables(const std::map<std::string, std::string>& variables) {
    std::vector<std::string_view> reserved;
    std::size_t bytes = 0;
    for (const auto& [name, value] : variables) {
        bytes += name.size() + value.size();
        if (std::ranges::find(reserved_variables, name) != reserved_variables.end())
            reserved.push_back(name);
    }
    constexpr std::string_view begin =
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided ";
    if (!reserved.empty()) {
        return invalid(
            fmt::format("{}contains reserved keys that are currently not supported for "
                        "modification. Reserved keys used in this request: {}",
                        begin, fmt::join(reserved, ", ")));
    }
    if (bytes > schema::environment_bytes_max) {
        return invalid(
            fmt::format("{}exceeded the 4KB limit. String measured: {} bytes", begin, bytes));
    }
    return {};
}

bool has_items(const Value* list) {
    return list != nullptr && list->list() != nullptr && !list->list()->empty();
}

// What would change nothing here is refused rather than kept and shown.
Result<void> check_absent(const Value& input) {
    const auto absent = [](std::string_view what) {
        return invalid(fmt::format("{} is not available here. Nothing was changed.", what));
    };
    const Value* network = input.find("VpcConfig");
    if (network != nullptr &&
        (has_items(network->find("SubnetIds")) || has_items(network->find("SecurityGroupIds"))))
        return absent("VpcConfig");
    if (input.text_of("PackageType") == "Image") return absent("PackageType Image");
    const Value* start = input.find("SnapStart");
    if (start != nullptr && start->text_of("ApplyOn") == "PublishedVersions")
        return absent("SnapStart");
    if (has_items(input.find("FileSystemConfigs"))) return absent("FileSystemConfigs");
    for (const std::string_view name : {"KMSKeyArn", "CodeSigningConfigArn", "PublishTo"}) {
        if (!input.text_of(name).empty()) return absent(name);
    }
    for (const std::string_view name :
         {"ImageConfig", "CapacityProviderConfig", "DurableConfig", "TenancyConfig"}) {
        const Value* held = input.find(name);
        if (held != nullptr && held->map() != nullptr && !held->map()->empty()) return absent(name);
    }
    return {};
}

Result<void> read_logging(const Value& input, schema::FunctionHandler& handler) {
    const Value* logging = input.find("LoggingConfig");
    if (logging == nullptr) return {};
    const std::string format = logging->text_of("LogFormat");
    if (format == "JSON") return invalid("LogFormat JSON is not available here: use Text.");
    if (const std::string group = logging->text_of("LogGroup"); !group.empty())
        handler.log_group = group;
    return {};
}

void read_number(const Value& input, std::string_view name, std::uint32_t& number) {
    const Value* held = input.find(name);
    if (held == nullptr) return;
    if (const auto value = held->number()) number = static_cast<std::uint32_t>(*value);
}

void read_text(const Value& input, std::string_view name, std::string& text) {
    if (input.find(name) != nullptr) text = input.text_of(name);
}

}  // namespace

Value describe_configuration(const schema::FunctionInfo& function) {
    const schema::FunctionHandler& handler = function.handler;
    const schema::FunctionManagement& management = function.management;
    Value described;
    described["FunctionName"] = Value(function.name);
    described["FunctionArn"] = Value(function.arn);
    described["Role"] = Value(handler.role_arn);
    describe_code(function, described);
    describe_fixed(described);
    described["Description"] = Value(handler.description);
    described["Timeout"] = Value(std::int64_t{function.timeout_s});
    described["MemorySize"] = Value(std::int64_t{handler.memory_mb});
    described["EphemeralStorage"]["Size"] = Value(std::int64_t{handler.ephemeral_mb});
    described["LastModified"] = Value(modified_text(management.modified_at));
    described["Version"] = Value(management.version.empty() ? "$LATEST" : management.version);
    described["RevisionId"] = Value(management.revision_id);
    described["TracingConfig"]["Mode"] =
        Value(management.tracing_mode.empty() ? "PassThrough" : management.tracing_mode);
    described["Architectures"].push_back(
        Value(management.architecture.empty() ? "x86_64" : management.architecture));
    described["LoggingConfig"]["LogFormat"] = Value("Text");
    described["LoggingConfig"]["LogGroup"] =
        Value(handler.log_group.empty() ? "/aws/lambda/" + function.name : handler.log_group);
    if (!function.dead_letter_arn.empty())
        described["DeadLetterConfig"]["TargetArn"] = Value(function.dead_letter_arn);
    for (const schema::FunctionLayer& layer : handler.layers) {
        Value item;
        item["Arn"] = Value(layer.arn);
        item["CodeSize"] = Value(static_cast<std::int64_t>(layer.code.bytes));
        described["Layers"].push_back(std::move(item));
    }
    for (const auto& [name, value] : function.environment)
        described["Environment"]["Variables"][name] = Value(value);
    return described;
}

Result<void> read_configuration(const Value& input, schema::FunctionInfo& function) {
    ONPUT_TRY_VOID(check_absent(input));
    schema::FunctionHandler& handler = function.handler;
    read_text(input, "Runtime", handler.runtime);
    read_text(input, "Handler", handler.handler);
    read_text(input, "Role", handler.role_arn);
    read_text(input, "Description", handler.description);
    read_number(input, "Timeout", function.timeout_s);
    read_number(input, "MemorySize", handler.memory_mb);
    if (const Value* storage = input.find("EphemeralStorage"))
        read_number(*storage, "Size", handler.ephemeral_mb);
    if (const Value* environment = input.find("Environment")) {
        function.environment = aws::texts_of(*environment, "Variables");
        ONPUT_TRY_VOID(check_variables(function.environment));
    }
    if (const Value* letters = input.find("DeadLetterConfig"))
        function.dead_letter_arn = letters->text_of("TargetArn");
    if (const Value* tracing = input.find("TracingConfig")) {
        const std::string mode = tracing->text_of("Mode");
        function.management.tracing_mode = mode == "PassThrough" ? "" : mode;
    }
    if (has_items(input.find("Architectures"))) {
        const std::string architecture = aws::names_of(input, "Architectures").front();
        function.management.architecture = architecture == "x86_64" ? "" : architecture;
    }
    return read_logging(input, handler);
}

Result<void> check_tags(const std::map<std::string, std::string>& tags) {
    if (tags.size() > tags_max) return invalid("A resource has at most 50 tags.");
    for (const auto& [key, value] : tags) {
        const bool fits = !key.empty() && key.size() <= tag_key_characters_max &&
                          value.size() <= tag_value_characters_max;
        if (!fits) {
            return invalid(
                "A tag's key has 1 to 128 characters, and its value at most 256 of them.");
        }
        if (key.starts_with("aws:")) return invalid("aws: prefixed tag key names are not allowed.");
    }
    return {};
}

}  // namespace onput::gateway::lambda
