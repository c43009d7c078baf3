// `onput bench function`: an empty handler in Python: starts, and calls through the gateway; and
// how long an upload waits for a handler.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/invoke.hpp"
#include "services/ctl/bench_events.hpp"
#include "services/ctl/bench_requests.hpp"
#include "services/ctl/handler_file.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline.hpp"
#include "services/ctl/worker_call.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view function_name = "onput-bench-function";
constexpr std::string_view handler = "def lambda_handler(event, context):\n    return event\n";
constexpr std::uint32_t starts = 10;
constexpr std::uint32_t clients_default = 8;

Result<void> deploy(const Instance& instance, Peers& peers) {
    const HandlerFile file("app.py", handler);
    Pipeline pipeline;
    PipelineFunction function;
    function.name = function_name;
    function.worker = "function";
    function.timeout_s = 10;
    function.code = file.path();
    function.memory_mb = 128;
    pipeline.functions.push_back(std::move(function));
    std::vector<PipelineChange> changes;
    return apply_pipeline(pipeline, instance, peers, changes);
}

Result<schema::FunctionInvoked> invoke(Peers& peers, const schema::FunctionInfo& function) {
    schema::InvokeFunction task{.function = function, .version = "$LATEST"};
    task.request_id = Random::from_system().uuid();
    task.payload = "{}";
    const auto sink = [](std::string_view) -> Result<void> { return {}; };
    ONPUT_TRY(const auto result, call_worker(peers, "function", schema::encode(task), sink));
    return schema::decode<schema::FunctionInvoked>(result);
}

// The middle one of some starts: from nothing to the event in the handler's hands, ms.
Result<double> measure_starts(Peers& peers) {
    ONPUT_TRY(auto function,
              peers.ask(peers.queue(), schema::GetFunction{.name = std::string(function_name)}));
    std::vector<double> took;
    for (std::uint32_t i = 0; i < starts; ++i) {
        // Another configuration has environments of its own.
        function.environment["ROUND"] = Random::from_system().uuid();
        ONPUT_TRY(const auto invoked, invoke(peers, function));
        if (!invoked.function_error.empty())
            return fail(ErrorCode::internal, "the empty handler failed");
        took.push_back(static_cast<double>(invoked.init_duration_us) / 1e3);
    }
    std::ranges::sort(took);
    return took[took.size() / 2];
}

Result<LoadResult> load_with(const Instance& instance, BenchRequests& requests,
                             std::uint32_t clients, std::uint32_t seconds) {
    const std::string path = fmt::format("/2015-03-31/functions/{}/invocations", function_name);
    const auto make = [&](std::uint64_t) { return requests.make("POST", path); };
    return run_load(
        {.url = instance.url, .clients = clients, .duration = std::chrono::seconds(seconds)}, make);
}

}  // namespace

Result<BenchResult> bench_function(const Instance& instance, const BenchOptions& options) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    ONPUT_TRY_VOID(deploy(instance, peers));
    ONPUT_TRY(const double start_ms, measure_starts(peers));
    BenchRequests requests(instance, {.service = "lambda", .body = "{}"});
    const std::uint32_t clients = options.clients != 0 ? options.clients : clients_default;
    // Environments of all clients are there before anything is measured.
    ONPUT_TRY_VOID(load_with(instance, requests, clients, 1));
    ONPUT_TRY(auto one,
              summarise("one", load_with(instance, requests, 1, options.seconds), "warm"));
    ONPUT_TRY(auto result,
              summarise(fmt::format("Invoke of an empty handler in Python, {} clients", clients),
                        load_with(instance, requests, clients, options.seconds), "invoke"));
    result.metrics.emplace_back("start p50 ms", start_ms);
    for (const auto& [name, value] : one.metrics)
        result.metrics.emplace_back("one client: " + name, value);
    ONPUT_TRY(const auto events, measure_events(instance, peers));
    result.metrics.emplace_back("upload to handler p50 ms", events[events.size() / 2]);
    result.metrics.emplace_back("upload to handler p99 ms", events[events.size() * 99 / 100]);
    return result;
}

}  // namespace onput::ctl
