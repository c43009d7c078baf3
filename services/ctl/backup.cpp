// `onput backup`: all services of a running instance, as of one moment, into one directory.
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/json/writer.hpp"
#include "services/ctl/backup_run.hpp"
#include "services/ctl/dev_keys.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/fsck.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

using Checked = std::optional<std::vector<FolderReport>>;

void write_services(json::Writer& out, const BackupRun::Replies& replies) {
    constexpr std::array names{"storage", "notifier", "queue"};
    out.name("services");
    out.begin_array();
    for (std::size_t i = 0; i < replies.size(); ++i) {
        out.begin_object();
        out.name("name");
        out.text(names[i]);
        out.name("files");
        out.natural(replies[i].files);
        out.name("bytes");
        out.natural(replies[i].bytes);
        out.end_object();
    }
    out.end_array();
}

void print_json(const std::string& target, const BackupRun::Replies& replies,
                const Checked& checked) {
    json::Writer out;
    out.begin_object();
    out.name("target");
    out.text(target);
    write_services(out, replies);
    // What `onput fsck -o json` says of the copy; null where it is on other machines.
    out.name("fsck");
    checked ? write_json(out, *checked) : out.null();
    out.end_object();
    fmt::print("{}\n", out.take());
}

void print_table(const BackupRun::Replies& replies, const Checked& checked) {
    constexpr std::array names{"storage", "notifier", "queue"};
    Table table({"SERVICE", "FILES", "BYTES"});
    for (std::size_t i = 0; i < replies.size(); ++i) {
        table.add({names[i], fmt::format("{}", replies[i].files), human_bytes(replies[i].bytes)});
    }
    fmt::print("{}", table.text());
    if (!checked) return;
    for (const auto& folder : *checked) fmt::print("{}", as_text(folder));
    if (std::ranges::all_of(*checked, &FolderReport::is_sound)) fmt::print("no damage is left\n");
}

// The services have compared their copies with what they read. Damage that was there before is
// copied as well: this names it. Nothing when the copy is on other machines.
Result<Checked> check_copy(const GlobalOptions& global, const Instance& instance,
                           const std::string& target) {
    std::error_code error;
    const bool is_here = std::filesystem::exists(target + "/storage", error);
    if (!is_here && !error && instance.is_elsewhere()) {
        if (!global.quiet) {
            fmt::print(stderr,
                       "The backup is on the machines of the services: run \"onput --data {} "
                       "fsck\" there to look for older damage in it.\n",
                       target);
        }
        return std::nullopt;
    }
    auto checked = check_data(target, {.cold_data = target + "/storage/cold"});
    if (!checked) {
        return std::unexpected(std::move(checked).error().with_context(
            "the backup is done, and cannot be looked at for older damage"));
    }
    return *std::move(checked);
}

// Whoever has the backup and the keys has the objects: they are no part of it.
void tell_of_keys(const Instance& instance, const std::string& data) {
    const std::string keys = master_key_file(data);
    std::error_code error;
    if (instance.is_elsewhere() || !std::filesystem::exists(keys, error)) return;
    fmt::print(stderr,
               "Objects that are encrypted (SSE-S3) open with {} alone, which is not in the "
               "backup: keep a copy of it apart, and put it into the restored data directory.\n",
               keys);
}

}  // namespace

ExitCode run_backup(const GlobalOptions& global, const std::string& target) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("backup", instance.error());
    std::error_code error;
    const std::string path = std::filesystem::absolute(target, error).lexically_normal().string();
    if (error) {
        return report("backup", {.code = ErrorCode::invalid_argument,
                                 .message = fmt::format("'{}' is no directory's name: {}", target,
                                                        error.message())});
    }
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto replies = BackupRun(global, peers, {.target = path}).run();
    if (!replies) return report("backup", replies.error());
    const auto checked = check_copy(global, *instance, path);
    const Checked found = checked ? *checked : std::nullopt;
    if (global.output == OutputFormat::json) {
        print_json(path, *replies, found);
    } else {
        print_table(*replies, found);
    }
    if (!checked) return report("backup", checked.error());
    if (!global.quiet) tell_of_keys(*instance, data_directory(global.data));
    const bool is_sound = !found || std::ranges::all_of(*found, &FolderReport::is_sound);
    return is_sound ? ExitCode::ok : ExitCode::failed;
}

}  // namespace onput::ctl
