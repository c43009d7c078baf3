// Requests to the notifier about topics and subscriptions: SNS's operations. The gateway turns the
// query protocol into these.
//
// Reasons, as SNS names its errors: NotFound, AuthorizationError, InvalidParameter,
// ParameterValueInvalid, TopicLimitExceeded, SubscriptionLimitExceeded, FilterPolicyLimitExceeded,
// TagLimitExceeded, TagPolicy, ConcurrentAccess. The error's message is SNS's own text
// ("Invalid parameter: ...").
#pragma once

#include <optional>

#include "common/schema/codec.hpp"
#include "common/schema/events.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t topic_name_bytes_max = 256;
// Of a message; of a batch as well.
inline constexpr std::size_t topic_message_bytes_max = 262'144;
inline constexpr std::size_t topic_subject_characters_max = 100;
inline constexpr std::size_t publish_entries_max = 10;
inline constexpr std::size_t topic_tags_max = 50;
inline constexpr std::size_t topic_page_max = 100;  // Topics or subscriptions of one page.
inline constexpr std::size_t topics_per_account_max = 10'000;
inline constexpr std::size_t subscriptions_per_account_max = 10'000;  // Of all its topics.
inline constexpr std::size_t subscriptions_per_topic_max = 2'000;

struct TopicInfo {
    static constexpr MessageInfo info{.kind = Kind::topic_info};

    std::string arn = {};  // arn:aws:sns:<region>:<account>:<name>
    // Every attribute that GetTopicAttributes shows, as text.
    std::map<std::string, std::string> attributes = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(arn, attributes, tags)
    friend bool operator==(const TopicInfo&, const TopicInfo&) = default;
};

// A topic of that name that is there already is answered, if its attributes and tags agree with
// those given; else InvalidParameter.
struct CreateTopic {
    static constexpr MessageInfo info{.kind = Kind::create_topic};
    static constexpr std::string_view method = "notifier.create_topic";
    using Reply = TopicInfo;

    std::string name = {};
    std::map<std::string, std::string> attributes = {};
    std::map<std::string, std::string> tags = {};

    ONPUT_FIELDS(name, attributes, tags)
    friend bool operator==(const CreateTopic&, const CreateTopic&) = default;
};

// Its subscriptions go with it; what was owed to them is no longer. One that does not exist is
// done.
struct DeleteTopic {
    static constexpr MessageInfo info{.kind = Kind::delete_topic};
    static constexpr std::string_view method = "notifier.delete_topic";
    using Reply = Empty;

    std::string arn = {};

    ONPUT_FIELDS(arn)
    friend bool operator==(const DeleteTopic&, const DeleteTopic&) = default;
};

struct GetTopic {
    static constexpr MessageInfo info{.kind = Kind::get_topic};
    static constexpr std::string_view method = "notifier.get_topic";
    using Reply = TopicInfo;

    std::string arn = {};

    ONPUT_FIELDS(arn)
    friend bool operator==(const GetTopic&, const GetTopic&) = default;
};

struct TopicList {
    static constexpr MessageInfo info{.kind = Kind::topic_list};

    std::vector<std::string> arns = {};
    std::string next = {};  // `after` of the next page; empty: this was the last.

    ONPUT_FIELDS(arns, next)
    friend bool operator==(const TopicList&, const TopicList&) = default;
};

// The principal's own topics, by ARN.
struct ListTopics {
    static constexpr MessageInfo info{.kind = Kind::list_topics};
    static constexpr std::string_view method = "notifier.list_topics";
    using Reply = TopicList;

    std::string after = {};

    ONPUT_FIELDS(after)
    friend bool operator==(const ListTopics&, const ListTopics&) = default;
};

struct SetTopicAttribute {
    static constexpr MessageInfo info{.kind = Kind::set_topic_attribute, .version = 2};
    static constexpr std::string_view method = "notifier.set_topic_attribute";
    using Reply = Empty;

    std::string arn = {};
    std::string name = {};  // "Policy", "DisplayName", "SignatureVersion", "DeliveryPolicy", ...
    std::string value = {};
    // Since version 2. The value that GetTopic gave: when it is another by now, nothing changes and
    // the answer is conflict, reason attribute_changed.
    std::optional<std::string> expected = {};

    ONPUT_FIELDS(arn, name, value, expected)
    friend bool operator==(const SetTopicAttribute&, const SetTopicAttribute&) = default;
};

struct ChangeTopicTags {
    static constexpr MessageInfo info{.kind = Kind::change_topic_tags};
    static constexpr std::string_view method = "notifier.change_topic_tags";
    using Reply = Empty;

    std::string arn = {};
    std::map<std::string, std::string> set = {};
    std::vector<std::string> removed = {};

    ONPUT_FIELDS(arn, set, removed)
    friend bool operator==(const ChangeTopicTags&, const ChangeTopicTags&) = default;
};

struct SubscriptionInfo {
    static constexpr MessageInfo info{.kind = Kind::subscription_info};

    std::string arn = {};  // <topic arn>:<uuid>
    std::string topic_arn = {};
    std::string account = {};
    std::string protocol = {};
    std::string endpoint = {};
    bool is_pending = false;
    // Every attribute that GetSubscriptionAttributes shows, as text.
    std::map<std::string, std::string> attributes = {};

    ONPUT_FIELDS(arn, topic_arn, account, protocol, endpoint, is_pending, attributes)
    friend bool operator==(const SubscriptionInfo&, const SubscriptionInfo&) = default;
};

// One that is there already (topic, protocol, endpoint) is answered, if the attributes given agree
// with it. An endpoint that must confirm is sent a confirmation, which is owed durably.
struct Subscribe {
    static constexpr MessageInfo info{.kind = Kind::subscribe};
    static constexpr std::string_view method = "notifier.subscribe";
    using Reply = SubscriptionInfo;

    std::string topic_arn = {};
    std::string protocol = {};
    std::string endpoint = {};
    std::map<std::string, std::string> attributes = {};

    ONPUT_FIELDS(topic_arn, protocol, endpoint, attributes)
    friend bool operator==(const Subscribe&, const Subscribe&) = default;
};

// The principal may be anonymous: the token authenticates it.
struct ConfirmSubscription {
    static constexpr MessageInfo info{.kind = Kind::confirm_subscription};
    static constexpr std::string_view method = "notifier.confirm_subscription";
    using Reply = SubscriptionInfo;

    std::string topic_arn = {};
    std::string token = {};
    bool authenticate_on_unsubscribe = false;

    ONPUT_FIELDS(topic_arn, token, authenticate_on_unsubscribe)
    friend bool operator==(const ConfirmSubscription&, const ConfirmSubscription&) = default;
};

// The principal may be anonymous (the link in a notification) unless the subscription was confirmed
// with authenticate_on_unsubscribe. What was owed to the subscription is dropped; the endpoint gets
// no message about it.
struct Unsubscribe {
    static constexpr MessageInfo info{.kind = Kind::unsubscribe};
    static constexpr std::string_view method = "notifier.unsubscribe";
    using Reply = Empty;

    std::string arn = {};

    ONPUT_FIELDS(arn)
    friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};

struct GetSubscription {
    static constexpr MessageInfo info{.kind = Kind::get_subscription};
    static constexpr std::string_view method = "notifier.get_subscription";
    using Reply = SubscriptionInfo;

    std::string arn = {};

    ONPUT_FIELDS(arn)
    friend bool operator==(const GetSubscription&, const GetSubscription&) = default;
};

struct SetSubscriptionAttribute {
    static constexpr MessageInfo info{.kind = Kind::set_subscription_attribute};
    static constexpr std::string_view method = "notifier.set_subscription_attribute";
    using Reply = Empty;

    std::string arn = {};
    std::string name = {};  // "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope",
                            // "RedrivePolicy", "DeliveryPolicy".
    std::string value = {};

    ONPUT_FIELDS(arn, name, value)
    friend bool operator==(const SetSubscriptionAttribute&,
                           const SetSubscriptionAttribute&) = default;
};

struct SubscriptionList {
    static constexpr MessageInfo info{.kind = Kind::subscription_list};

    std::vector<SubscriptionInfo> subscriptions = {};  // Without attributes.
    std::string next = {};

    ONPUT_FIELDS(subscriptions, next)
    friend bool operator==(const SubscriptionList&, const SubscriptionList&) = default;
};

struct ListSubscriptions {
    static constexpr MessageInfo info{.kind = Kind::list_subscriptions};
    static constexpr std::string_view method = "notifier.list_subscriptions";
    using Reply = SubscriptionList;

    std::string topic_arn = {};  // Empty: of all the principal's topics.
    std::string after = {};

    ONPUT_FIELDS(topic_arn, after)
    friend bool operator==(const ListSubscriptions&, const ListSubscriptions&) = default;
};

struct PublishEntry {
    std::string id = {};  // Of the entry in its batch; empty for a single Publish.
    std::string subject = {};
    std::string message = {};
    bool is_structured = false;  // MessageStructure=json.
    std::vector<TopicAttribute> attributes = {};

    ONPUT_FIELDS(id, subject, message, is_structured, attributes)
    friend bool operator==(const PublishEntry&, const PublishEntry&) = default;
};

struct MessagesPublished {
    static constexpr MessageInfo info{.kind = Kind::messages_published};

    std::vector<EntryResult> entries = {};  // In the order of the request.

    ONPUT_FIELDS(entries)
    friend bool operator==(const MessagesPublished&, const MessagesPublished&) = default;
};

// Answered when every entry is owed durably to every subscription confirmed now whose filter
// accepts it. An entry that is at fault fails alone, in its result; the request fails for what
// concerns all.
struct PublishMessages {
    static constexpr MessageInfo info{.kind = Kind::publish_messages};
    static constexpr std::string_view method = "notifier.publish";
    using Reply = MessagesPublished;

    std::string topic_arn = {};
    std::vector<PublishEntry> entries = {};

    ONPUT_FIELDS(topic_arn, entries)
    friend bool operator==(const PublishMessages&, const PublishMessages&) = default;
};

// The X.509 certificate that belongs to the signatures of notifications.
struct SigningCertificate {
    static constexpr MessageInfo info{.kind = Kind::signing_certificate};

    // "SimpleNotificationService-<fingerprint>.pem": the last part of its URL.
    std::string name = {};
    std::string pem = {};

    ONPUT_FIELDS(name, pem)
    friend bool operator==(const SigningCertificate&, const SigningCertificate&) = default;
};

struct GetSigningCertificate {
    static constexpr MessageInfo info{.kind = Kind::get_signing_certificate};
    static constexpr std::string_view method = "notifier.get_signing_certificate";
    using Reply = SigningCertificate;
    ONPUT_FIELDS()
    friend bool operator==(const GetSigningCertificate&, const GetSigningCertificate&) = default;
};

}  // namespace onput::schema
