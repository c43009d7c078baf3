// Commands about topics: TopicBook decides, what it owes is journaled in the same batch.
#include <numeric>

#include "services/notifier/core.hpp"

namespace onput::notifier {
namespace {

std::size_t bytes_of(const schema::PublishEntry& entry) {
    return std::accumulate(entry.attributes.begin(), entry.attributes.end(), entry.message.size(),
                           [](std::size_t bytes, const schema::TopicAttribute& attribute) {
                               return bytes + attribute.name.size() + attribute.type.size() +
                                      attribute.value.size();
                           });
}

schema::TopicMessage message_of(const schema::PublishMessages& request,
                                const schema::PublishEntry& entry, const Caller& caller,
                                Random& random) {
    schema::TopicMessage message;
    message.event_id = random.hex(32);
    message.message_id = random.uuid();
    message.topic_arn = request.topic_arn;
    message.subject = entry.subject;
    message.message = entry.message;
    message.is_structured = entry.is_structured;
    message.attributes = entry.attributes;
    message.time = caller.now;
    message.account = caller.principal.account;
    message.trace = caller.trace;
    message.trace_header = caller.trace_header;
    return message;
}

}  // namespace

Result<void> NotifierCore::check_publish(const schema::PublishMessages& request) const {
    if (request.entries.empty() || request.entries.size() > schema::publish_entries_max) {
        return fail(ErrorCode::invalid_argument,
                    "Invalid parameter: the number of entries is not between 1 and 10",
                    "InvalidParameter");
    }
    const auto bytes = std::accumulate(
        request.entries.begin(), request.entries.end(), std::size_t{0},
        [](std::size_t sum, const schema::PublishEntry& entry) { return sum + bytes_of(entry); });
    if (request.entries.size() > 1 && bytes > schema::topic_message_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "The length of all the messages put together is more than the limit.",
                    "BatchRequestTooLong");
    }
    return {};
}

Result<schema::MessagesPublished> NotifierCore::apply(const schema::PublishMessages& request,
                                                      const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    ONPUT_TRY_VOID(topics_.authorize_publish(request.topic_arn, caller));
    ONPUT_TRY_VOID(check_publish(request));
    // As on SNS, one entry that is at fault takes the whole batch with it.
    for (const auto& entry : request.entries) ONPUT_TRY_VOID(TopicBook::check_entry(entry));
    schema::MessagesPublished published;
    store::Batch batch{std::string(partition)};
    for (const auto& entry : request.entries) {
        schema::EntryResult& result = published.entries.emplace_back();
        result.id = entry.id;
        auto message = message_of(request, entry, caller, random_);
        result.message_id = message.message_id;
        fanout_.publish(std::move(message), caller.now, batch, effects);
    }
    if (!batch.empty()) ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
    return published;
}

Result<schema::TopicInfo> NotifierCore::apply(const schema::CreateTopic& request,
                                              const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.create(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::DeleteTopic& request, const Caller& caller,
                                          Effects& effects) {
    store::Batch batch{std::string(partition)};
    std::vector<std::uint64_t> removed;
    auto answer = topics_.delete_topic(request, caller, batch, removed);
    effects.add(std::move(batch));
    if (!removed.empty()) deliveries_.remove_orphans();
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::SetTopicAttribute& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.set_attribute(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::ChangeTopicTags& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.change_tags(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::SubscriptionInfo> NotifierCore::apply(const schema::Subscribe& request,
                                                     const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.subscribe(request, caller, batch);
    if (answer && answer->owed) fanout_.add(*std::move(answer->owed), caller.now, batch, effects);
    // Even a refused one may have found subscriptions whose tokens had expired.
    deliveries_.remove_orphans();
    if (!batch.empty()) ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->info);
}

Result<schema::SubscriptionInfo> NotifierCore::apply(const schema::ConfirmSubscription& request,
                                                     const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.confirm(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<schema::Empty> NotifierCore::apply(const schema::Unsubscribe& request, const Caller& caller,
                                          Effects& effects) {
    store::Batch batch{std::string(partition)};
    std::vector<std::uint64_t> removed;
    auto owed = topics_.unsubscribe(request, caller, batch, removed);
    if (owed && *owed) fanout_.add(**std::move(owed), caller.now, batch, effects);
    if (!removed.empty()) deliveries_.remove_orphans();
    if (!batch.empty()) ONPUT_TRY_VOID(close_batch(std::move(batch), effects));
    if (!owed) return std::unexpected(owed.error());
    return schema::Empty{};
}

Result<schema::Empty> NotifierCore::apply(const schema::SetSubscriptionAttribute& request,
                                          const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    auto answer = topics_.set_subscription_attribute(request, caller, batch);
    effects.add(std::move(batch));
    return answer;
}

Result<void> NotifierCore::publish_test_events(std::vector<schema::TopicMessage> messages,
                                               Timestamp now, Effects& effects) {
    if (messages.empty()) return {};
    ONPUT_TRY_VOID(room_.check());
    store::Batch batch{std::string(partition)};
    for (auto& message : messages)
        fanout_.authorize_and_publish(std::move(message), now, batch, effects);
    return close_batch(std::move(batch), effects);
}

}  // namespace onput::notifier
