// `onput env` and `onput aws`: the AWS tools, pointed at this instance.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include <fmt/format.h>

#include "common/auth/events_token.hpp"
#include "common/base/errno_text.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

std::vector<std::pair<std::string, std::string>> variables(const Instance& instance) {
    return {{"AWS_ENDPOINT_URL", instance.url},
            {"AWS_ACCESS_KEY_ID", instance.access_key},
            {"AWS_SECRET_ACCESS_KEY", instance.secret},
            {"AWS_DEFAULT_REGION", instance.region},
            {"AWS_REGION", instance.region},
            // Without it, version 1 of the AWS CLI takes an address of its own for SQS.
            {"BOTO_DISABLE_COMMONNAME", "true"},
            {"ONPUT_EVENTS_TOKEN", auth::events_token_of(instance.access_key, instance.secret)}};
}

// AWS CLIs before 1.29 and 2.13 read no AWS_ENDPOINT_URL: they are told on their command line.
constexpr std::string_view sh_function =
    "# Old AWS CLIs ignore AWS_ENDPOINT_URL. Scripts of their own: onput aws -- ...\n"
    "aws() { command aws ${AWS_ENDPOINT_URL:+--endpoint-url \"$AWS_ENDPOINT_URL\"} \"$@\"; }\n";
constexpr std::string_view fish_function =
    "function aws; command aws --endpoint-url $AWS_ENDPOINT_URL $argv; end;\n";

}  // namespace

ExitCode run_env(const GlobalOptions& global, const EnvOptions& options) {
    const auto instance = read_instance(data_directory(global.data));
    if (!instance) return report("env", instance.error());
    const bool is_json = options.shell == "json" || global.output == OutputFormat::json;
    std::string json;
    for (const auto& [name, value] : variables(*instance)) {
        if (is_json) {
            json += fmt::format("{}\"{}\":\"{}\"", json.empty() ? "" : ",", name, value);
        } else if (options.shell == "fish") {
            fmt::print("set -gx {} '{}';\n", name, value);
        } else {
            fmt::print("export {}='{}'\n", name, value);
        }
    }
    if (is_json) {
        fmt::print("{{{}}}\n", json);
    } else {
        fmt::print("{}", options.shell == "fish" ? fish_function : sh_function);
    }
    return ExitCode::ok;
}

// --endpoint-url as well as the environment: AWS CLI v1 ignores the variable for SQS.
ExitCode run_aws(const GlobalOptions& global, const std::vector<std::string>& arguments) {
    const auto instance = read_instance(data_directory(global.data));
    if (!instance) return report("aws", instance.error());
    // Before any thread exists, and only to be inherited by the program that replaces this one.
    for (const auto& [name, value] : variables(*instance))
        setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    std::vector<std::string> words{"aws", "--endpoint-url", instance->url};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp("aws", argv.data());
    return report("aws", {.code = ErrorCode::internal,
                          .message = fmt::format(
                              "cannot run the AWS CLI: {}; install it with apt-get install awscli",
                              errno_text())});
}

}  // namespace onput::ctl
