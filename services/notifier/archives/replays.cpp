// Replays: what ArchiveBook does with them.
#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/notifier/archives/archive_book.hpp"
#include "services/notifier/archives/archive_rows.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

using schema::ReplayState;

std::unexpected<Error> no_such_replay(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("Replay {} does not exist.", name),
                "ResourceNotFoundException");
}

Result<void> check(const schema::StartReplay& request, const schema::ArchiveInfo& archive) {
    if (request.bus_arn != archive.bus_arn) {
        return invalid_request(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not "
            "permitted.");
    }
    if (request.events_to <= request.events_from) {
        return invalid_request(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before "
            "EventEndTime.");
    }
    if (request.filter_arns.size() > schema::replay_filters_max) return too_many();
    return {};
}

void set_state(schema::ReplayInfo& replay, ReplayState state) {
    replay.state = static_cast<std::uint8_t>(state);
}

}  // namespace

void ArchiveBook::write(const schema::ReplayInfo& info, store::Batch& batch) {
    batch.put(replay_key(info.arn), schema::encode(info));
}

Result<schema::ReplayInfo> ArchiveBook::start(const schema::StartReplay& request,
                                              const Caller& caller, store::Batch& batch) {
    const std::string& account = caller.principal.account;
    const std::string arn = arn_of("replay", account, request.name);
    if (replays_.contains(arn)) {
        return fail(ErrorCode::conflict, fmt::format("Replay {} already exists.", request.name),
                    "ResourceAlreadyExistsException");
    }
    const Archive* archive = find_archive(request.archive_arn);
    if (archive == nullptr || archive->info.account != account) {
        return fail(ErrorCode::not_found,
                    fmt::format("Archive {} does not exist.", request.archive_arn),
                    "ResourceNotFoundException");
    }
    ONPUT_TRY_VOID(check(request, archive->info));
    const auto open = std::ranges::count_if(
        open_, [&](const auto& one) { return replays_.at(one).account == account; });
    if (static_cast<std::size_t>(open) >= options_.replays_open_per_account_max) return too_many();
    forget_oldest_replay(account, batch);
    schema::ReplayInfo replay{.arn = arn,
                              .name = request.name,
                              .account = account,
                              .description = request.description,
                              .archive_arn = request.archive_arn,
                              .archive_number = archive->info.number,
                              .bus_arn = request.bus_arn,
                              .filter_arns = request.filter_arns,
                              .events_from = request.events_from,
                              .events_to = request.events_to,
                              .started_at = caller.now};
    write(replay, batch);
    open_.push_back(arn);
    return replays_[arn] = std::move(replay);
}

void ArchiveBook::forget_oldest_replay(const std::string& account, store::Batch& batch) {
    std::size_t count = 0;
    const schema::ReplayInfo* oldest = nullptr;
    for (const auto& [arn, replay] : replays_) {
        if (replay.account != account) continue;
        ++count;
        if (!is_over(replay)) continue;
        if (oldest == nullptr || replay.started_at < oldest->started_at) oldest = &replay;
    }
    if (count < replays_kept_max || oldest == nullptr) return;
    batch.remove(replay_key(oldest->arn));
    replays_.erase(std::string(oldest->arn));
}

Result<schema::ReplayInfo> ArchiveBook::cancel(const schema::CancelReplay& request,
                                               const Caller& caller, store::Batch& batch) {
    const auto found = replays_.find(arn_of("replay", caller.principal.account, request.name));
    if (found == replays_.end()) return no_such_replay(request.name);
    schema::ReplayInfo& replay = found->second;
    if (replay.state != static_cast<std::uint8_t>(ReplayState::starting) &&
        replay.state != static_cast<std::uint8_t>(ReplayState::running)) {
        return fail(
            ErrorCode::conflict,
            fmt::format("Replay {} is not in a valid state for this operation.", request.name),
            "IllegalStatusException");
    }
    set_state(replay, ReplayState::cancelling);
    write(replay, batch);
    return replay;
}

Result<schema::ReplayInfo> ArchiveBook::get_replay(const schema::GetReplay& request,
                                                   const Caller& caller) const {
    const auto found = replays_.find(arn_of("replay", caller.principal.account, request.name));
    if (found == replays_.end()) return no_such_replay(request.name);
    return found->second;
}

Result<schema::ReplayList> ArchiveBook::list_replays(const schema::ListReplays& request,
                                                     const Caller& caller) const {
    schema::ReplayList page;
    const std::size_t page_max =
        std::clamp<std::size_t>(request.replays_max, 1, schema::event_page_max);
    for (const auto& [arn, replay] : replays_) {
        if (replay.account != caller.principal.account || replay.name <= request.after) continue;
        if (!replay.name.starts_with(request.prefix)) continue;
        if (request.state && *request.state != replay.state) continue;
        if (!request.archive_arn.empty() && request.archive_arn != replay.archive_arn) continue;
        if (page.replays.size() == page_max) {
            page.next = page.replays.back().name;
            break;
        }
        page.replays.push_back(replay);
    }
    return page;
}

void ArchiveBook::end(schema::ReplayInfo& replay, ReplayState state, Timestamp now) {
    set_state(replay, state);
    replay.ended_at = now;
    std::erase(open_, replay.arn);
}

Result<ArchiveBook::Step> ArchiveBook::replay(Timestamp now, store::Batch& batch) {
    Step step;
    if (open_.empty()) return step;
    std::ranges::rotate(open_, open_.begin() + 1);
    schema::ReplayInfo& replay = replays_.at(open_.back());
    if (replay.state == static_cast<std::uint8_t>(ReplayState::cancelling)) {
        end(replay, ReplayState::cancelled, now);
        write(replay, batch);
        return step;
    }
    const Archive* archive = find_archive(replay.archive_arn);
    if (archive == nullptr || archive->info.number != replay.archive_number) {
        replay.state_reason = "The archive was deleted.";
        end(replay, ReplayState::failed, now);
        write(replay, batch);
        return step;
    }
    set_state(replay, ReplayState::running);
    store::Range range =
        archived_event_rows(replay.archive_number, replay.events_from, replay.events_to);
    if (!replay.position.empty()) range.from = replay.position + '\0';
    ONPUT_TRY(const auto rows,
              view_.scan(partition, range, {replay_events_per_turn, replay_bytes_per_turn}));
    if (rows.empty()) end(replay, ReplayState::completed, now);
    for (const store::Row& row : rows) {
        ONPUT_TRY(auto held, read_row<ArchivedEvent>(row.key, row.value));
        replay.position = row.key;
        replay.last_replayed = held.event.time;
        ++replay.events;
        held.event.replay_name = replay.name;
        step.events.push_back(std::move(held.event));
    }
    step.rules = replay.filter_arns;
    write(replay, batch);
    return step;
}

}  // namespace onput::notifier
