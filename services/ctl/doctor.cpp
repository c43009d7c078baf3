// `onput doctor`: what this machine and this data directory need for Onput to run well.
#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/json/writer.hpp"
#include "common/runtime/hardening.hpp"
#include "common/schema/function.hpp"
#include "common/schema/notifier.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

// Storage refuses uploads below this much free space (its free_bytes_min), and each of the three
// stores allocates its log ahead.
constexpr std::uint64_t reserve_bytes = 256ULL << 20;
constexpr std::uint64_t logs_bytes = 3 * (75ULL << 20);
constexpr std::uint64_t free_bytes_min = 1ULL << 30;
constexpr rlim_t open_files_min = 4096;

enum class Verdict { good, warning, bad };

struct Finding {
    std::string what;
    Verdict verdict = Verdict::good;
    std::string detail;  // For a warning or a fault: what to do.
};

std::string_view to_string(Verdict verdict) {
    return verdict == Verdict::good ? "ok" : verdict == Verdict::warning ? "warning" : "FAULT";
}

Tone tone_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::good: return Tone::good;
        case Verdict::warning: return Tone::warning;
        default: return Tone::bad;
    }
}

// The folder, or the nearest one above it that exists.
std::filesystem::path existing_part_of(const std::filesystem::path& folder) {
    std::filesystem::path existing = folder;
    while (existing.has_relative_path() && access(existing.c_str(), F_OK) != 0) {
        existing = existing.parent_path();
    }
    return existing;
}

Finding check_disk(const std::string& data) {
    const auto existing = existing_part_of(data);
    struct statvfs status{};
    if (statvfs(existing.c_str(), &status) != 0)
        return {"disk", Verdict::bad, "cannot look at " + existing.string()};
    const std::uint64_t free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    const std::string text = human_bytes(free) + " free at " + existing.string();
    if (free < reserve_bytes + logs_bytes) {
        return {"disk", Verdict::bad,
                fmt::format("{}; uploads are refused below {}, and the services' logs take {}",
                            text, human_bytes(reserve_bytes), human_bytes(logs_bytes))};
    }
    if (free < free_bytes_min) {
        return {"disk", Verdict::warning,
                fmt::format("{}; uploads are refused below {}", text, human_bytes(reserve_bytes))};
    }
    return {"disk", Verdict::good, text};
}

Finding check_confinement() {
    if (runtime::landlock_version() > 0)
        return {"confinement of jobs", Verdict::good, "the kernel has Landlock"};
    return {
        "confinement of jobs", Verdict::warning,
        "the kernel has no Landlock: what breaks into a worker's job can read what the worker's "
        "user can read; run workers as a user of their own, or enable Landlock"};
}

Finding check_writable(const std::string& data, const Result<Instance>& instance) {
    if (instance && instance->is_elsewhere()) {
        return {"data directory", Verdict::good,
                data + " says how to reach an instance that runs elsewhere"};
    }
    // Nothing is made here: what exists of the path says whether the rest can be.
    const auto existing = existing_part_of(data);
    if (!std::filesystem::is_directory(existing) || access(existing.c_str(), W_OK | X_OK) != 0) {
        return {"data directory", Verdict::bad,
                data + " cannot be written; choose another with --data"};
    }
    return {"data directory", Verdict::good, data};
}

Finding check_binaries() {
    std::error_code error;
    const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    std::string missing;
    for (const char* service : {"gateway", "storage", "notifier", "queue", "tts", "image"}) {
        if (access((here / (std::string("onput-") + service)).c_str(), X_OK) != 0)
            missing += std::string(" onput-") + service;
    }
    if (missing.empty()) return {"binaries", Verdict::good, here.string()};
    return {"binaries", Verdict::bad,
            "missing beside this one:" + missing + "; build all of them with deploy/quickstart.sh"};
}

Finding check_voices() {
    for (const char* path :
         {"/usr/lib/x86_64-linux-gnu/espeak-ng-data", "/usr/share/espeak-ng-data",
          "/usr/lib/aarch64-linux-gnu/espeak-ng-data"}) {
        if (std::filesystem::is_directory(path)) return {"voices", Verdict::good, path};
    }
    return {"voices", Verdict::bad, "no espeak-ng data; apt-get install espeak-ng-data"};
}

// Workers of an instance, where functions of its are that nobody runs.
Finding check_workers(const Result<Instance>& instance) {
    if (!instance) return {"workers", Verdict::good, "none needed yet"};
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto functions =
        peers.ask(peers.queue(), schema::ListFunctions{}, std::chrono::seconds(2));
    if (!functions) return {"workers", Verdict::warning, "the queue service does not answer"};
    std::string idle;
    for (const auto& state : functions->functions) {
        if (state.workers == 0) {
            idle += fmt::format("{}{} (onput-{})", idle.empty() ? "" : ", ", state.function.name,
                                state.function.worker);
        }
    }
    if (idle.empty()) return {"workers", Verdict::good, "every function has one"};
    return {"workers", Verdict::warning, "no worker is here for " + idle};
}

bool is_set(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && *value != '\0';
}

// Of an instance that runs: what waits for servers that it does not know.
std::optional<Finding> check_mail_of(const Instance& instance) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    const auto list =
        peers.ask(peers.notifier(), schema::ListDestinations{}, std::chrono::seconds(2));
    if (!list) return {};
    std::map<std::string, std::uint64_t> waiting;  // By what is missing.
    for (const auto& destination : list->destinations) {
        const auto lack = list->unconfigured.find(destination.protocol);
        if (lack != list->unconfigured.end()) waiting[lack->second] += destination.owed;
    }
    if (const auto mail = list->unconfigured.find("email"); mail != list->unconfigured.end()) {
        waiting.try_emplace(mail->second, 0);
    }
    if (waiting.empty()) return Finding{"mail", Verdict::good, "the instance has a mail server"};
    std::string detail;
    for (const auto& [lack, messages] : waiting) {
        detail += fmt::format("{}: {} message{} wait{}; ", lack, messages, messages == 1 ? "" : "s",
                              messages == 1 ? "s" : "");
    }
    return Finding{"mail", Verdict::warning, detail + "set it and start the instance again"};
}

// Of the instance, or of one that is started from this environment.
Finding check_mail(const Result<Instance>& instance) {
    if (instance) {
        if (auto found = check_mail_of(*instance)) return *std::move(found);
    }
    if (is_set("ONPUT_SMTP_URL") || is_set("ONPUT_NOTIFIER_SMTP_URL")) {
        return {"mail", Verdict::good, "ONPUT_SMTP_URL is set"};
    }
    return {"mail", Verdict::warning,
            "ONPUT_SMTP_URL is not set here: mail of an instance started so waits"};
}

// The first file of this name on PATH that can be run.
std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + "/" + name;
        if (access(file.c_str(), X_OK) == 0) return file;
    }
    return "";
}

Finding check_aws() {
    const std::string aws = find_program("aws");
    if (!aws.empty()) return {"aws", Verdict::good, aws};
    return {"aws", Verdict::warning, "no AWS CLI; apt-get install awscli"};
}

Finding check_open_files() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const std::string text = fmt::format("{} open files allowed", limit.rlim_cur);
    if (limit.rlim_cur < open_files_min && limit.rlim_max < open_files_min) {
        return {"open files", Verdict::warning,
                text + "; raise it with ulimit -n for many connections"};
    }
    return {"open files", Verdict::good, text};
}

// Signatures are refused when clocks differ by more than 15 minutes.
Finding check_clock() {
    const auto now = wall_now();
    if (now < from_seconds(1'700'000'000)) {
        return {
            "clock", Verdict::bad,
            "it says " + format_iso8601_millis(now) + "; set it, or every signature is refused"};
    }
    return {"clock", Verdict::good, format_iso8601_millis(now)};
}

bool is_port_taken(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_taken =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return is_taken;
}

Finding check_instance(const std::string& data, const Result<Instance>& instance) {
    if (!instance) {
        if (instance.error().code != ErrorCode::not_found) {
            return {"instance", Verdict::bad, instance.error().message};
        }
        if (is_port_taken(default_port)) {
            return {"instance", Verdict::warning,
                    fmt::format(
                        "none here, and port {} is taken by another program; use onput dev --port",
                        default_port)};
        }
        return {"instance", Verdict::good, fmt::format("none yet; port {} is free", default_port)};
    }
    const int status = get_status(instance->url + "/_onput/readyz");
    if (status == 200) return {"instance", Verdict::good, instance->url + " is ready"};
    const std::string start = instance->is_elsewhere() ? "see its gateway's log"
                                                       : "start it with onput dev --data " + data;
    if (status == 0) {
        return {"instance", Verdict::warning, instance->url + " does not answer; " + start};
    }
    const std::string logs =
        instance->is_elsewhere() ? "the services' logs" : "the logs in " + data + "/log";
    return {"instance", Verdict::bad,
            instance->url + " is not ready; see onput status and " + logs};
}

}  // namespace

ExitCode run_doctor(const GlobalOptions& global) {
    const std::string data = data_directory(global.data);
    const auto instance = read_instance(data);
    const std::vector<Finding> findings{check_binaries(),
                                        check_writable(data, instance),
                                        check_disk(data),
                                        check_confinement(),
                                        check_voices(),
                                        check_workers(instance),
                                        check_mail(instance),
                                        check_aws(),
                                        check_open_files(),
                                        check_clock(),
                                        check_instance(data, instance)};
    bool is_good = true;
    Table table({"CHECK", "RESULT", "DETAIL"});
    json::Writer out;
    out.begin_array();
    for (const auto& finding : findings) {
        is_good = is_good && finding.verdict != Verdict::bad;
        table.add({finding.what, std::string(to_string(finding.verdict)), finding.detail},
                  tone_of(finding.verdict));
        out.begin_object();
        out.name("check");
        out.text(finding.what);
        out.name("result");
        out.text(to_string(finding.verdict));
        out.name("detail");
        out.text(finding.detail);
        out.end_object();
    }
    out.end_array();
    fmt::print("{}", global.output == OutputFormat::json ? out.take() + "\n" : table.text());
    return is_good ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
