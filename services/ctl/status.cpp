// `onput status`: is everything up, and how much is waiting where.
#include <optional>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/function.hpp"
#include "common/schema/json.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

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
