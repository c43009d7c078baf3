#include "services/queue/commands/queue_commands.hpp"

#include <algorithm>

namespace onput::queue {
namespace {

std::string count_text(const Queue& queue, MessageState state) {
    return std::to_string(queue.messages.count(state));
}

// The first attribute asked for that the queue has with another value, if there is one.
std::string differing_attribute(const Queue& queue, const Attributes& wanted) {
    const Attributes present = show_settings(queue.record.attributes);
    for (const auto& [name, value] : merge_attributes({}, wanted)) {
        const auto found = present.find(name);
        if (found == present.end() || found->second != value) return name;
    }
    return {};
}

// False: the page is full, and says so.
bool append(const Queue& queue, std::size_t limit, schema::QueueList& list) {
    if (list.queues.size() == limit) {
        list.next_after = list.queues.back().name;
        return false;
    }
    list.queues.push_back(
        {.account = queue.account, .name = queue.name, .arn = queue.arn, .attributes = {}});
    return true;
}

}  // namespace

schema::QueueInfo QueueCommands::show(const Queue& queue) {
    schema::QueueInfo info{
        .account = queue.account, .name = queue.name, .arn = queue.arn, .attributes = {}};
    info.attributes = show_settings(queue.record.attributes);
    info.attributes["QueueArn"] = queue.arn;
    info.attributes["CreatedTimestamp"] = std::to_string(to_seconds(queue.record.created_at));
    info.attributes["LastModifiedTimestamp"] = std::to_string(to_seconds(queue.record.modified_at));
    info.attributes["ApproximateNumberOfMessages"] = count_text(queue, MessageState::visible);
    info.attributes["ApproximateNumberOfMessagesNotVisible"] =
        count_text(queue, MessageState::in_flight);
    info.attributes["ApproximateNumberOfMessagesDelayed"] = count_text(queue, MessageState::hidden);
    return info;
}

Result<void> QueueCommands::check_redrive(const Attributes& attributes, const Settings& settings,
                                          std::string_view account, std::string_view name) const {
    if (!settings.redrive) return {};
    const std::string arn = parts_.catalogue.queue_arn(account, name);
    const auto refuse = [&](std::string reason) {
        return fail(ErrorCode::invalid_argument,
                    "Value " + attributes.at("RedrivePolicy") +
                        " for parameter RedrivePolicy is invalid. Reason: " + std::move(reason),
                    "InvalidParameterValue");
    };
    const std::string& target_arn = settings.redrive->dead_letter_arn;
    if (target_arn == arn) return refuse("Dead letter target cannot be the queue itself.");
    const auto target = parts_.catalogue.find_dead_letter_queue(account, target_arn);
    if (!target) return refuse(target.error().message);
    if (!(*target)->settings.redrive_allow.allows(arn)) {
        return refuse("Dead letter target does not allow this queue as a source.");
    }
    return {};
}

Result<schema::QueueInfo> QueueCommands::create(const schema::CreateQueue& request,
                                                const Caller& caller, Effects& effects) {
    const std::string& account = caller.principal.account;
    if (account.empty()) {
        return fail(ErrorCode::permission_denied, "Access to the resource is denied.",
                    "AccessDenied");
    }
    ONPUT_TRY_VOID(check_queue_name(request.name));
    Attributes attributes = merge_attributes({}, request.attributes);
    ONPUT_TRY(Settings settings, parse_settings(request.attributes));
    if (const Queue* present = parts_.catalogue.find_queue(account, request.name)) {
        const std::string differing = differing_attribute(*present, request.attributes);
        if (differing.empty()) return show(*present);
        return fail(
            ErrorCode::conflict,
            "A queue already exists with the same name and a different value for attribute " +
                differing,
            "QueueNameExists");
    }
    ONPUT_TRY_VOID(check_redrive(attributes, settings, account, request.name));
    if (parts_.catalogue.count_queues(account) >= queues_per_account_max) {
        return fail(ErrorCode::resource_exhausted, "this account has too many queues", "OverLimit");
    }
    QueueRecord record{.number = parts_.counters.next_queue(effects.batch()).get(),
                       .account = account,
                       .name = request.name,
                       .created_at = caller.now,
                       .modified_at = caller.now,
                       .attributes = std::move(attributes),
                       .tags = request.tags,
                       .purged_through = 0,
                       .purged_at = {}};
    effects.batch().put(queue_key(account, request.name), schema::encode(record));
    return show(parts_.catalogue.add(std::move(record), std::move(settings)));
}

Result<schema::Empty> QueueCommands::remove(const schema::DeleteQueue& request,
                                            const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue,
              find_own(parts_.catalogue, caller, request.account, request.name, "sqs:DeleteQueue"));
    parts_.dispatcher.cancel_all(*queue, effects);
    parts_.messages.forget(*queue);
    parts_.move_tasks.forget(*queue, effects);
    parts_.sweeper.add(queue->number, MessageNumber(UINT64_MAX));
    effects.batch().remove(queue_key(queue->account, queue->name));
    parts_.catalogue.remove(*queue);
    return schema::Empty{};
}

Result<schema::QueueList> QueueCommands::list(const schema::ListQueues& request,
                                              const Caller& caller) const {
    schema::QueueList list;
    const std::uint32_t limit = std::clamp(request.queues_max, 1U, queues_listed_max);
    const auto& queues = parts_.catalogue.queues();
    const std::string from = std::max(request.after, request.name_prefix);
    for (auto entry = queues.lower_bound(Catalogue::name_key(caller.principal.account, from));
         entry != queues.end(); ++entry) {
        const Queue& queue = *entry->second;
        if (queue.account != caller.principal.account) break;
        if (!queue.name.starts_with(request.name_prefix)) break;
        if (queue.name == request.after) continue;
        if (!append(queue, limit, list)) break;
    }
    return list;
}

Result<schema::QueueList> QueueCommands::list_sources(const schema::ListDeadLetterSources& request,
                                                      const Caller& caller) const {
    ONPUT_TRY(const Queue* target, find_allowed(parts_.catalogue, caller, request.account,
                                                request.name, "sqs:ListDeadLetterSourceQueues"));
    schema::QueueList list;
    const std::uint32_t limit = std::clamp(request.queues_max, 1U, queues_listed_max);
    const auto& queues = parts_.catalogue.queues();
    for (auto entry = queues.lower_bound(Catalogue::name_key(target->account, request.after));
         entry != queues.end(); ++entry) {
        const Queue& queue = *entry->second;
        // Dead letters stay within their account.
        if (queue.account != target->account) break;
        if (queue.name == request.after || queue.dead_letter_arn() != target->arn) continue;
        if (!append(queue, limit, list)) break;
    }
    return list;
}

Result<schema::QueueInfo> QueueCommands::describe(const schema::DescribeQueue& request,
                                                  const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find_allowed(parts_.catalogue, caller, request.account,
                                               request.name, "sqs:GetQueueAttributes"));
    return show(*queue);
}

Result<schema::Empty> QueueCommands::set_attributes(const schema::SetQueueAttributes& request,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY(Queue * queue, find_own(parts_.catalogue, caller, request.account, request.name,
                                      "sqs:SetQueueAttributes"));
    // The request's own faults come first: they are named, whatever the queue has.
    ONPUT_TRY_VOID(parse_settings(request.attributes));
    Attributes attributes = merge_attributes(queue->record.attributes, request.attributes);
    ONPUT_TRY(Settings settings, parse_settings(attributes, auth::PolicySource::store));
    if (request.attributes.contains("RedrivePolicy")) {
        ONPUT_TRY_VOID(check_redrive(attributes, settings, queue->account, queue->name));
    }
    queue->record.attributes = std::move(attributes);
    queue->record.modified_at = caller.now;
    queue->settings = std::move(settings);
    effects.batch().put(queue_key(queue->account, queue->name), schema::encode(queue->record));
    return schema::Empty{};
}

Result<schema::Empty> QueueCommands::purge(const schema::PurgeQueue& request, const Caller& caller,
                                           Effects& effects) {
    ONPUT_TRY(Queue * queue, find_allowed(parts_.catalogue, caller, request.account, request.name,
                                          "sqs:PurgeQueue"));
    const Timestamp last = queue->record.purged_at;
    // A last purge in the future is a clock that was set back.
    if (last != Timestamp() && last <= caller.now && caller.now < last + purge_interval_min) {
        return fail(
            ErrorCode::conflict,
            "Only one PurgeQueue operation on " + queue->name + " is allowed every 60 seconds.",
            "PurgeQueueInProgress");
    }
    const MessageNumber through = parts_.counters.last_message();
    parts_.messages.forget(*queue);
    parts_.sweeper.add(queue->number, through);
    queue->record.purged_through = through.get();
    queue->record.purged_at = caller.now;
    effects.batch().put(queue_key(queue->account, queue->name), schema::encode(queue->record));
    return schema::Empty{};
}

}  // namespace onput::queue
