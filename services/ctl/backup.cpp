// `onput backup`: all services of a running instance, as of one moment, into one directory.
#include "common/schema/backup.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/json/writer.hpp"
#include "common/store/backup_manifest.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

using schema::BackupStep;

constexpr std::size_t id_digits = 32;
constexpr int attempts_max = 3;  // To find a moment that all services have in time.
constexpr Duration poll_interval = std::chrono::milliseconds(200);
constexpr Duration short_patience = std::chrono::seconds(10);
// Writing what is in memory, or the manifest of a million files.
constexpr Duration long_patience = std::chrono::minutes(5);

class BackupRun {
public:
    using Replies = std::array<schema::ServiceBackupReply, 3>;

    BackupRun(const GlobalOptions& global, Peers& peers, std::string target)
        : peers_(peers), target_(std::move(target)), progress_({.quiet = global.quiet}) {}

    Result<Replies> run() {
        Result<void> taken = fail(ErrorCode::internal, "no attempt");
        for (int attempt = 0; attempt < attempts_max && !taken; ++attempt) {
            taken = begin();
            if (taken) break;
            // Too slow is worth another try; what is refused is refused again.
            static_cast<void>(ask_all(BackupStep::abandon, short_patience));
            if (taken.error().code != ErrorCode::timeout) return std::unexpected(taken.error());
        }
        ONPUT_TRY_VOID(std::move(taken));
        auto copied = finish();
        if (!copied) static_cast<void>(ask_all(BackupStep::abandon, short_patience));
        progress_.clear();
        return copied;
    }

private:
    // The moment has come and gone when this succeeds.
    Result<void> begin() {
        id_ = Random::from_system().hex(id_digits);
        progress_.show("writing what is in memory ...");
        ONPUT_TRY_VOID(ask_all(BackupStep::prepare, long_patience));
        ONPUT_TRY_VOID(ask_all(BackupStep::take, short_patience));
        ONPUT_TRY_VOID(ask_all(BackupStep::release, short_patience));
        return {};
    }

    Result<Replies> finish() {
        while (true) {
            ONPUT_TRY(const Replies replies, ask_all(BackupStep::look, short_patience));
            std::uint64_t bytes = 0;
            std::uint64_t total = 0;
            bool is_copied = true;
            for (const auto& reply : replies) {
                bytes += reply.bytes;
                total += reply.bytes_total;
                is_copied = is_copied && reply.state == schema::BackupState::copied;
            }
            if (is_copied) {
                ONPUT_TRY_VOID(ask_all(BackupStep::finish, long_patience));
                return replies;
            }
            progress_.show(fmt::format("{} of {} copied{} ...", human_bytes(bytes),
                                       human_bytes(total),
                                       bytes == total && total > 0 ? ", comparing" : ""));
            peers_.loop().after(poll_interval, [this] { peers_.loop().stop(); });
            peers_.loop().run();
        }
    }

    // At the same time, so that the moment is short. The first error of any.
    Result<Replies> ask_all(BackupStep step, Duration patience) {
        struct Wait {
            Replies replies;
            std::optional<Error> failed;
            std::size_t open = 3;
        };
        const auto wait = std::make_shared<Wait>();  // Callbacks may come after this returned.
        const schema::ServiceBackup request{.step = step, .id = id_, .target = target_};
        const std::array peers{&peers_.storage(), &peers_.notifier(), &peers_.queue()};
        for (std::size_t i = 0; i < peers.size(); ++i) {
            transport::call(*peers[i], request,
                            {.timeout = patience, .principal = peers_.principal()},
                            [this, wait, i](Result<schema::ServiceBackupReply> reply,
                                            const std::vector<transport::Frame>&) {
                                if (reply) {
                                    wait->replies[i] = *reply;
                                } else if (!wait->failed) {
                                    wait->failed = std::move(reply).error();
                                }
                                if (--wait->open == 0) peers_.loop().stop();
                            });
        }
        peers_.loop().run();
        if (wait->failed) return std::unexpected(*wait->failed);
        if (wait->open > 0) return fail(ErrorCode::unavailable, "stopped before the answer came");
        return wait->replies;
    }

    Peers& peers_;
    std::string target_;
    std::string id_;
    Progress progress_;
};

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
    const auto replies = BackupRun(global, peers, path).run();
    if (!replies) return report("backup", replies.error());
    if (global.output == OutputFormat::table) {
        print(global, path, *replies);
        return check_copy(global, path);
    }
    print(global, path, *replies);
    return ExitCode::ok;
}

}  // namespace onput::ctl
