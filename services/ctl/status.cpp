// `onput status`: is everything up, and how much is waiting where.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/function.hpp"
#include "common/schema/json.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/replication.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/record_body.hpp"
#include "services/ctl/replication_endpoints.hpp"

namespace onput::ctl {
namespace {

constexpr Duration patience = std::chrono::seconds(2);
constexpr std::string_view damaged_metric = "onput_storage_damaged_objects";

struct ServiceLine {
    std::string name;
    std::string state;  // "ready", "waiting for queue", "not reachable".
    std::optional<std::uint64_t> pid;
    std::optional<Timestamp> started_at;
};

struct Report {
    std::vector<ServiceLine> services;
    schema::FunctionList functions;
    schema::DestinationList destinations;
    std::vector<schema::Metric> storage;  // Its metrics: usage of buckets, damage that was found.
    schema::ReplicationEndpointList endpoints;
    bool is_healthy = true;
};

std::string joined(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

void ask_service(Report& report, Peers& peers, transport::RequestClient& peer,
                 const std::string& name) {
    const auto answer = peers.ask(peer, schema::ServiceStatus{}, patience);
    ServiceLine line{.name = name, .state = "not reachable"};
    if (answer) {
        line.state = answer->is_ready ? "ready" : "waiting for " + joined(answer->waiting_for);
        line.pid = answer->process_id;
        line.started_at = answer->started_at;
        if (name == "storage") report.storage = answer->metrics;
    }
    report.is_healthy = report.is_healthy && answer && answer->is_ready;
    report.services.push_back(std::move(line));
}

void ask_gateway(Report& report, const Instance& instance) {
    const int status = get_status(instance.url + "/_onput/readyz");
    const bool is_ready = status == 200;
    report.services.push_back({.name = "gateway",
                               .state = is_ready      ? "ready"
                                        : status == 0 ? "not reachable"
                                                      : "waiting for services"});
    report.is_healthy = report.is_healthy && is_ready;
}

// What metrics say of one bucket.
struct BucketUsage {
    double objects = 0;
    double versions = 0;
    double bytes = 0;
    double uploads = 0;
};

std::map<std::string, BucketUsage> usage_of(const std::vector<schema::Metric>& metrics) {
    constexpr std::array<std::pair<std::string_view, double BucketUsage::*>, 4> parts{
        {{"onput_storage_bucket_objects{bucket=\"", &BucketUsage::objects},
         {"onput_storage_bucket_versions{bucket=\"", &BucketUsage::versions},
         {"onput_storage_bucket_bytes{bucket=\"", &BucketUsage::bytes},
         {"onput_storage_bucket_uploads{bucket=\"", &BucketUsage::uploads}}};
    std::map<std::string, BucketUsage> usage;
    for (const auto& metric : metrics) {
        for (const auto& [prefix, part] : parts) {
            if (!metric.name.starts_with(prefix)) continue;
            const auto label = std::string_view(metric.name).substr(prefix.size());
            usage[std::string(label.substr(0, label.find('"')))].*part = metric.value;
        }
    }
    return usage;
}

double value_of(const std::vector<schema::Metric>& metrics, std::string_view name) {
    const auto found = std::ranges::find(metrics, name, &schema::Metric::name);
    return found == metrics.end() ? 0 : found->value;
}

std::string whole(double value) {
    return fmt::format("{:.0f}", value);
}

void write_storage(json::Writer& out, const std::vector<schema::Metric>& metrics) {
    const auto number = [&out](std::string_view name, double value) {
        out.name(name);
        out.natural(static_cast<std::uint64_t>(std::max(0.0, value)));
    };
    number("damaged_objects", value_of(metrics, damaged_metric));
    out.name("buckets");
    out.begin_array();
    for (const auto& [bucket, usage] : usage_of(metrics)) {
        out.begin_object();
        out.name("bucket");
        out.text(bucket);
        number("objects", usage.objects);
        number("versions", usage.versions);
        number("bytes", usage.bytes);
        number("uploads", usage.uploads);
        out.end_object();
    }
    out.end_array();
}

void print_storage(const std::vector<schema::Metric>& metrics) {
    const auto usage = usage_of(metrics);
    if (!usage.empty()) {
        Table buckets({"BUCKET", "OBJECTS", "OLDER VERSIONS", "BYTES", "UPLOADS"});
        for (const auto& [bucket, used] : usage) {
            buckets.add({bucket, whole(used.objects), whole(used.versions),
                         human_bytes(static_cast<std::uint64_t>(std::max(0.0, used.bytes))),
                         whole(used.uploads)});
        }
        fmt::print("\n{}", buckets.text());
    }
    if (const double damaged = value_of(metrics, damaged_metric); damaged > 0) {
        fmt::print("\n{}\n",
                   painted(fmt::format("{} objects are damaged: the log of storage names them, and "
                                       "so does onput fsck once it is stopped",
                                       whole(damaged)),
                           Tone::bad));
    }
}

std::string as_json(const Report& report) {
    json::Writer out;
    out.begin_object();
    out.name("healthy");
    out.boolean(report.is_healthy);
    out.name("services");
    out.begin_array();
    for (const auto& line : report.services) {
        out.begin_object();
        out.name("name");
        out.text(line.name);
        out.name("state");
        out.text(line.state);
        out.name("pid");
        line.pid ? out.natural(*line.pid) : out.null();
        out.name("started_at");
        line.started_at ? out.text(format_iso8601_millis(*line.started_at)) : out.null();
        out.end_object();
    }
    out.end_array();
    out.name("functions");
    schema::detail::write_json(out, report.functions.functions);
    out.name("destinations");
    schema::detail::write_json(out, report.destinations.destinations);
    write_storage(out, report.storage);
    out.name("replication_endpoints");
    schema::detail::write_json(out, report.endpoints.endpoints);
    out.end_object();
    return out.take();
}

void print_tables(const Instance& instance, const std::string& data, const Report& report) {
    fmt::print("{}   {}\n\n", instance.url, printable(data));
    Table services({"SERVICE", "STATE", "PID", "UP"});
    for (const auto& line : report.services) {
        services.add({line.name, line.state, line.pid ? std::to_string(*line.pid) : "-",
                      line.started_at ? human_duration(wall_now() - *line.started_at) : "-"},
                     line.state == "ready" ? Tone::good : Tone::bad);
    }
    fmt::print("{}", services.text());
    if (!report.functions.functions.empty()) {
        Table functions({"FUNCTION", "WORKER", "WORKERS", "WAITING", "RUNNING", "DEAD-LETTERED"});
        for (const auto& state : report.functions.functions) {
            functions.add({state.function.name, state.function.worker,
                           std::to_string(state.workers), std::to_string(state.waiting),
                           std::to_string(state.running), std::to_string(state.dead_lettered)},
                          state.workers == 0 ? Tone::warning : Tone::plain);
        }
        fmt::print("\n{}", functions.text());
    }
    if (!report.destinations.destinations.empty()) {
        Table destinations({"DESTINATION", "OWED", "UNDELIVERED", "FAILURES", "LAST ERROR"});
        for (const auto& state : report.destinations.destinations) {
            destinations.add(
                {address_of(state), std::to_string(state.owed), std::to_string(state.undelivered),
                 std::to_string(state.failures), state.last_error},
                state.last_error.empty() ? Tone::plain : Tone::warning);
        }
        fmt::print("\n{}", destinations.text());
    }
    if (!report.endpoints.endpoints.empty()) {
        Table endpoints({"REPLICATED TO", "ENDPOINT", "STATE", "WAITING", "BYTES", "LAST ERROR"});
        for (const auto& endpoint : report.endpoints.endpoints) {
            endpoints.add({endpoint.buckets, endpoint.url, std::string(state_of(endpoint)),
                           std::to_string(endpoint.pending_versions),
                           human_bytes(endpoint.pending_bytes), endpoint.last_error},
                          has_failed(endpoint) ? Tone::warning : Tone::plain);
        }
        fmt::print("\n{}", endpoints.text());
    }
    print_storage(report.storage);
}

}  // namespace

ExitCode run_status(const GlobalOptions& global) {
    const std::string data = data_directory(global.data);
    const auto instance = read_instance(data);
    if (!instance) return report("status", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    Report found;
    ask_gateway(found, *instance);
    ask_service(found, peers, peers.storage(), "storage");
    ask_service(found, peers, peers.notifier(), "notifier");
    ask_service(found, peers, peers.queue(), "queue");
    if (auto functions = peers.ask(peers.queue(), schema::ListFunctions{}, patience))
        found.functions = std::move(*functions);
    if (auto destinations = peers.ask(peers.notifier(), schema::ListDestinations{}, patience)) {
        found.destinations = std::move(*destinations);
    }
    if (auto endpoints = peers.ask(peers.storage(), schema::ListReplicationEndpoints{}, patience))
        found.endpoints = std::move(*endpoints);
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", as_json(found));
    } else {
        print_tables(*instance, data, found);
    }
    if (!found.is_healthy && !global.quiet) {
        const auto running = find_running(data);
        if (!running) return report("status", running.error());
    }
    return found.is_healthy ? ExitCode::ok : ExitCode::unreachable;
}

}  // namespace onput::ctl
