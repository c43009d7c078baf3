#include "services/ctl/backup_run.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/random.hpp"

namespace onput::ctl {
namespace {

using schema::BackupStep;

constexpr std::size_t id_digits = 32;
constexpr int attempts_max = 3;  // To find a moment that all services have in time.
constexpr Duration poll_interval = std::chrono::milliseconds(200);
constexpr Duration short_patience = std::chrono::seconds(10);
// Writing what is in memory, or the manifest of a million files.
constexpr Duration long_patience = std::chrono::minutes(5);

static_assert(2 * schema::backup_look_interval < schema::backup_silence_max);

}  // namespace

Result<BackupRun::Replies> BackupRun::run() {
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

// The moment has come and gone when this succeeds.
Result<void> BackupRun::begin() {
    id_ = Random::from_system().hex(id_digits);
    progress_.show("writing what is in memory ...");
    ONPUT_TRY_VOID(ask_all(BackupStep::prepare, long_patience));
    ONPUT_TRY_VOID(ask_all(BackupStep::take, short_patience));
    ONPUT_TRY_VOID(ask_all(BackupStep::release, short_patience));
    return {};
}

Result<BackupRun::Replies> BackupRun::finish() {
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
        progress_.show(fmt::format("{} of {} copied{} ...", human_bytes(bytes), human_bytes(total),
                                   bytes == total && total > 0 ? ", comparing" : ""));
        peers_.loop().after(poll_interval, [this] { peers_.loop().stop(); });
        peers_.loop().run();
    }
}

// At the same time, so that the moment is short. The first error of any.
Result<BackupRun::Replies> BackupRun::ask_all(BackupStep step, Duration patience) {
    struct Wait {
        Replies replies;
        std::optional<Error> failed;
        std::size_t open = 3;
    };
    const auto wait = std::make_shared<Wait>();  // Callbacks may come after this returned.
    const schema::ServiceBackup request{.step = step, .id = id_, .target = options_.target};
    const std::array peers{&peers_.storage(), &peers_.notifier(), &peers_.queue()};
    for (std::size_t i = 0; i < peers.size(); ++i) {
        transport::call(*peers[i], request, {.timeout = patience, .principal = peers_.principal()},
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
    // One that has answered shall not give up while another one takes its time.
    const auto looks = peers_.loop().every(options_.look_interval, [this] { look_at_all(); });
    peers_.loop().run();
    peers_.loop().cancel(looks);
    if (wait->failed) return std::unexpected(*wait->failed);
    if (wait->open > 0) return fail(ErrorCode::unavailable, "stopped before the answer came");
    return wait->replies;
}

void BackupRun::look_at_all() {
    const schema::ServiceBackup look{.step = BackupStep::look, .id = id_};
    for (auto* peer : {&peers_.storage(), &peers_.notifier(), &peers_.queue()}) {
        // What went wrong is the answer to the step as well.
        transport::call(*peer, look, {.timeout = short_patience, .principal = peers_.principal()},
                        [](const auto&, const auto&) {});
    }
}

}  // namespace onput::ctl
