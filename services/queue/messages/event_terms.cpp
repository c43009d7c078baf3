// Messages: how often and how long asynchronous invocations are tried, and who is told of their
// ends: as the alias says by which they came, if it says anything, or else as the function does.
#include <algorithm>

#include "services/queue/messages/messages.hpp"

namespace onput::queue {
namespace {

bool has_events(const std::pair<const std::string, schema::FunctionAlias>& alias) {
    return alias.second.events.has_value();
}

}  // namespace

const schema::AliasEvents* Messages::alias_events(const schema::FunctionInfo& function,
                                                  const MessageRecord& job) const {
    if (job.alias.empty()) return nullptr;
    const Queue* base = parts_.catalogue.find_function(function.account, function.name);
    if (base == nullptr) return nullptr;
    const auto& aliases = base->function->aliases;
    const auto alias = aliases.find(job.alias);
    if (alias == aliases.end() || !alias->second.events) return nullptr;
    return &*alias->second.events;
}

bool Messages::has_alias_events(const Queue& queue) const {
    if (!queue.function) return false;
    const schema::FunctionInfo& function = queue.function->function;
    const Queue* base = parts_.catalogue.find_function(function.account, function.name);
    return base != nullptr && std::ranges::any_of(base->function->aliases, has_events);
}

bool Messages::may_have_destination(const Queue& queue) const {
    return queue.function &&
           (!queue.function->function.management.on_success_arn.empty() || has_alias_events(queue));
}

Result<std::uint32_t> Messages::receives_max(const Queue& queue, const Candidate& candidate) {
    if (!has_alias_events(queue)) return queue.receives_max();
    ONPUT_TRY(const auto job, read(queue, candidate.number, candidate.status));
    const auto* events = alias_events(queue.function->function, job);
    return events != nullptr ? events->retries_max + 1 : queue.receives_max();
}

Result<bool> Messages::is_event_too_old(const Queue& queue, const Candidate& candidate,
                                        Timestamp now) {
    const Timestamp sent_at = candidate.status.sent_at;
    const Timestamp age_now = parts_.age.at(now);
    if (!has_alias_events(queue)) return queue.is_event_too_old(sent_at, age_now);
    ONPUT_TRY(const auto job, read(queue, candidate.number, candidate.status));
    const auto* events = alias_events(queue.function->function, job);
    if (events == nullptr) return queue.is_event_too_old(sent_at, age_now);
    return sent_at + std::chrono::seconds(events->event_age_s_max) <= age_now;
}

}  // namespace onput::queue
