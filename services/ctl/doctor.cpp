// `onput doctor`: what this machine and this data directory need for Onput to run well.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/errno_text.hpp"
#include "common/base/text.hpp"
#include "common/json/writer.hpp"
#include "common/runtime/hardening.hpp"
#include "common/schema/function.hpp"
#include "common/schema/notifier.hpp"
#include "common/service/room.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/replication_endpoints.hpp"
#include "services/ctl/setting.hpp"
#include "services/ctl/voice_pack.hpp"

namespace onput::ctl {
namespace {

// Each of these keeps a store in a folder of its own, which allocates its log ahead and takes
// nothing in below its free_bytes_min (common/service/room.hpp).
constexpr std::array<std::string_view, 3> store_owners{"storage", "notifier", "queue"};
constexpr std::uint64_t log_bytes = 75ULL << 20;
constexpr std::uint64_t comfortable_bytes = 1ULL << 30;
constexpr std::string_view room_metric = "onput_disk_has_room";
constexpr Duration status_patience = std::chrono::seconds(2);
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

// What a service that is started from this environment leaves free.
std::uint64_t reserve_of(std::string_view service) {
    const auto configured =
        parse_number<std::uint64_t>(setting_of({.service = service, .option = "free_bytes_min"}));
    return configured.value_or(service::free_bytes_min_default);
}

// One disk, and the stores that are or will be on it.
struct Disk {
    std::vector<std::string> services;
    std::string path;
    std::uint64_t free_bytes = 0;
    std::uint64_t reserve_bytes = 0;  // Below this the first of them takes nothing in.
};

Finding judge(const Disk& disk, std::string what) {
    const std::string text = fmt::format("{} free at {}", human_bytes(disk.free_bytes), disk.path);
    const std::string services = fmt::format("{}", fmt::join(disk.services, ", "));
    const std::uint64_t logs = disk.services.size() * log_bytes;
    if (disk.free_bytes < disk.reserve_bytes + logs) {
        return {std::move(what), Verdict::bad,
                fmt::format("{}; {}: nothing is taken in below {}, and the logs take {}", text,
                            services, human_bytes(disk.reserve_bytes), human_bytes(logs))};
    }
    if (disk.free_bytes < disk.reserve_bytes + comfortable_bytes) {
        return {std::move(what), Verdict::warning,
                fmt::format("{}; {}: nothing is taken in below {}", text, services,
                            human_bytes(disk.reserve_bytes))};
    }
    return {std::move(what), Verdict::good, text};
}

// Every disk that a store is on; they are one unless somebody mounted several.
std::vector<Finding> check_disks(const std::string& data) {
    std::map<dev_t, Disk> disks;
    std::vector<Finding> findings;
    for (const auto service : store_owners) {
        const auto existing = existing_part_of(fmt::format("{}/{}", data, service));
        struct stat folder{};
        struct statvfs status{};
        if (stat(existing.c_str(), &folder) != 0 || statvfs(existing.c_str(), &status) != 0) {
            findings.push_back({fmt::format("disk of {}", service), Verdict::bad,
                                fmt::format("cannot look at {}: {}; give it to this user, or "
                                            "choose another with --data",
                                            existing.string(), errno_text())});
            continue;
        }
        Disk& disk = disks[folder.st_dev];
        if (disk.services.empty()) disk.path = existing.string();
        disk.services.emplace_back(service);
        disk.free_bytes = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
        disk.reserve_bytes = std::max(disk.reserve_bytes, reserve_of(service));
    }
    for (const auto& [device, disk] : disks) {
        findings.push_back(judge(
            disk, disks.size() == 1 ? "disk"
                                    : fmt::format("disk of {}", fmt::join(disk.services, ", "))));
    }
    return findings;
}

// What the services of an instance that runs say of their disks, wherever those are.
std::vector<Finding> check_room(const Result<Instance>& instance) {
    if (!instance) return {};
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    std::vector<Finding> findings;
    const auto ask = [&](transport::RequestClient& peer, std::string_view service) {
        const auto status = peers.ask(peer, schema::ServiceStatus{}, status_patience);
        if (!status) return;  // Whether it is there is another check's.
        const auto room = std::ranges::find(status->metrics, room_metric, &schema::Metric::name);
        if (room == status->metrics.end() || room->value > 0) return;
        findings.push_back({fmt::format("room for {}", service), Verdict::bad,
                            fmt::format("it takes nothing in, and waits for {}",
                                        fmt::join(status->waiting_for, ", "))});
    };
    ask(peers.storage(), "storage");
    ask(peers.notifier(), "notifier");
    ask(peers.queue(), "queue");
    return findings;
}

// The endpoints that an instance that runs replicates to.
std::vector<Finding> check_replication(const Result<Instance>& instance) {
    if (!instance) return {};
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto list =
        peers.ask(peers.storage(), schema::ListReplicationEndpoints{}, status_patience);
    if (!list) return {};  // Whether it is there is another check's.
    std::vector<Finding> findings;
    for (const auto& endpoint : list->endpoints) {
        const std::string complaint = complaint_of(endpoint);
        findings.push_back({"replication to " + endpoint.buckets,
                            complaint.empty() ? Verdict::good : Verdict::warning,
                            complaint.empty()
                                ? fmt::format("{}: {}", endpoint.url, state_of(endpoint))
                                : complaint + "; it is tried again, what FAILED with onput "
                                              "replicate BUCKET --failed"});
    }
    return findings;
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
    std::error_code error;
    if (!std::filesystem::is_directory(existing, error) ||
        access(existing.c_str(), W_OK | X_OK) != 0) {
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
        std::error_code error;
        if (std::filesystem::is_directory(path, error)) return {"voices", Verdict::good, path};
    }
    return {"voices", Verdict::bad, "no espeak-ng data; apt-get install espeak-ng-data"};
}

Finding check_natural_voice() {
    const std::filesystem::path folder = voices_folder();
    std::error_code error;
    std::string installed;
    for (const std::string& pack : voice_pack_names()) {
        if (!std::filesystem::exists(folder / pack / (pack + ".onnx"), error)) continue;
        installed += (installed.empty() ? "" : ", ") + (folder / pack).string();
    }
    const bool has_voice = !installed.empty();
    const bool has_runtime =
        std::filesystem::exists(folder / "onnxruntime" / "libonnxruntime.so", error);
    if (has_voice && has_runtime) return {"natural voice", Verdict::good, installed};
    if (has_voice || has_runtime) {
        return {"natural voice", Verdict::warning,
                folder.string() + " has a part of it only; onput voices install hibari"};
    }
    return {
        "natural voice", Verdict::good,
        "none: espeak-ng speaks; onput voices install hibari for natural English, kokoro for five "
        "languages more"};
}

// Workers of an instance, where functions of its are that nobody runs.
Finding check_workers(const Result<Instance>& instance) {
    if (!instance) return {"workers", Verdict::good, "none needed yet"};
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto functions = peers.ask(peers.queue(), schema::ListFunctions{}, status_patience);
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
    const auto list = peers.ask(peers.notifier(), schema::ListDestinations{}, status_patience);
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
    std::vector<Finding> findings{check_binaries(), check_writable(data, instance)};
    // An instance elsewhere has its disks elsewhere; its services answer for them.
    if (!instance || !instance->is_elsewhere())
        std::ranges::move(check_disks(data), std::back_inserter(findings));
    std::ranges::move(check_room(instance), std::back_inserter(findings));
    std::ranges::move(check_replication(instance), std::back_inserter(findings));
    std::ranges::move(
        std::initializer_list<Finding>{check_confinement(), check_voices(), check_natural_voice(),
                                       check_workers(instance), check_mail(instance), check_aws(),
                                       check_open_files(), check_clock(),
                                       check_instance(data, instance)},
        std::back_inserter(findings));
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
