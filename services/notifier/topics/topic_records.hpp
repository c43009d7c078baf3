// Keys and values of the rows of topics and subscriptions (topic_book.hpp), beside the notifier's
// other rows in its partition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/store/store.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

// Written with every new subscription, in the same batch, so that a number is never used again.
struct TopicsRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::topics_record};

    std::uint64_t last_subscription = 0;

    ONPUT_FIELDS(last_subscription)
    friend bool operator==(const TopicsRecord&, const TopicsRecord&) = default;
};

struct TopicRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::topic_record};

    std::string arn = {};
    std::string account = {};
    std::string name = {};
    std::map<std::string, std::string> attributes = {};  // As they were set.
    std::map<std::string, std::string> tags = {};
    std::uint64_t subscriptions_deleted = 0;

    ONPUT_FIELDS(arn, account, name, attributes, tags, subscriptions_deleted)
    friend bool operator==(const TopicRecord&, const TopicRecord&) = default;
};

struct SubscriptionRecord {
    // Version 2 added user and is_leaving.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::subscription_record,
                                              .version = 2};

    std::uint64_t number = 0;
    std::string arn = {};
    std::string topic_arn = {};
    std::string account = {};
    std::string protocol = {};
    std::string endpoint = {};
    bool is_confirmed = false;
    bool authenticate_on_unsubscribe = false;
    bool is_confirmation_authenticated = false;
    std::string token = {};
    Timestamp token_made_at = {};
    std::map<std::string, std::string> attributes = {};  // As they were set.
    std::string user = {};
    bool is_leaving = false;

    ONPUT_FIELDS(number, arn, topic_arn, account, protocol, endpoint, is_confirmed,
                 authenticate_on_unsubscribe, is_confirmation_authenticated, token, token_made_at,
                 attributes, user, is_leaving)
    friend bool operator==(const SubscriptionRecord&, const SubscriptionRecord&) = default;
};

std::string topics_key();
std::string topic_key(std::string_view arn);
std::string subscription_key(std::uint64_t number);

store::Range topic_rows();
store::Range subscription_rows();

TopicRecord to_record(const Topic& topic);
SubscriptionRecord to_record(const Subscription& subscription);
// What is derived from attributes is left as it is in a new one.
Topic from_record(TopicRecord record);
Subscription from_record(SubscriptionRecord record);

}  // namespace onput::notifier
