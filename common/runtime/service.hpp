// A process from start to end: configuration, logging, signals, loop, status; then graceful end.
//
//     int main(int argc, char** argv) {
//         return onput::runtime::run_service<onput::gateway::Config>(
//             {.name = "gateway", .summary = "AWS protocols over HTTP"}, argc, argv,
//             [](onput::runtime::Process& process, const onput::gateway::Config& config) {
//                 return onput::gateway::GatewayService::open(process, config);
//             });
//     }
//
// A service with a store stands on common/service/host.hpp; its main is service::run.
//
// SIGTERM and SIGINT: `drain` is called, and the loop ends when it says that it is done, or after
// drain_timeout_ms. The process exits with 0 after a clean end, 2 on a configuration fault, 1 when
// it cannot start or its store failed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/runtime/config.hpp"
#include "common/schema/wire.hpp"
#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"

namespace onput::runtime {

inline constexpr std::string_view version = "0.1.0";

struct ServiceInfo {
    std::string name;
    std::string summary;  // One line of --help.
};

// Options that every service has; its own Config is visited beside it.
struct CommonConfig {
    std::string config;  // Path of the TOML file.
    std::string log_level = "info";
    std::string log_format = "text";
    std::uint32_t drain_timeout_ms = 10'000;
    std::string health_listen;  // Empty: no health over HTTP.

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("config", self.config, "TOML file with the options below.");
        option("log_level", self.log_level, "debug, info, warn or error.");
        option("log_format", self.log_format, "text or json.");
        option("drain_timeout_ms", self.drain_timeout_ms,
               "Time for work in hand after SIGTERM, milliseconds.");
        option("health_listen", self.health_listen,
               "Address and port of livez, readyz and metrics over HTTP; empty: none.");
    }
};

// Who a process is, to those who ask.
struct Identity {
    std::string name;
    Timestamp started_at;
};

// What a process gives its service.
class Process {
public:
    virtual ~Process() = default;
    [[nodiscard]] virtual transport::Loop& loop() = 0;
    [[nodiscard]] virtual Random& random() = 0;
    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual Timestamp started_at() const = 0;
    [[nodiscard]] Identity identity() const { return {name(), started_at()}; }
    // Ends the process with status 1 after logging; for failed stores and broken peers. Does not
    // return.
    [[noreturn]] virtual void fail(const Error& error) = 0;
};

// What a process runs. Lives on the loop's thread.
class Service {
public:
    virtual ~Service() = default;

    // SIGTERM: take no new work. Call `done` when nothing is in hand any more.
    virtual void drain(std::function<void()> done) { done(); }  // NOLINT: overriders keep it.

    // For service.status: empty `waiting_for` means ready.
    [[nodiscard]] virtual std::vector<std::string> waiting_for() const { return {}; }
    [[nodiscard]] virtual std::vector<schema::Metric> metrics() const { return {}; }
};

// Its own metrics, and those that every process has: version, start, memory.
std::vector<schema::Metric> all_metrics(const Identity& process, const Service& service);

// Answers service.status for `service`; every request handler tries this first.
bool answer_status(const transport::Request& request, transport::RequestServer& server,
                   const Identity& process, const Service& service);

namespace detail {

struct Launch {
    ServiceInfo info;
    std::vector<Option> options;
    std::function<std::vector<std::string>()> validate;
    std::function<Result<std::unique_ptr<Service>>(Process&)> open;
    const CommonConfig* common = nullptr;
};
int run(Launch launch, int argc, char** argv);

}  // namespace detail

// The options as run_service() will read them, for what has to be done while a process has one
// thread. Faults are run_service()'s to tell: what could not be read has its default here.
template <typename Config>
Config read_early(const ServiceInfo& info, int argc, char** argv) {
    Config config;
    CommonConfig common;
    auto options = options_of(common);
    for (auto& option : options_of(config)) options.push_back(std::move(option));
    static_cast<void>(load_options(options, {.service = info.name,
                                             .file = {},
                                             .environment = process_environment(),
                                             .arguments = {argv + 1, argv + argc}}));
    return config;
}

template <typename Config, typename Open>
int run_service(const ServiceInfo& info, int argc, char** argv, Open open) {
    Config config;
    CommonConfig common;
    auto options = options_of(common);
    for (auto& option : options_of(config)) options.push_back(std::move(option));
    return detail::run(
        {.info = info,
         .options = std::move(options),
         .validate = [&config] { return config.validate(); },
         .open = [&config, &open](Process& process) { return open(process, config); },
         .common = &common},
        argc, argv);
}

}  // namespace onput::runtime
