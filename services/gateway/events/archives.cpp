// Operations on archives, and on replays of them.
#include "common/schema/archives.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

constexpr std::int64_t retention_days_max = 36'500;  // A hundred years.

// By ReplayState.
constexpr std::array<std::string_view, 6> replay_states{"STARTING",  "RUNNING",   "CANCELLING",
                                                        "COMPLETED", "CANCELLED", "FAILED"};

std::string_view name_of(std::uint8_t state) {
    return state < replay_states.size() ? replay_states.at(state) : "FAILED";
}

Result<void> check_key(const Value& input) {
    if (input.text_of("KmsKeyIdentifier").empty()) return {};
    return invalid_request("Parameter KmsKeyIdentifier is not supported here.");
}

std::optional<std::uint32_t> days_of(const Value& input) {
    const Value* days = input.find("RetentionDays");
    if (days == nullptr || !days->number()) return std::nullopt;
    return static_cast<std::uint32_t>(*days->number());
}

std::optional<std::string> given(const Value& input, std::string_view name) {
    if (input.find(name) == nullptr) return std::nullopt;
    return input.text_of(name);
}

Result<void> check_retention(const Value& input) {
    const Value* days = input.find("RetentionDays");
    if (days == nullptr || days->number().value_or(0) <= retention_days_max) return {};
    return invalid_request(
        fmt::format("Parameter RetentionDays must be at most {}.", retention_days_max));
}

Result<schema::CreateArchive> read_create(const Value& input) {
    ONPUT_TRY_VOID(check_key(input));
    ONPUT_TRY_VOID(check_retention(input));
    return schema::CreateArchive{.name = input.text_of("ArchiveName"),
                                 .bus_arn = input.text_of("EventSourceArn"),
                                 .description = input.text_of("Description"),
                                 .pattern = input.text_of("EventPattern"),
                                 .retention_days = days_of(input).value_or(0)};
}

Result<schema::UpdateArchive> read_update(const Value& input) {
    ONPUT_TRY_VOID(check_key(input));
    ONPUT_TRY_VOID(check_retention(input));
    return schema::UpdateArchive{.name = input.text_of("ArchiveName"),
                                 .description = given(input, "Description"),
                                 .pattern = given(input, "EventPattern"),
                                 .retention_days = days_of(input)};
}

Result<schema::ListArchives> read_archives(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    schema::ListArchives message{.prefix = input.text_of("NamePrefix"),
                                 .bus_arn = input.text_of("EventSourceArn"),
                                 .after = std::move(page.after),
                                 .archives_max = page.items_max};
    // All that there are here are enabled.
    const std::string state = input.text_of("State");
    if (!state.empty() && state != "ENABLED") message.bus_arn = "none";
    return message;
}

Result<schema::StartReplay> read_start(const Value& input) {
    schema::StartReplay message{.name = input.text_of("ReplayName"),
                                .description = input.text_of("Description"),
                                .archive_arn = input.text_of("EventSourceArn")};
    const auto from = aws::time_of(input, "EventStartTime");
    const auto to = aws::time_of(input, "EventEndTime");
    if (!from) return invalid_request("Parameter EventStartTime is not valid.");
    if (!to) return invalid_request("Parameter EventEndTime is not valid.");
    message.events_from = *from;
    message.events_to = *to;
    if (const Value* destination = input.find("Destination")) {
        message.bus_arn = destination->text_of("Arn");
        message.filter_arns = aws::names_of(*destination, "FilterArns");
    }
    return message;
}

Result<schema::ListReplays> read_replays(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    schema::ListReplays message{.prefix = input.text_of("NamePrefix"),
                                .archive_arn = input.text_of("EventSourceArn"),
                                .after = std::move(page.after),
                                .replays_max = page.items_max};
    const auto* const state = std::ranges::find(replay_states, input.text_of("State"));
    if (state != replay_states.end()) {
        message.state = static_cast<std::uint8_t>(state - replay_states.begin());
    }
    return message;
}

void set_text(Value& map, const char* name, const std::string& text) {
    if (!text.empty()) map[name] = Value(text);
}

void set_time(Value& map, const char* name, Timestamp time) {
    if (time != Timestamp()) map[name] = Value(to_millis(time));
}

Value describe_made(const schema::ArchiveInfo& archive) {
    Value result;
    result["ArchiveArn"] = Value(archive.arn);
    result["State"] = Value("ENABLED");
    set_time(result, "CreationTime", archive.created_at);
    return result;
}

Value describe_in_list(const schema::ArchiveInfo& archive) {
    Value result;
    result["ArchiveName"] = Value(archive.name);
    result["EventSourceArn"] = Value(archive.bus_arn);
    result["State"] = Value("ENABLED");
    result["RetentionDays"] = Value(std::int64_t{archive.retention_days});
    result["SizeBytes"] = Value(static_cast<std::int64_t>(archive.bytes));
    result["EventCount"] = Value(static_cast<std::int64_t>(archive.events));
    set_time(result, "CreationTime", archive.created_at);
    return result;
}

Value show_archive(const schema::ArchiveInfo& archive) {
    Value result = describe_in_list(archive);
    result["ArchiveArn"] = Value(archive.arn);
    set_text(result, "Description", archive.description);
    set_text(result, "EventPattern", archive.pattern);
    return result;
}

Value describe_archives(const schema::ArchiveList& page) {
    Value result;
    result["Archives"] = Value(Value::List());
    for (const auto& archive : page.archives) {
        result["Archives"].push_back(describe_in_list(archive));
    }
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

Value describe_state(const schema::ReplayInfo& replay) {
    Value result;
    result["ReplayArn"] = Value(replay.arn);
    result["State"] = Value(name_of(replay.state));
    set_text(result, "StateReason", replay.state_reason);
    return result;
}

Value describe_started(const schema::ReplayInfo& replay) {
    Value result = describe_state(replay);
    set_time(result, "ReplayStartTime", replay.started_at);
    return result;
}

Value describe_listed(const schema::ReplayInfo& replay) {
    Value result = describe_started(replay);
    result.map()->erase("ReplayArn");
    result["ReplayName"] = Value(replay.name);
    result["EventSourceArn"] = Value(replay.archive_arn);
    set_time(result, "EventStartTime", replay.events_from);
    set_time(result, "EventEndTime", replay.events_to);
    set_time(result, "EventLastReplayedTime", replay.last_replayed);
    set_time(result, "ReplayEndTime", replay.ended_at);
    return result;
}

Value show_replay(const schema::ReplayInfo& replay) {
    Value result = describe_listed(replay);
    result["ReplayArn"] = Value(replay.arn);
    set_text(result, "Description", replay.description);
    result["Destination"]["Arn"] = Value(replay.bus_arn);
    for (const auto& arn : replay.filter_arns) {
        result["Destination"]["FilterArns"].push_back(Value(arn));
    }
    return result;
}

Value describe_replays(const schema::ReplayList& page) {
    Value result;
    result["Replays"] = Value(Value::List());
    for (const auto& replay : page.replays) result["Replays"].push_back(describe_listed(replay));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

}  // namespace

Outcome create_archive(Call& call) {
    return ask(call, read_create(call.input), &describe_made);
}

Outcome update_archive(Call& call) {
    return ask(call, read_update(call.input), &describe_made);
}

Outcome delete_archive(Call& call) {
    return ask<schema::DeleteArchive>(
        call, schema::DeleteArchive{.name = call.input.text_of("ArchiveName")}, &describe_nothing);
}

Outcome describe_archive(Call& call) {
    return ask<schema::GetArchive>(
        call, schema::GetArchive{.name = call.input.text_of("ArchiveName")}, &show_archive);
}

Outcome list_archives(Call& call) {
    return ask(call, read_archives(call.input), &describe_archives);
}

Outcome start_replay(Call& call) {
    return ask(call, read_start(call.input), &describe_started);
}

Outcome cancel_replay(Call& call) {
    return ask<schema::CancelReplay>(
        call, schema::CancelReplay{.name = call.input.text_of("ReplayName")}, &describe_state);
}

Outcome describe_replay(Call& call) {
    return ask<schema::GetReplay>(call, schema::GetReplay{.name = call.input.text_of("ReplayName")},
                                  &show_replay);
}

Outcome list_replays(Call& call) {
    return ask(call, read_replays(call.input), &describe_replays);
}

}  // namespace onput::gateway::events
