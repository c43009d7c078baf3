// `onput backup`: all services of a running instance, as of one moment, into one directory.
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "common/json/writer.hpp"
#include "common/store/backup_manifest.hpp"
#include "services/ctl/backup_run.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

void print(const GlobalOptions& global, const std::string& target,
           const BackupRun::Replies& replies) {
    constexpr std::array names{"storage", "notifier", "queue"};
    if (global.output == OutputFormat::json) {
        json::Writer out;
        out.begin_object();
        out.name("target");
        out.text(target);
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
        out.end_object();
        fmt::print("{}\n", out.take());
        return;
    }
    Table table({"SERVICE", "FILES", "BYTES"});
    for (std::size_t i = 0; i < replies.size(); ++i) {
        table.add({names[i], fmt::format("{}", replies[i].files), human_bytes(replies[i].bytes)});
    }
    fmt::print("{}", table.text());
}

// The services have compared their copies with what they read. Damage that was there before is
// copied as well: fsck names it.
ExitCode check_copy(const GlobalOptions& global, const std::string& target) {
    if (!store::read_backup_manifest(target + "/storage")) {
        if (!global.quiet) {
            fmt::print(stderr,
                       "The backup is on the machines of the services: run \"onput --data {} "
                       "fsck\" there to look for older damage in it.\n",
                       target);
        }
        return ExitCode::ok;
    }
    GlobalOptions of_copy = global;
    of_copy.data = target;
    return run_fsck(of_copy, {});
}

}  // namespace

ExitCode run_backup(const GlobalOptions& global, const std::string& target) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("backup", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const std::string path = std::filesystem::absolute(target).lexically_normal().string();
    const auto replies = BackupRun(global, peers, {.target = path}).run();
    if (!replies) return report("backup", replies.error());
    if (global.output == OutputFormat::table) {
        print(global, path, *replies);
        return check_copy(global, path);
    }
    print(global, path, *replies);
    return ExitCode::ok;
}

}  // namespace onput::ctl
