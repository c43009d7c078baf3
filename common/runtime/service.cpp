#include "common/runtime/service.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/check.hpp"
#include "common/base/log.hpp"
#include "common/runtime/hardening.hpp"
#include "common/runtime/health.hpp"
#include "common/runtime/service_manager.hpp"

namespace onput::runtime {
namespace {

constexpr int exit_clean = 0;
constexpr int exit_failed = 1;
constexpr int exit_configuration = 2;

void print(std::FILE* to, const std::string& text) {
    // Nothing can be done when this fails.
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), to));
    static_cast<void>(std::fflush(to));
}

std::optional<log::Level> parse_level(std::string_view text) {
    if (text == "debug") return log::Level::debug;
    if (text == "info") return log::Level::info;
    if (text == "warn") return log::Level::warn;
    if (text == "error") return log::Level::error;
    return {};
}

std::vector<std::string> validate_common(const CommonConfig& common) {
    std::vector<std::string> faults;
    if (!parse_level(common.log_level)) {
        faults.push_back("log_level is none of debug, info, warn, error: \"" + common.log_level +
                         "\"");
    }
    if (common.log_format != "text" && common.log_format != "json") {
        faults.push_back("log_format is neither text nor json: \"" + common.log_format + "\"");
    }
    return faults;
}

bool is_secret(std::string_view name) {
    return name.find("secret") != std::string_view::npos ||
           name.find("password") != std::string_view::npos;
}

void log_configuration(const std::vector<Option>& options) {
    std::string text;
    for (const Option& option : options) {
        std::string value = option.show();
        if (is_secret(option.name) && !value.empty()) value = "***";
        if (!text.empty()) text += ' ';
        text += option.name + "=" + value;
    }
    log::info("configuration", {{"options", text}});
}

// SIGTERM and SIGINT as a file descriptor. Made before any thread, so that every thread inherits
// the mask and none is interrupted.
class EndSignals {
public:
    EndSignals() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        ONPUT_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
        fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        ONPUT_CHECK(fd_ >= 0);
        // Writing to a peer that is gone is an error of that write, not our end.
        ONPUT_CHECK(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    }
    ~EndSignals() { ::close(fd_); }
    EndSignals(const EndSignals&) = delete;
    EndSignals& operator=(const EndSignals&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    // True once per signal that has come.
    [[nodiscard]] bool take() const {
        signalfd_siginfo info{};
        return ::read(fd_, &info, sizeof(info)) == sizeof(info);
    }

private:
    int fd_ = -1;
};

class RunningProcess final : public Process {
public:
    RunningProcess(std::string name, transport::Loop& loop)
        : name_(std::move(name)),
          loop_(loop),
          random_(Random::from_system()),
          started_at_(wall_now()) {}

    [[nodiscard]] transport::Loop& loop() override { return loop_; }
    [[nodiscard]] Random& random() override { return random_; }
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] Timestamp started_at() const override { return started_at_; }
    [[noreturn]] void fail(const Error& error) override {
        log::error("process failed", {{"code", to_string(error.code)}, {"error", error.message}});
        // Nothing is unwound: after a failed sync no destructor may write once more.
        ::_exit(exit_failed);
    }

private:
    std::string name_;
    transport::Loop& loop_;
    Random random_;
    Timestamp started_at_;
};

// The first signal drains, the second ends at once.
class Ending {
public:
    struct Parts {
        transport::Loop& loop;
        Service& service;
        const EndSignals& signals;
        ServiceManager& manager;
        Duration timeout;
    };
    explicit Ending(const Parts& parts)
        : loop_(parts.loop),
          service_(parts.service),
          signals_(parts.signals),
          manager_(parts.manager),
          timeout_(parts.timeout) {
        loop_.watch(signals_.fd(), [this] { on_signal(); });
    }
    ~Ending() { loop_.unwatch(signals_.fd()); }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

private:
    void on_signal() {
        while (signals_.take()) {
            if (is_draining_) return loop_.stop();
            is_draining_ = true;
            manager_.stopping();
            log::info("draining", {{"timeout_ms", timeout_ / std::chrono::milliseconds(1)}});
            loop_.after(timeout_, [this] {
                log::warn("drain timeout is over, ending with work in hand");
                loop_.stop();
            });
            service_.drain([this] { loop_.stop(); });
        }
    }

    transport::Loop& loop_;
    Service& service_;
    const EndSignals& signals_;
    ServiceManager& manager_;
    Duration timeout_;
    bool is_draining_ = false;
};

int serve(detail::Launch& launch) {
    const EndSignals signals;
    auto manager = ServiceManager::from_environment();
    transport::Context context;
    transport::Loop loop(context);
    RunningProcess process(launch.info.name, loop);
    auto service = launch.open(process);
    if (!service) {
        log::error("start failed",
                   {{"code", to_string(service.error().code)}, {"error", service.error().message}});
        return exit_failed;
    }
    std::unique_ptr<HealthServer> health;
    if (!launch.common->health_listen.empty()) {
        auto listening =
            HealthServer::listen(loop, launch.common->health_listen, [&process, &service] {
                return HealthReport{.waiting_for = (*service)->waiting_for(),
                                    .metrics = all_metrics(process.identity(), **service)};
            });
        if (!listening) {
            log::error("start failed", {{"error", listening.error().message}});
            return exit_failed;
        }
        health = *std::move(listening);
    }
    {
        const Ending ending(
            {.loop = loop,
             .service = **service,
             .signals = signals,
             .manager = manager,
             .timeout = std::chrono::milliseconds(launch.common->drain_timeout_ms)});
        manager.start(loop, [&service] { return (*service)->waiting_for(); });
        log::info("started", {{"version", version}, {"pid", ::getpid()}});
        loop.run();
    }
    health.reset();
    service->reset();
    log::info("ended");
    return exit_clean;
}

Result<ConfigRequest> configure(detail::Launch& launch, int argc, char** argv) {
    ONPUT_TRY(const ConfigRequest request,
              load_options(launch.options, {.service = launch.info.name,
                                            .environment = process_environment(),
                                            .arguments = {argv + 1, argv + argc}}));
    if (request.help_wanted || request.version_wanted) return request;
    std::vector<std::string> faults = validate_common(*launch.common);
    for (std::string& fault : launch.validate()) faults.push_back(std::move(fault));
    if (faults.empty()) return request;
    std::string message;
    for (const std::string& fault : faults) message += (message.empty() ? "" : "\n") + fault;
    return fail(ErrorCode::invalid_argument, std::move(message));
}

}  // namespace

namespace detail {

int run(Launch launch, int argc, char** argv) {
    const std::string program = "onput-" + launch.info.name;
    const auto request = configure(launch, argc, argv);
    if (!request) {
        print(stderr, program + ": the configuration has faults:\n" + request.error().message +
                          "\nTry " + program + " --help.\n");
        return exit_configuration;
    }
    if (request->help_wanted) {
        print(stdout, program + ": " + launch.info.summary + "\n\n" +
                          help_text(launch.info.name, launch.options));
        return exit_clean;
    }
    if (request->version_wanted) {
        print(stdout, program + " " + std::string(version) + "\n");
        return exit_clean;
    }
    log::configure({.service = launch.info.name,
                    .level = parse_level(launch.common->log_level).value_or(log::Level::info),
                    .json = launch.common->log_format == "json"});
    harden_process();
    log_configuration(launch.options);
    return serve(launch);
}

}  // namespace detail

}  // namespace onput::runtime
