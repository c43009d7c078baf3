#include "common/service/backups.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "common/runtime/service.hpp"

namespace onput::service {
namespace {

using schema::BackupState;
using schema::BackupStep;

std::unexpected<Error> no_backup(const std::string& id) {
    return fail(ErrorCode::conflict,
                fmt::format("backup {} does not run here, or not any more: begin a new one", id),
                "no_backup");
}

}  // namespace

void Backups::on_request(const schema::ServiceBackup& request, Answer answer) {
    if (request.step == BackupStep::prepare) return prepare(request, std::move(answer));
    if (!running_ || running_->id != request.id) {
        // It is gone already, as it shall be.
        if (request.step == BackupStep::abandon) return answer(schema::ServiceBackupReply{});
        return answer(no_backup(request.id));
    }
    running_->heard_at = monotonic();
    if (request.step == BackupStep::abandon) return abandon(std::move(answer));
    if (running_->failed) return answer(std::unexpected(*running_->failed));
    if (running_->is_ending) return answer(no_backup(request.id));
    switch (request.step) {
        case BackupStep::take: return take(std::move(answer));
        case BackupStep::release: return release(answer);
        case BackupStep::finish: return finish(std::move(answer));
        default: return answer(look());
    }
}

void Backups::prepare(const schema::ServiceBackup& request, Answer answer) {
    if (running_ && running_->copy) {
        return answer(
            fail(ErrorCode::conflict,
                 fmt::format("{}: backup {} runs already", parts_.platform.name(), running_->id),
                 "backup_busy"));
    }
    if (const Room* room = parts_.room()) {
        if (auto checked = room->check(); !checked) {
            return answer(std::unexpected(std::move(checked).error()));
        }
    }
    auto& platform = parts_.platform;
    store::BackupOptions options{
        .directory = parts_.directory,
        .target = fmt::format("{}/{}", request.target, platform.name()),
        .manifest = {.id = request.id,
                     .service = platform.name(),
                     .version = std::string(runtime::version),
                     .taken_at = format_iso8601_millis(platform.loop().now())}};
    running_ = Running{.number = ++last_number_,
                       .id = request.id,
                       .began_at = monotonic(),
                       .heard_at = monotonic()};
    log::info("a backup begins", {{"id", request.id}, {"target", options.target}});
    running_->copy = platform.open_backup(std::move(options), parts_.rows, parts_.blobs());
    running_->copy->prepare(moves_to(BackupState::prepared, std::move(answer)));
}

void Backups::take(Answer answer) {
    if (auto right = check_step(BackupState::prepared); !right) {
        return answer(std::unexpected(std::move(right).error()));
    }
    parts_.gate.shut();
    running_->is_shut = true;
    parts_.platform.loop().after(backup_shut_max, [this, id = running_->id] {
        if (!running_ || running_->id != id || !running_->is_shut) return;
        fail_running(
            {.code = ErrorCode::timeout,
             .message = fmt::format(
                 "{}: not all services had taken their rows after {} s", parts_.platform.name(),
                 std::chrono::duration_cast<std::chrono::seconds>(backup_shut_max).count())});
    });
    running_->copy->take(moves_to(BackupState::taken, std::move(answer)));
}

void Backups::release(const Answer& answer) {
    if (auto right = check_step(BackupState::taken); !right) {
        return answer(std::unexpected(std::move(right).error()));
    }
    open_gate();
    running_->state = BackupState::copying;
    running_->copy->copy(moves_to(BackupState::copied, [](const auto&) {}));
    answer(look());
}

void Backups::finish(Answer answer) {
    if (running_->state == BackupState::finished) return answer(look());
    if (auto right = check_step(BackupState::copied); !right) {
        return answer(std::unexpected(std::move(right).error()));
    }
    running_->copy->finish(
        moves_to(BackupState::finished, [this, answer = std::move(answer)](auto result) {
            if (result) {
                log::info("a backup is done", {{"id", running_->id}, {"bytes", result->bytes}});
                running_->copy.reset();
            }
            answer(std::move(result));
        }));
}

void Backups::abandon(Answer answer) {
    if (!running_->copy) {
        if (running_->failed) running_.reset();
        return answer(schema::ServiceBackupReply{});
    }
    open_gate();
    running_->abandons.push_back(std::move(answer));
    end_copy();
}

void Backups::check() {
    if (!running_ || !running_->copy || running_->is_ending) return;
    const Duration now = monotonic();
    if (now - running_->heard_at >= schema::backup_silence_max)
        return give_up("nobody asks about it");
    if (now - running_->began_at >= backup_time_max) return give_up("it takes too long");
    const Room* room = parts_.room();
    if (room != nullptr && !room->is_there()) give_up("the disk is nearly full");
}

void Backups::give_up(const std::string& why) {
    if (!running_ || !running_->copy || running_->is_ending) return;
    fail_running({.code = ErrorCode::unavailable,
                  .message = fmt::format("{}: {}", parts_.platform.name(), why)});
}

Result<void> Backups::check_step(BackupState wanted) const {
    if (running_->state == wanted) return {};
    return fail(
        ErrorCode::conflict,
        fmt::format("{}: backup {} is not at that step", parts_.platform.name(), running_->id),
        "no_backup");
}

Result<schema::ServiceBackupReply> Backups::look() const {
    schema::ServiceBackupReply reply{.state = running_->state};
    if (!running_->copy) return reply;
    const auto& progress = running_->copy->progress();
    reply.files = progress.files;
    reply.bytes = progress.bytes;
    reply.bytes_total = progress.bytes_total;
    return reply;
}

void Backups::open_gate() {
    if (!running_->is_shut) return;
    running_->is_shut = false;
    parts_.gate.open();
}

// What holds anything back ends now; who asks is told why.
void Backups::fail_running(Error error) {
    open_gate();
    log::warn("a backup is given up", {{"id", running_->id}, {"error", error.message}});
    running_->failed = std::move(error);
    running_->failed->reason = "backup_failed";
    end_copy();
}

void Backups::end_copy() {
    if (std::exchange(running_->is_ending, true)) return;
    running_->copy->abandon(on_loop([this](const Result<void>&) { on_ended(); }));
}

// Who abandoned it is answered; else the failure is kept for who asks.
void Backups::on_ended() {
    running_->copy.reset();
    if (running_->abandons.empty()) return;
    const auto abandons = std::move(running_->abandons);
    running_.reset();
    for (const auto& answer : abandons) answer(schema::ServiceBackupReply{});
}

store::Backup::Done Backups::on_loop(std::function<void(Result<void>)> then) {
    return [this, number = running_->number, then = std::move(then)](Result<void> result) {
        parts_.platform.loop().post([this, number, then, result = std::move(result)] {
            if (running_ && running_->number == number) then(result);
        });
    };
}

store::Backup::Done Backups::moves_to(BackupState state, Answer answer) {
    return on_loop([this, state, answer = std::move(answer)](Result<void> result) {
        if (!result && !running_->failed) fail_running(std::move(result).error());
        if (running_->failed) return answer(std::unexpected(*running_->failed));
        running_->state = state;
        answer(look());
    });
}

}  // namespace onput::service
