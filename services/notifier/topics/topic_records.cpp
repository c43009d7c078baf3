#include "services/notifier/topics/topic_records.hpp"

#include <utility>

namespace onput::notifier {

std::string topics_key() {
    return "m";
}

std::string topic_key(std::string_view arn) {
    return "n/" + std::string(arn);
}

std::string subscription_key(std::uint64_t number) {
    std::string key = "q/";
    for (int shift = 56; shift >= 0; shift -= 8) {
        key += static_cast<char>((number >> shift) & 255U);
    }
    return key;
}

store::Range topic_rows() {
    return store::Range::of_prefix("n/");
}

store::Range subscription_rows() {
    return store::Range::of_prefix("q/");
}

TopicRecord to_record(const Topic& topic) {
    return {.arn = topic.arn,
            .account = topic.account,
            .name = topic.name,
            .attributes = topic.attributes,
            .tags = topic.tags,
            .subscriptions_deleted = topic.subscriptions_deleted};
}

SubscriptionRecord to_record(const Subscription& subscription) {
    return {.number = subscription.number,
            .arn = subscription.arn,
            .topic_arn = subscription.topic_arn,
            .account = subscription.account,
            .protocol = subscription.protocol,
            .endpoint = subscription.endpoint,
            .is_confirmed = subscription.is_confirmed,
            .authenticate_on_unsubscribe = subscription.authenticate_on_unsubscribe,
            .is_confirmation_authenticated = subscription.is_confirmation_authenticated,
            .token = subscription.token,
            .token_made_at = subscription.token_made_at,
            .attributes = subscription.attributes,
            .user = subscription.user,
            .is_leaving = subscription.is_leaving};
}

Topic from_record(TopicRecord record) {
    Topic topic;
    topic.arn = std::move(record.arn);
    topic.account = std::move(record.account);
    topic.name = std::move(record.name);
    topic.attributes = std::move(record.attributes);
    topic.tags = std::move(record.tags);
    topic.subscriptions_deleted = record.subscriptions_deleted;
    return topic;
}

Subscription from_record(SubscriptionRecord record) {
    Subscription subscription;
    subscription.number = record.number;
    subscription.arn = std::move(record.arn);
    subscription.topic_arn = std::move(record.topic_arn);
    subscription.account = std::move(record.account);
    subscription.protocol = std::move(record.protocol);
    subscription.endpoint = std::move(record.endpoint);
    subscription.is_confirmed = record.is_confirmed;
    subscription.authenticate_on_unsubscribe = record.authenticate_on_unsubscribe;
    subscription.is_confirmation_authenticated = record.is_confirmation_authenticated;
    subscription.token = std::move(record.token);
    subscription.token_made_at = record.token_made_at;
    subscription.attributes = std::move(record.attributes);
    subscription.user = std::move(record.user);
    subscription.is_leaving = record.is_leaving;
    return subscription;
}

}  // namespace onput::notifier
