// Commands about buses and rules: RuleBook decides. Events that clients put: journaled, with what
// they owe, in one batch or several, each complete in itself.
#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "services/notifier/core.hpp"
#include "services/notifier/destinations/api_request.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

// As EventBridge counts: 14 for a time.
std::size_t bytes_of(const schema::EventEntry& entry) {
    std::size_t bytes = entry.time ? 14 : 0;
    bytes += entry.source.size() + entry.detail_type.size() + entry.detail.size();
    for (const auto& resource : entry.resources) bytes += resource.size();
    return bytes;
}

schema::EventEntryResult refused(std::string code, std::string message) {
    return {.event_id = {}, .code = std::move(code), .message = std::move(message)};
}

schema::EventEntryResult is_missing(std::string_view name) {
    return refused(
        "InvalidArgument",
        fmt::format("Parameter {0} is not valid. Reason: {0} is a required argument.", name));
}

// Nothing in `code`: the entry is fine.
schema::EventEntryResult check(const schema::EventEntry& entry) {
    if (entry.source.empty()) return is_missing("Source");
    if (entry.detail_type.empty()) return is_missing("DetailType");
    if (entry.detail.empty()) return is_missing("Detail");
    if (entry.source.starts_with("aws.")) {
        return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
    }
    // The event around it is one level more.
    const auto detail = json::read(entry.detail, {.depth_max = json::depth_max_default - 1});
    if (!detail || detail->object() == nullptr) {
        return refused("MalformedDetail", "Detail is malformed.");
    }
    return {};
}

}  // namespace

schema::EventEntryResult NotifierCore::put_event(const schema::EventEntry& entry,
                                                 const Caller& caller, store::Batch& batch,
                                                 Effects& effects) {
    if (auto fault = check(entry); !fault.code.empty()) return fault;
    const auto bus = rules_.find_bus_for_put(entry.bus, caller);
    if (!bus) return refused(bus.error().reason, bus.error().message);
    schema::BusEvent event{
        .event_id = random_.hex(32),
        .bus_arn = *bus,
        .account = caller.principal.account,
        .region = rules_.region(),
        .source = entry.source,
        .detail_type = entry.detail_type,
        .time = entry.time.value_or(caller.now),
        .resources = entry.resources,
        .detail = entry.detail,
        .trace = caller.trace,
        .trace_header = entry.trace_header.empty() ? caller.trace_header : entry.trace_header};
    schema::EventEntryResult result{.event_id = uuid_of(event.event_id), .code = {}, .message = {}};
    router_.publish(std::move(event), caller.now, batch, effects);
    return result;
}

Result<schema::EventsPut> NotifierCore::apply(const schema::PutEvents& request,
                                              const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    if (request.entries.empty() || request.entries.size() > schema::event_entries_max) {
        return invalid_request("the number of entries is not between 1 and 10");
    }
    std::size_t bytes = 0;
    for (const auto& entry : request.entries) bytes += bytes_of(entry);
    if (bytes >= schema::event_entry_bytes_max) {
        return invalid_request("Total size of the entries in the request is over the limit.");
    }
    schema::EventsPut answer;
    for (const auto& entry : request.entries) {
        store::Batch batch{std::string(partition)};
        answer.results.push_back(put_event(entry, caller, batch, effects));
        if (!batch.empty()) ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
    }
    return answer;
}

Result<schema::BusInfo> NotifierCore::apply(const schema::CreateBus& request, const Caller& caller,
                                            Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = rules_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::BusInfo> NotifierCore::apply(const schema::UpdateBus& request, const Caller& caller,
                                            Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = rules_.update(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::PutBusPermission& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = rules_.put_permission(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::RemoveBusPermission& request,
                                          const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = rules_.remove_permission(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteBus& request, const Caller& caller,
                                          Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = rules_.remove(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::RuleInfo> NotifierCore::apply(const schema::PutRule& request, const Caller& caller,
                                             Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    const auto before = rules_.describe_rule({.bus = request.bus, .name = request.name}, caller);
    auto answer = rules_.put(request, caller, batch);
    const bool is_same = answer && before && before->expression == answer->expression &&
                         before->is_enabled == answer->is_enabled;
    if (answer && !is_same) set_rule_schedule(*answer, caller.now, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteRule& request, const Caller& caller,
                                          Effects& effects) {
    store::Batch batch{std::string(partition)};
    const auto before = rules_.describe_rule({.bus = request.bus, .name = request.name}, caller);
    auto answer = rules_.remove(request, caller, batch);
    if (answer && before) timetable_.remove(before->arn, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::SetRuleState& request, const Caller& caller,
                                          Effects& effects) {
    store::Batch batch{std::string(partition)};
    const auto before = rules_.describe_rule({.bus = request.bus, .name = request.name}, caller);
    auto answer = rules_.set_state(request, caller, batch);
    const auto after = rules_.describe_rule({.bus = request.bus, .name = request.name}, caller);
    if (answer && before && after && before->is_enabled != after->is_enabled) {
        set_rule_schedule(*after, caller.now, batch);
    }
    effects.add(std::move(batch));
    return answer;
}

Result<schema::TargetsChanged> NotifierCore::apply(const schema::PutTargets& request,
                                                   const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    for (const auto& target : request.targets) ONPUT_TRY_VOID(check_http_parameters(target));
    store::Batch batch{std::string(partition)};
    auto answer = rules_.put_targets(request, caller, batch);
    effects.add(std::move(batch));
    deliveries_.remove_orphans();
    return answer;
}

Result<schema::TargetsChanged> NotifierCore::apply(const schema::RemoveTargets& request,
                                                   const Caller& caller, Effects& effects) {
    store::Batch batch{std::string(partition)};
    auto answer = rules_.remove_targets(request, caller, batch);
    effects.add(std::move(batch));
    deliveries_.remove_orphans();
    return answer;
}

Result<schema::EventTags> NotifierCore::apply(const schema::ChangeEventTags& request,
                                              const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = is_schedule_arn(request.arn) ? schedules_.change_tags(request, caller, batch)
                                               : rules_.change_tags(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::EventTags> NotifierCore::event_tags(const schema::GetEventTags& request,
                                                   const Caller& caller) const {
    return is_schedule_arn(request.arn) ? schedules_.tags(request, caller)
                                        : rules_.tags(request, caller);
}

}  // namespace onput::notifier
