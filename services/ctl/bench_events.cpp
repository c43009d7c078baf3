#include "services/ctl/bench_events.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/logs.hpp"
#include "services/ctl/handler_file.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view name = "onput-bench-events";
constexpr std::uint32_t warm_uploads = 20;  // Not measured.
constexpr std::uint32_t uploads = 300;
// Between two, so that none waits for the one before.
constexpr Duration pause = std::chrono::milliseconds(10);
// For the last line to be in the log.
constexpr Duration log_wait_max = std::chrono::seconds(30);
constexpr Duration log_wait = std::chrono::milliseconds(250);
constexpr std::string_view handler = R"(import time


def lambda_handler(event, context):
    began = time.time_ns()
    print("began", event["Records"][0]["s3"]["object"]["key"], began)
)";

using Times = std::map<std::string, std::int64_t>;  // Nanoseconds since 1970, by key.

Result<void> deploy(const Instance& instance, Peers& peers) {
    const HandlerFile file("app.py", handler);
    Pipeline pipeline;
    PipelineFunction function;
    function.name = name;
    function.worker = "function";
    function.timeout_s = 10;
    function.code = file.path();
    pipeline.functions.push_back(std::move(function));
    pipeline.buckets.emplace_back(name);
    PipelineNotification notification;
    notification.bucket = name;
    notification.id = "bench";
    notification.events = {"s3:ObjectCreated:*"};
    notification.function = name;
    pipeline.notifications.push_back(std::move(notification));
    std::vector<PipelineChange> changes;
    return apply_pipeline(pipeline, instance, peers, changes);
}

std::int64_t nanoseconds_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// When each was acknowledged.
Result<Times> put_all(const Instance& instance) {
    HttpClient client(instance);
    const std::string run = Random::from_system().hex(8);
    Times times;
    for (std::uint32_t number = 0; number < warm_uploads + uploads; ++number) {
        const std::string key = fmt::format("{}-{}", run, number);
        ONPUT_TRY(
            const auto answer,
            client.send({.method = "PUT", .path = fmt::format("/{}/{}", name, key), .body = "x"}));
        const std::int64_t at = nanoseconds_now();
        if (answer.status != 200)
            return fail(ErrorCode::internal, fmt::format("PUT {}: {}", key, answer.body));
        if (number >= warm_uploads) times.emplace(key, at);
        std::this_thread::sleep_for(pause);
    }
    return times;
}

// "began KEY NANOSECONDS"
void read_line(std::string_view line, Times& began) {
    constexpr std::string_view word = "began ";
    const auto blank = line.rfind(' ');
    if (!line.starts_with(word) || blank <= word.size()) return;
    std::int64_t at = 0;
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), at);
    began.emplace(line.substr(word.size(), blank - word.size()), at);
}

Result<Times> read_log(Peers& peers, Timestamp from) {
    schema::FilterLogEvents request{.group = fmt::format("/aws/lambda/{}", name),
                                    .streams = {},
                                    .stream_prefix = {},
                                    .from = from,
                                    .to = {},
                                    .pattern = {},
                                    .after = {}};
    Times began;
    do {
        auto page = peers.ask(peers.queue(), request);
        // The group comes with its first line.
        if (!page && page.error().code == ErrorCode::not_found) return began;
        if (!page) return std::unexpected(std::move(page).error());
        for (const auto& event : page->events) read_line(event.message, began);
        request.after = page->forward;
    } while (!request.after.empty());
    return began;
}

}  // namespace

Result<std::vector<double>> measure_events(const Instance& instance, Peers& peers) {
    ONPUT_TRY_VOID(deploy(instance, peers));
    const Timestamp from = wall_now();
    ONPUT_TRY(const Times acknowledged, put_all(instance));
    for (Duration waited{}; waited < log_wait_max; waited += log_wait) {
        std::this_thread::sleep_for(log_wait);
        ONPUT_TRY(const Times began, read_log(peers, from));
        std::vector<double> took;
        for (const auto& [key, at] : acknowledged) {
            const auto found = began.find(key);
            if (found == began.end()) break;
            took.push_back(static_cast<double>(found->second - at) / 1e6);
        }
        if (took.size() < acknowledged.size()) continue;
        std::ranges::sort(took);
        return took;
    }
    return fail(ErrorCode::unavailable,
                fmt::format("not all of {} uploads have reached the handler {} within {} s",
                            uploads, name, log_wait_max / std::chrono::seconds(1)));
}

}  // namespace onput::ctl
