#include "services/queue/logs/logs.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "services/queue/logs/log_checks.hpp"
#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> no_group() {
    return fail(ErrorCode::not_found, "The specified log group does not exist.",
                "ResourceNotFound");
}
std::unexpected<Error> no_stream() {
    return fail(ErrorCode::not_found, "The specified log stream does not exist.",
                "ResourceNotFound");
}
std::unexpected<Error> too_many(std::string_view what, std::size_t most) {
    return fail(ErrorCode::resource_exhausted,
                fmt::format("Resource limit exceeded: {} {} are the most.", most, what),
                "LimitExceeded");
}

}  // namespace

Result<void> Logs::restore() {
    const auto add = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto record, schema::decode<schema::LogGroup>(row.value));
        Name name(record.account, record.name);
        bytes_ += record.bytes;
        over_ = over_ || record.bytes > parts_.limits.group_bytes;
        Group& group = groups_.insert_or_assign(std::move(name), Group{.record = std::move(record)})
                           .first->second;
        by_number_[group.record.number] = &group;
        return {};
    };
    ONPUT_TRY_VOID(for_each_row(parts_.view, log_group_rows(), add));
    for (auto& [name, group] : groups_) {
        const auto count = [&group](const std::string&) -> Result<void> {
            ++group.streams;
            return {};
        };
        ONPUT_TRY_VOID(service::for_each_key(parts_.view, partition,
                                             log_stream_rows(group.record.number), count));
        ONPUT_TRY(const auto first,
                  parts_.view.scan_keys(partition, log_time_rows(group.record.number), 1));
        if (first.empty()) continue;
        ONPUT_TRY(const auto key, parse_log_time_key(first.front()));
        group.oldest = key.place.second;
    }
    const auto remember = [this](const std::string& key) -> Result<void> {
        ONPUT_TRY(const auto removal, parse_log_removal_key(key));
        removals_.push_back(removal);
        return {};
    };
    return service::for_each_key(parts_.view, partition, log_removal_rows(), remember);
}

// --- Groups and streams -----------------------------------------------------------------------

Result<Logs::Group*> Logs::find_mutable(const std::string& name, const Caller& caller) {
    const auto found = groups_.find(Name(caller.principal.account, name));
    if (found == groups_.end()) return no_group();
    return &found->second;
}

Result<const schema::LogGroup*> Logs::find(const std::string& name, const Caller& caller) const {
    const auto found = groups_.find(Name(caller.principal.account, name));
    if (found == groups_.end()) return no_group();
    return &found->second.record;
}

Result<std::optional<schema::LogStream>> Logs::find_stream(const schema::LogGroup& group,
                                                           std::string_view name) const {
    ONPUT_TRY(const auto row, parts_.view.get(partition, log_stream_key(group.number, name)));
    if (!row) return std::nullopt;
    ONPUT_TRY(auto stream, schema::decode<schema::LogStream>(*row));
    return std::optional(std::move(stream));
}

void Logs::keep(const Group& group, Effects& effects) const {
    effects.batch().put(log_group_key(group.record.account, group.record.name),
                        schema::encode(group.record));
}

Result<Logs::Group*> Logs::create_group(const std::string& name, const Caller& caller,
                                        Effects& effects) {
    ONPUT_TRY_VOID(check_log_group_name(name));
    const std::string& account = caller.principal.account;
    if (groups_.size() >= parts_.limits.groups) return too_many("log groups", parts_.limits.groups);
    Group group;
    group.record = {
        .name = name,
        .account = account,
        .arn = fmt::format("arn:aws:logs:{}:{}:log-group:{}", parts_.region, account, name),
        .created_at = caller.now,
        .retention_days = 0,
        .tags = {},
        .bytes = 0,
        .number = parts_.counters.next_message(effects.batch()).get()};
    Group& added = groups_.emplace(Name(account, name), std::move(group)).first->second;
    by_number_[added.record.number] = &added;
    keep(added, effects);
    return &added;
}

Result<schema::LogStream> Logs::create_stream(Group& group, const std::string& name,
                                              const Caller& caller, Effects& effects) {
    schema::LogStream stream{.name = name,
                             .created_at = caller.now,
                             .first_event_at = {},
                             .last_event_at = {},
                             .last_ingested_at = {},
                             .number = parts_.counters.next_message(effects.batch()).get(),
                             .last_row = {}};
    effects.batch().put(log_stream_key(group.record.number, name), schema::encode(stream));
    ++group.streams;
    return stream;
}

Result<schema::Empty> Logs::create(const schema::CreateLogStream& request, const Caller& caller,
                                   Effects& effects) {
    if (request.stream.empty()) {
        ONPUT_TRY_VOID(check_log_tags(request.tags));
        if (groups_.contains(Name(caller.principal.account, request.group))) {
            return fail(ErrorCode::conflict, "The specified log group already exists",
                        "ResourceAlreadyExists");
        }
        ONPUT_TRY(Group * group, create_group(request.group, caller, effects));
        group->record.tags = request.tags;
        keep(*group, effects);
        return schema::Empty{};
    }
    ONPUT_TRY_VOID(check_log_stream_name(request.stream));
    ONPUT_TRY(Group * group, find_mutable(request.group, caller));
    ONPUT_TRY(const auto old, find_stream(group->record, request.stream));
    if (old) {
        return fail(ErrorCode::conflict, "The specified log stream already exists",
                    "ResourceAlreadyExists");
    }
    if (group->streams >= parts_.limits.streams)
        return too_many("log streams of a group", parts_.limits.streams);
    ONPUT_TRY_VOID(create_stream(*group, request.stream, caller, effects));
    return schema::Empty{};
}

Result<schema::Empty> Logs::remove(const schema::DeleteLogStream& request, const Caller& caller,
                                   Effects& effects) {
    ONPUT_TRY(Group * group, find_mutable(request.group, caller));
    LogRemoval removal{.group = group->record.number};
    if (request.stream.empty()) {
        bytes_ -= group->record.bytes;
        effects.batch().remove(log_group_key(group->record.account, group->record.name));
        by_number_.erase(group->record.number);
        groups_.erase(Name(caller.principal.account, request.group));
    } else {
        ONPUT_TRY(const auto stream, find_stream(group->record, request.stream));
        if (!stream) return no_stream();
        removal.stream = stream->number;
        effects.batch().remove(log_stream_key(group->record.number, request.stream));
        --group->streams;
    }
    effects.batch().put(log_removal_key(removal.group, removal.stream), "");
    removals_.push_back(removal);
    return schema::Empty{};
}

Result<schema::LogGroup> Logs::set(const schema::SetLogGroup& request, const Caller& caller,
                                   Effects& effects) {
    ONPUT_TRY(Group * group, find_mutable(request.name, caller));
    schema::LogGroup changed = group->record;
    if (request.retention_days) {
        ONPUT_TRY_VOID(check_log_retention(*request.retention_days));
        changed.retention_days = *request.retention_days;
    }
    for (const auto& [name, value] : request.tags) changed.tags[name] = value;
    for (const auto& name : request.removed_tags) changed.tags.erase(name);
    ONPUT_TRY_VOID(check_log_tags(changed.tags));
    group->record = std::move(changed);
    keep(*group, effects);
    return group->record;
}

Result<schema::LogGroupList> Logs::list_groups(const schema::ListLogGroups& request,
                                               const Caller& caller) const {
    const std::string& account = caller.principal.account;
    schema::LogGroupList list;
    auto at = request.after.empty() ? groups_.lower_bound(Name(account, request.prefix))
                                    : groups_.upper_bound(Name(account, request.after));
    for (; at != groups_.end() && at->first.first == account; ++at) {
        const std::string& name = at->first.second;
        // A token of another prefix may lie before it.
        if (!name.starts_with(request.prefix)) {
            if (name > request.prefix) break;
            continue;
        }
        if (!name.contains(request.part)) continue;
        if (list.groups.size() >= std::max(request.groups_max, 1U)) {
            list.next = list.groups.back().name;
            break;
        }
        list.groups.push_back(at->second.record);
    }
    return list;
}

Result<schema::LogStreamList> Logs::list_streams(const schema::ListLogStreams& request,
                                                 const Caller& caller) const {
    ONPUT_TRY(const auto* group, find(request.group, caller));
    schema::LogStreamList list{.group_arn = group->arn, .streams = {}, .next = {}};
    auto& all = list.streams;
    const auto add = [&all](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto stream, schema::decode<schema::LogStream>(row.value));
        all.push_back(std::move(stream));
        return {};
    };
    ONPUT_TRY_VOID(for_each_row(parts_.view, log_stream_rows(group->number, request.prefix), add));
    const auto place_of = [&request](const schema::LogStream& stream) {
        return request.by_last_event
                   ? fmt::format("{:020}{}", to_micros(stream.last_event_at), stream.name)
                   : stream.name;
    };
    std::ranges::sort(all, {}, place_of);
    if (request.descending) std::ranges::reverse(all);
    const auto is_before = [&](const schema::LogStream& stream) {
        const std::string place = place_of(stream);
        return request.descending ? place >= request.after : place <= request.after;
    };
    if (!request.after.empty()) std::erase_if(all, is_before);
    if (const std::size_t most = std::max(request.streams_max, 1U); all.size() > most) {
        all.resize(most);
        list.next = place_of(all.back());
    }
    return list;
}

// --- Events -----------------------------------------------------------------------------------

Result<void> Logs::forget_quietest_stream(Group& group, Effects& effects) {
    std::optional<schema::LogStream> quietest;
    const auto consider = [&quietest](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto stream, schema::decode<schema::LogStream>(row.value));
        const auto last = std::max(stream.last_ingested_at, stream.created_at);
        if (!quietest || last < std::max(quietest->last_ingested_at, quietest->created_at))
            quietest = std::move(stream);
        return {};
    };
    ONPUT_TRY_VOID(for_each_row(parts_.view, log_stream_rows(group.record.number), consider));
    if (!quietest) return {};
    effects.batch().remove(log_stream_key(group.record.number, quietest->name));
    --group.streams;
    return {};
}

void Logs::write(Group& group, schema::LogStream& stream, LogRowRecord row, Effects& effects) {
    const auto second = static_cast<std::uint64_t>(to_seconds(row.events.front().time));
    const LogRowKey key{
        .group = group.record.number,
        .stream = stream.number,
        .place = {.second = second, .batch = parts_.counters.next_message(effects.batch()).get()}};
    // As old by the other clock as it is by the wall.
    LogRowSize size{.bytes = 0,
                    .age = parts_.age.stamp(row.ingested_at) -
                           (row.ingested_at - from_seconds(to_seconds(row.events.front().time)))};
    for (const auto& event : row.events) size.bytes += log_event_bytes(event);
    const auto first = row.events.front().time;
    const auto last = row.events.back().time;
    if (stream.last_row.empty() || first < stream.first_event_at) stream.first_event_at = first;
    stream.last_event_at = std::max(stream.last_event_at, last);
    stream.last_ingested_at = row.ingested_at;
    stream.last_row = std::max(stream.last_row, to_text({.row = key.place}));
    effects.batch().put(log_row_key(key), schema::encode(row));
    effects.batch().put(log_newest_key(key), "");
    effects.batch().put(log_time_key(key), encode(size));
    group.record.bytes += size.bytes;
    group.oldest = std::min(group.oldest.value_or(second), second);
    bytes_ += size.bytes;
    stats_.events += row.events.size();
}

Result<schema::LogEventsPut> Logs::put(const schema::PutLogEvents& request, const Caller& caller,
                                       Effects& effects) {
    ONPUT_TRY_VOID(check_log_events(request.events));
    ONPUT_TRY_VOID(check_log_stream_name(request.stream));
    auto found = find_mutable(request.group, caller);
    if (!found && request.creates) found = create_group(request.group, caller, effects);
    if (!found) return std::unexpected(found.error());
    Group& group = **found;
    ONPUT_TRY(auto stream, find_stream(group.record, request.stream));
    if (!stream) {
        if (!request.creates) return no_stream();
        if (group.streams >= parts_.limits.streams)
            ONPUT_TRY_VOID(forget_quietest_stream(group, effects));
        ONPUT_TRY(stream, create_stream(group, request.stream, caller, effects));
    }
    const LogWindow window = judge_log_events(
        request.events, {.now = caller.now, .retention_days = group.record.retention_days});
    const auto end = request.events.begin() + static_cast<std::ptrdiff_t>(window.end);
    for (auto at = request.events.begin() + static_cast<std::ptrdiff_t>(window.begin); at < end;) {
        const auto second = to_seconds(at->time);
        const auto next = std::find_if(
            at, end, [second](const auto& event) { return to_seconds(event.time) != second; });
        write(group, *stream,
              {.stream = request.stream, .ingested_at = caller.now, .events = {at, next}}, effects);
        at = next;
    }
    effects.batch().put(log_stream_key(group.record.number, request.stream),
                        schema::encode(*stream));
    keep(group, effects);
    over_ = over_ || group.record.bytes > parts_.limits.group_bytes;
    return window.rejected;
}

}  // namespace onput::queue
