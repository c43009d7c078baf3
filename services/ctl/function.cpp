// `onput function`: users' own handlers, from the command line.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/base/random.hpp"
#include "common/schema/invoke.hpp"
#include "common/schema/json.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/function_code.hpp"
#include "services/ctl/function_url.hpp"
#include "services/ctl/log_text.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/pipeline.hpp"
#include "services/ctl/worker_call.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view worker_kind = "function";
// Beyond the longest time of a function: it, its start, and who waits before it.
constexpr Duration invoke_timeout = std::chrono::minutes(17);

// What every one of these commands does first.
struct Session {
    explicit Session(Instance found) : instance(std::move(found)), peers(loop, instance) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Instance instance;
    transport::Context context;
    transport::Loop loop{context};
    Peers peers;
};

Result<std::unique_ptr<Session>> connect(const GlobalOptions& global) {
    ONPUT_TRY(auto instance, find_running(data_directory(global.data)));
    return std::make_unique<Session>(std::move(instance));
}

// "s3://inbox" or "inbox".
std::string bucket_of(std::string_view text) {
    constexpr std::string_view scheme = "s3://";
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
    return std::string(text.substr(0, text.find('/')));
}

Pipeline make_pipeline(const FunctionOptions& options) {
    Pipeline pipeline;
    std::filesystem::path code(options.code);
    if (!code.has_filename()) code = code.parent_path();
    const std::string name = options.name.empty() ? code.stem().string() : options.name;
    PipelineFunction function;
    function.name = name;
    function.worker = worker_kind;
    function.timeout_s = options.timeout_s;
    function.environment = options.environment;
    function.code = options.code;
    function.runtime = options.runtime;
    function.handler = options.handler;
    function.role = options.role;
    function.memory_mb = options.memory_mb;
    pipeline.functions.push_back(std::move(function));
    if (options.on.empty()) return pipeline;
    pipeline.buckets.push_back(bucket_of(options.on));
    pipeline.notifications.push_back({.bucket = bucket_of(options.on),
                                      .id = "function-" + name,
                                      .events = {"s3:ObjectCreated:*"},
                                      .prefix = options.prefix,
                                      .suffix = options.suffix,
                                      .function = name,
                                      .queue = {},
                                      .topic = {}});
    return pipeline;
}

Result<std::string> read_payload(const FunctionOptions& options) {
    std::string payload = options.payload;
    if (payload == "-") payload.assign(std::istreambuf_iterator<char>(std::cin), {});
    if (payload.size() <= schema::invoke_payload_bytes_max) return payload;
    return fail(ErrorCode::invalid_argument,
                fmt::format("the payload has {} bytes, and {} are the most", payload.size(),
                            schema::invoke_payload_bytes_max));
}

Result<schema::FunctionInvoked> invoke(Session& session, const FunctionOptions& options,
                                       std::string& answer) {
    ONPUT_TRY(auto function,
              session.peers.ask(session.peers.queue(), schema::GetFunction{.name = options.name}));
    if (function.worker != worker_kind) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} is run by the worker {}, whose functions take no calls",
                                options.name, function.worker));
    }
    schema::InvokeFunction task{.function = std::move(function), .version = "$LATEST"};
    task.request_id = Random::from_system().uuid();
    ONPUT_TRY(task.payload, read_payload(options));
    task.wants_log_tail = options.shows_log;
    const auto sink = [&answer](std::string_view bytes) -> Result<void> {
        answer += bytes;
        return {};
    };
    ONPUT_TRY(const auto result, call_worker(session.peers, std::string(worker_kind),
                                             schema::encode(task), sink, invoke_timeout));
    return schema::decode<schema::FunctionInvoked>(result);
}

}  // namespace

ExitCode run_function_deploy(const GlobalOptions& global, const FunctionOptions& options) {
    const auto session = connect(global);
    if (!session) return report("function deploy", session.error());
    const Pipeline pipeline = make_pipeline(options);
    std::vector<PipelineChange> changes;
    const auto applied = apply_pipeline(pipeline, (*session)->instance, (*session)->peers, changes);
    for (const auto& change : changes)
        fmt::print("{} {} {}\n", change.kind, printable(change.name), change.what);
    if (!applied) return report("function deploy", applied.error());
    if (!options.has_url) return ExitCode::ok;
    const auto url = apply_function_url(
        {.function = pipeline.functions.front().name, .auth_type = options.url_auth},
        (*session)->instance, (*session)->peers);
    if (!url) return report("function deploy", url.error());
    fmt::print("url {} {}\n", printable(url->name), url->what);
    return ExitCode::ok;
}

ExitCode run_function_list(const GlobalOptions& global) {
    const auto session = connect(global);
    if (!session) return report("function ls", session.error());
    Peers& peers = (*session)->peers;
    const auto list = peers.ask(peers.queue(), schema::ListFunctions{});
    if (!list) return report("function ls", list.error());
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(*list));
        return ExitCode::ok;
    }
    Table table({"FUNCTION", "WORKER", "RUNTIME", "HANDLER", "WAITING", "RUNNING", "WORKERS"});
    for (const auto& state : list->functions) {
        const schema::FunctionInfo& function = state.function;
        table.add({printable(function.name), printable(function.worker), function.handler.runtime,
                   printable(function.handler.handler), fmt::format("{}", state.waiting),
                   fmt::format("{}", state.running), fmt::format("{}", state.workers)});
    }
    fmt::print("{}", table.text());
    return ExitCode::ok;
}

ExitCode run_function_show(const GlobalOptions& global, const FunctionOptions& options) {
    const auto session = connect(global);
    if (!session) return report("function show", session.error());
    Peers& peers = (*session)->peers;
    const auto function = peers.ask(peers.queue(), schema::GetFunction{.name = options.name});
    if (!function) return report("function show", function.error());
    const auto urls = describe_function_urls(options.name, (*session)->instance, peers);
    if (!urls) return report("function show", urls.error());
    std::string shown = schema::to_json(*function);
    // As its last member.
    if (!urls->empty()) shown.insert(shown.rfind('}'), ",\"urls\":" + *urls);
    fmt::print("{}\n", shown);
    return ExitCode::ok;
}

ExitCode run_function_invoke(const GlobalOptions& global, const FunctionOptions& options) {
    const auto session = connect(global);
    if (!session) return report("function invoke", session.error());
    std::string answer;
    const auto invoked = invoke(**session, options, answer);
    if (!invoked) return report("function invoke", invoked.error());
    if (options.shows_log) fmt::print(stderr, "{}", printable_log(invoked->log_tail));
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    if (::isatty(STDOUT_FILENO) != 0) fmt::print("\n");
    return invoked->function_error.empty() ? ExitCode::ok : ExitCode::failed;
}

ExitCode run_function_remove(const GlobalOptions& global, const FunctionOptions& options) {
    const auto session = connect(global);
    if (!session) return report("function rm", session.error());
    Peers& peers = (*session)->peers;
    const auto removed = peers.ask(peers.queue(), schema::DeleteFunction{.name = options.name});
    if (!removed) return report("function rm", removed.error());
    return ExitCode::ok;
}

}  // namespace onput::ctl
