// `onput dev`: every service in one supervisor, ready to use.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/log.hpp"
#include "common/base/printable.hpp"
#include "common/runtime/hardening.hpp"
#include "common/runtime/supervisor.hpp"
#include "common/schema/function.hpp"
#include "common/transport/bus.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/dev_keys.hpp"
#include "services/ctl/function_code.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline.hpp"
#include "services/ctl/record_body.hpp"
#include "services/ctl/restore_plan.hpp"
#include "services/ctl/run_as.hpp"

namespace onput::ctl {
namespace {

constexpr Duration start_patience = std::chrono::seconds(60);
constexpr Duration poll_period = std::chrono::milliseconds(20);

// Of each stage; above the time that a service takes for its own end (drain_timeout_ms).
constexpr Duration stop_grace = std::chrono::seconds(12);

// Who calls is ended before whom he calls: a request that a gateway still answers, the access log
// that it collected, and the result of a job find storage there, and its events the notifier.
enum class StopStage : std::uint32_t { gateway, workers, storage, notifier, queue };

std::string binary_directory() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

// Whose a variable with a secret is, by how its name begins; one of nobody's is given to nobody.
struct SecretOwner {
    std::string_view prefix;
    std::string_view service;
};
constexpr std::array secret_owners{SecretOwner{"ONPUT_KEYS_", "gateway"},
                                   SecretOwner{"ONPUT_MASTER_KEYS_", "storage"},
                                   SecretOwner{"ONPUT_MASTER_KEYS_", "notifier"},
                                   SecretOwner{"ONPUT_KMS_KEYS_", "storage"},
                                   SecretOwner{"ONPUT_SMTP_", "notifier"},
                                   SecretOwner{"ONPUT_SMS_", "notifier"},
                                   SecretOwner{"ONPUT_REPLICATION_KEYS_", "storage"}};
constexpr std::array<std::string_view, 3> secret_words{"SECRET", "PASSWORD", "TOKEN"};

bool is_withheld(std::string_view name, std::string_view service) {
    const auto is_in_name = [name](std::string_view word) {
        return name.find(word) != std::string_view::npos;
    };
    if (!std::ranges::any_of(secret_words, is_in_name)) return false;
    return std::ranges::none_of(secret_owners, [&](const SecretOwner& owner) {
        return owner.service == service && name.starts_with(owner.prefix);
    });
}

// Secrets in our environment that this service has no use for.
std::vector<std::string> secrets_of_others(std::string_view service) {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        if (is_withheld(name, service)) names.emplace_back(name);
    }
    return names;
}

// Handlers run in bubblewrap's sandboxes; without it there are no workers for them.
std::uint32_t function_workers(const DevOptions& options) {
    return ::access("/usr/bin/bwrap", X_OK) == 0 ? options.function_workers : 0;
}

// Command lines of the services of one instance, peers after those that they call.
class Layout {
public:
    Layout(std::string data, const Instance& instance, const DevOptions& options)
        : data_(std::move(data)), instance_(instance), options_(options) {}

    [[nodiscard]] std::vector<runtime::ChildSpec> children() const {
        std::vector<runtime::ChildSpec> all;
        all.push_back(child("queue", StopStage::queue,
                            {"--data", data_ + "/queue", "--endpoints", instance_.queue_endpoint,
                             "--lane-endpoints", instance_.lane_endpoint, "--notifier-endpoint",
                             instance_.notifier_endpoint}));
        auto notifier =
            child("notifier", StopStage::notifier,
                  {"--data", data_ + "/notifier", "--endpoints", instance_.notifier_endpoint,
                   "--bus-endpoints", instance_.bus_endpoint, "--queue-endpoint",
                   instance_.queue_endpoint});
        // Links in messages lead here, unless the environment names a place that others can reach.
        if (std::getenv("ONPUT_PUBLIC_URL") == nullptr) {  // NOLINT(concurrency-mt-unsafe)
            notifier.arguments.insert(notifier.arguments.end(), {"--public-url", instance_.url});
        }
        all.push_back(std::move(notifier));
        all.push_back(
            child("storage", StopStage::storage,
                  {"--data", data_ + "/storage", "--endpoints", instance_.storage_endpoint,
                   "--notifier-endpoint", instance_.notifier_endpoint}));
        all.push_back(
            child("gateway", StopStage::gateway,
                  {"--listen", instance_.url.substr(std::strlen("http://")), "--storage-endpoint",
                   instance_.storage_endpoint, "--notifier-endpoint", instance_.notifier_endpoint,
                   "--queue-endpoint", instance_.queue_endpoint, "--session-key-file",
                   session_key_file(), "--development-keys"}));
        add_workers("tts", options_.tts_workers, all);
        add_workers("image", options_.image_workers, all);
        add_workers("function", function_workers(options_), all);
        return all;
    }

private:
    void add_workers(const std::string& kind, std::uint32_t count,
                     std::vector<runtime::ChildSpec>& all) const {
        for (std::uint32_t i = 1; i <= count; ++i) {
            auto worker = child(kind, StopStage::workers,
                                {"--storage-endpoint", instance_.storage_endpoint,
                                 "--queue-lane-endpoint", instance_.lane_endpoint, "--lane-bind",
                                 "ipc://" + instance_.socket_directory + "/lane-{id}.sock"});
            if (kind == "function") add_function_options(worker.arguments);
            worker.name = fmt::format("{}-{}", kind, i);
            worker.log_file = fmt::format("{}/log/{}-{}.log", data_, kind, i);
            all.push_back(std::move(worker));
        }
    }

    void add_function_options(std::vector<std::string>& arguments) const {
        arguments.insert(arguments.end(),
                         {"--gateway-address", instance_.url.substr(std::strlen("http://")),
                          "--session-key-file", session_key_file(), "--queue-endpoint",
                          instance_.queue_endpoint});
    }

    [[nodiscard]] std::string session_key_file() const { return data_ + "/session.key"; }

    [[nodiscard]] runtime::ChildSpec child(const std::string& service, StopStage stage,
                                           std::vector<std::string> arguments) const {
        runtime::ChildSpec spec{.name = service,
                                .arguments = {binary_directory() + "/onput-" + service},
                                .withheld = secrets_of_others(service),
                                .log_file = data_ + "/log/" + service + ".log",
                                .stop_stage = static_cast<std::uint32_t>(stage)};
        for (auto& argument : arguments) spec.arguments.push_back(std::move(argument));
        spec.arguments.insert(spec.arguments.end(), {"--log-level", options_.log_level});
        return spec;
    }

    std::string data_;
    const Instance& instance_;
    const DevOptions& options_;
};

// Held until this process ends, however it ends: a second dev would take the sockets away from the
// first one's services.
Result<void> claim(const std::string& data) {
    const std::string path = data + "/dev.lock";
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorCode::unavailable, "open " + path + ": " + errno_text());
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    close(fd);
    return fail(ErrorCode::conflict, "an onput dev runs already in " + data +
                                         "; end that one, or choose another directory with --data");
}

Result<Instance> lay_out(const std::string& data, const DevOptions& options) {
    ONPUT_TRY_VOID(check_is_no_copy(data));
    if (access(data.c_str(), X_OK) != 0 && errno == EACCES) return belongs_to_another(data);
    ONPUT_TRY_VOID(check_is_restored(data));
    std::error_code error;
    std::filesystem::create_directories(data + "/log", error);
    const auto is_anothers = [&data] { return access(data.c_str(), F_OK) == 0 || errno == EACCES; };
    if (error == std::errc::permission_denied && is_anothers()) return belongs_to_another(data);
    if (error) return fail(ErrorCode::unavailable, "create " + data + ": " + error.message());
    ONPUT_TRY_VOID(claim(data));
    ONPUT_TRY(const auto sockets, make_socket_directory(data));
    ONPUT_TRY(const std::uint16_t port, free_port(options.port));
    const auto socket = [&sockets](std::string_view name) {
        return fmt::format("ipc://{}/{}.sock", sockets, name);
    };
    return Instance{.url = fmt::format("http://127.0.0.1:{}", port),
                    .storage_endpoint = socket("storage"),
                    .notifier_endpoint = socket("notifier"),
                    .queue_endpoint = socket("queue"),
                    .bus_endpoint = socket("bus"),
                    .lane_endpoint = socket("lanes"),
                    .socket_directory = sockets};
}

// Signals as events of the loop. Must be blocked before any thread starts.
int open_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Brings the instance up step by step while the loop runs: services answer, workers are there, the
// pipeline is applied.
class Starter {
public:
    Starter(const Instance& instance, const DevOptions& options,
            const std::vector<Pipeline>& pipelines)
        : instance_(instance), options_(options), pipelines_(pipelines) {}

    // Blocks, in a loop of its own, until ready or until `is_cancelled`.
    template <typename Cancelled>
    Result<void> run(transport::Loop& loop, Cancelled is_cancelled) {
        Peers peers(loop, instance_);
        const auto deadline = std::chrono::steady_clock::now() + start_patience;
        std::string missing = "the services";
        const auto wait_until = [&](auto condition) -> Result<void> {
            while (!condition()) {
                if (is_cancelled()) return fail(ErrorCode::unavailable, "stopped while starting");
                if (std::chrono::steady_clock::now() > deadline) {
                    return fail(ErrorCode::timeout,
                                "still waiting for " + missing + " after 60 s; see the logs");
                }
                loop.after(poll_period, [&loop] { loop.stop(); });
                loop.run();
            }
            return {};
        };
        const auto is_ready = [&](transport::RequestClient& peer, const char* name) {
            missing = name;
            const auto status = peers.ask(peer, schema::ServiceStatus{}, std::chrono::seconds(1));
            return status && status->is_ready;
        };
        ONPUT_TRY_VOID(wait_until([&] { return is_ready(peers.queue(), "queue"); }));
        ONPUT_TRY_VOID(wait_until([&] { return is_ready(peers.notifier(), "notifier"); }));
        ONPUT_TRY_VOID(wait_until([&] { return is_ready(peers.storage(), "storage"); }));
        missing = "gateway";
        ONPUT_TRY_VOID(
            wait_until([&] { return get_status(instance_.url + "/_onput/readyz") == 200; }));
        ONPUT_TRY_VOID(apply_pipelines(peers));
        missing = "the workers";
        return wait_until([&] { return !has_idle_function(peers); });
    }

private:
    Result<void> apply_pipelines(Peers& peers) {
        std::vector<PipelineChange> changes;
        for (const auto& pipeline : pipelines_) {
            ONPUT_TRY_VOID(apply_pipeline(pipeline, instance_, peers, changes));
        }
        return {};
    }

    [[nodiscard]] bool is_ours(const std::string& worker) const {
        return (worker == "tts" && options_.tts_workers > 0) ||
               (worker == "image" && options_.image_workers > 0) ||
               (worker == "function" && function_workers(options_) > 0);
    }

    // A function of ours that no worker serves yet.
    bool has_idle_function(Peers& peers) const {
        const auto list = peers.ask(peers.queue(), schema::ListFunctions{});
        if (!list) return true;
        for (const auto& state : list->functions) {
            if (is_ours(state.function.worker) && state.workers == 0) return true;
        }
        return false;
    }

    const Instance& instance_;
    const DevOptions& options_;
    const std::vector<Pipeline>& pipelines_;
};

// All that will be applied: a file that cannot be read ends it before anything is started.
Result<std::vector<Pipeline>> read_pipelines(const DevOptions& options) {
    std::vector<Pipeline> all;
    for (const auto& file : default_pipelines()) {
        if (!options.has_pipeline) break;
        ONPUT_TRY(all.emplace_back(), parse_pipeline(file.text, std::string(file.name)));
    }
    for (const auto& file : options.pipelines) {
        ONPUT_TRY(all.emplace_back(), read_pipeline(file));
    }
    return all;
}

void print_banner(const std::string& data, const Instance& instance, const GlobalOptions& global) {
    if (!global.quiet) {
        fmt::print(stderr,
                   "Onput runs in {}\n"
                   "  endpoint   {}   (S3, SQS, SNS)\n"
                   "  keys       {} / {}   region {}   account {}\n"
                   "  logs       {}/log\n\n"
                   "Try, in another terminal:\n"
                   "  onput --data {} aws -- s3 cp book.txt s3://inbox/   (or a photo)\n"
                   "  onput --data {} trace --wait 60 s3://inbox/book.txt\n"
                   "  onput --data {} tail\n\n",
                   data, instance.url, instance.access_key, instance.secret, instance.region,
                   instance.account, data, data, data, data);
    }
    fmt::print("ready {}\n", instance.url);
    std::fflush(stdout);
}

void report_child(const runtime::ChildState& child) {
    if (child.pid != 0) {
        log::info("service started",
                  {{"name", child.name}, {"pid", child.pid}, {"restarts", child.restarts}});
    } else {
        log::warn("service ended", {{"name", child.name}, {"how", child.last_end}});
    }
}

// Logs each job that fails for good from now on.
std::unique_ptr<transport::BusReader> watch_failures(transport::Loop& loop,
                                                     const Instance& instance, Peers& peers) {
    const auto on_record = [](const schema::JournalRecord& record) {
        const auto body = read_record_body(record.body);
        if (!body || !std::holds_alternative<schema::JobFailed>(*body)) return;
        log::warn("job failed",
                  {{"object", printable(subject_of(*body))}, {"how", printable(detail_of(*body))}});
    };
    const auto on_failed = [](const Error& error) {
        log::warn("failures of jobs are not shown", {{"error", error.message}});
    };
    return transport::BusReader::follow(loop, instance.bus_endpoint, peers.notifier(), {},
                                        {.on_record = on_record,
                                         .on_fetched = {},
                                         .on_truncated = {},
                                         .on_epoch = {},
                                         .on_caught_up = {},
                                         .on_failed = on_failed});
}

ExitCode supervise(const std::string& data, const GlobalOptions& global,
                   const DevOptions& options) {
    const int signals = open_signals();
    const auto pipelines = read_pipelines(options);
    if (!pipelines) return report("dev", pipelines.error());
    const auto instance = lay_out(data, options);
    if (!instance) return report("dev", instance.error());
    const auto keys = master_key_environment(data);
    if (!keys) return report("dev", keys.error());
    transport::Context context;
    transport::Loop loop(context);
    bool is_stopping = false;
    // While everything is being ended, an end is no news.
    const auto supervisor = runtime::Supervisor::create(loop, [&is_stopping](const auto& child) {
        if (!is_stopping) report_child(child);
    });
    loop.watch(signals, [&loop, &is_stopping, signals] {
        signalfd_siginfo info{};
        while (read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            // Services end in stages, and one more signal cuts none short; but who presses Ctrl-C
            // again does not want to wait.
            if (!is_stopping || info.ssi_signo == SIGINT) loop.stop();
            is_stopping = true;
        }
    });
    Result<void> outcome;
    for (auto& spec : Layout(data, *instance, options).children()) {
        if (spec.name == "storage" || spec.name == "notifier") spec.environment = *keys;
        if (outcome) outcome = supervisor->start(std::move(spec));
    }
    if (outcome) outcome = write_instance(data, *instance);
    if (outcome)
        outcome = Starter(*instance, options, *pipelines).run(loop, [&is_stopping] {
            return is_stopping;
        });
    if (outcome) print_banner(data, *instance, global);
    std::optional<Peers> peers;
    std::unique_ptr<transport::BusReader> failures;
    if (outcome && !is_stopping)
        failures = watch_failures(loop, *instance, peers.emplace(loop, *instance));
    while (outcome && !is_stopping) loop.run();
    supervisor->stop_all(stop_grace, [&loop] { loop.stop(); });
    loop.run();
    std::error_code ignored;
    std::filesystem::remove_all(instance->socket_directory, ignored);
    if (!outcome && !is_stopping) return report("dev", outcome.error());
    return ExitCode::ok;
}

}  // namespace

ExitCode run_dev(const GlobalOptions& global, const DevOptions& options) {
    log::configure({.service = "dev",
                    .level = global.quiet ? log::Level::warn : log::Level::info,
                    .json = false});
    const std::string data = data_directory(global.data);
    // Another user makes a process dumpable or not, so that comes first.
    if (auto left = leave_root(data); !left) return report("dev", left.error());
    runtime::harden_process();
    return supervise(data, global, options);
}

}  // namespace onput::ctl
