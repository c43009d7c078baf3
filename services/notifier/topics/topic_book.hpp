// TopicBook: topics, their subscriptions, and which message is for whom. Pure.
//
//     create .. delete          subscribe -> pending --token--> confirmed -> unsubscribe
//     publish: allowed by policy? -> confirmed subscriptions whose filter accepts it
//
// Rows, beside those of records.hpp, in the notifier's partition:
//
//     m                         TopicsRecord         number of the newest subscription ever
//     n/<topic arn>             TopicRecord
//     q/<subscription number>   SubscriptionRecord   numbers are never used again
//
// Everything is in memory as well. A command checks everything before its first change, and writes
// its rows into the batch it is given; the caller answers when that is durable. What a command
// makes owed (a confirmation) it returns, and the caller journals it in the same batch.
//
// Owned by NotifierCore. Two kinds of caller: the account of a principal, and anonymous ones that
// hold a token or a link.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/policy.hpp"
#include "common/base/age_clock.hpp"
#include "common/base/random.hpp"
#include "common/pattern/filter_policy.hpp"
#include "common/schema/topics.hpp"
#include "common/store/store.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/outbound/delivery_policy.hpp"

namespace onput::notifier {

inline constexpr Duration confirmation_token_lifetime = std::chrono::hours(48);
inline constexpr std::size_t filter_policies_per_topic_max = 200;  // SNS's own.
inline constexpr std::size_t expired_per_call_max = 64;

struct Topic {
    std::string arn;
    std::string account;
    std::string name;
    std::map<std::string, std::string> attributes;  // As they were set.
    std::map<std::string, std::string> tags;
    std::optional<auth::Policy> policy;  // Nothing: the owner's account only.
    DeliveryPolicy http_policy;          // For its http and https subscriptions.
    std::string display_name;
    int signature_version = 1;
    // Of DeliveryPolicy's disableSubscriptionOverrides: its subscriptions' own ones do not count.
    bool disables_overrides = false;
    std::uint64_t subscriptions_deleted = 0;  // Ever, by Unsubscribe.
    std::set<std::uint64_t> subscriptions;    // Numbers, pending ones as well.
};

struct Subscription {
    std::uint64_t number = 0;
    std::string arn;
    std::string topic_arn;
    std::string account;   // Who subscribed.
    std::string user;      // Of that account, if it was one.
    std::string protocol;  // "sqs", "lambda", "http", "https", "email", ...
    std::string endpoint;  // ARN of queue or function, URL, address, ...
    bool is_confirmed = false;
    // Ended by its link, and gone for everybody; it stays pending, so that the token in the notice
    // of its end can restore it.
    bool is_leaving = false;
    bool authenticate_on_unsubscribe = false;
    bool is_confirmation_authenticated = false;  // An account confirmed it, not just a token.
    // Hexadecimal; empty where none is needed. Kept once confirmed: confirming again answers the
    // same.
    std::string token;
    Timestamp token_made_at;                        // Or sent again, which lets it live on.
    std::map<std::string, std::string> attributes;  // As they were set.
    bool is_raw = false;
    std::optional<pattern::FilterPolicy> filter;
    std::string dead_letter_arn;     // Of RedrivePolicy; empty: none.
    DeliveryPolicy delivery_policy;  // The effective one: its own, the topic's, or the default.
    std::optional<DeliveryPolicy> own_delivery_policy = {};
};

struct TopicBookOptions {
    std::string region = "us-east-1";
    // Of each account: nobody uses up what another one needs.
    std::size_t topics_per_account_max = schema::topics_per_account_max;
    std::size_t subscriptions_per_account_max = schema::subscriptions_per_account_max;
    std::size_t subscriptions_per_topic_max = schema::subscriptions_per_topic_max;
};

class TopicBook {
public:
    // Tokens age by `age`, which outlives it, as `view` does.
    TopicBook(TopicBookOptions options, const store::View& view, const AgeClock& age,
              Random random);
    ~TopicBook();

    // Continues from the store. Called once, before anything else. Rows that do not fit together
    // are corruption.
    Result<void> restore();

    // Commands. Authorised against the topic's policy by their SNS action ("SNS:Publish"); the
    // owner's account may do everything that the policy does not deny. One that fails has changed
    // nothing, neither here nor in the batch.
    Result<schema::TopicInfo> create(const schema::CreateTopic& request, const Caller& caller,
                                     store::Batch& batch);
    // The numbers of the subscriptions that went with it are added to `removed`.
    Result<schema::Empty> delete_topic(const schema::DeleteTopic& request, const Caller& caller,
                                       store::Batch& batch, std::vector<std::uint64_t>& removed);
    Result<schema::Empty> set_attribute(const schema::SetTopicAttribute& request,
                                        const Caller& caller, store::Batch& batch);
    Result<schema::Empty> change_tags(const schema::ChangeTopicTags& request, const Caller& caller,
                                      store::Batch& batch);

    // `owed`: a message that the caller journals in the same batch; its `owed` names the endpoint.
    struct Subscribed {
        schema::SubscriptionInfo info;
        std::optional<schema::TopicMessage> owed;
    };
    // sqs and sms are confirmed at once; http, https, email and email-json are sent a token.
    Result<Subscribed> subscribe(const schema::Subscribe& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::SubscriptionInfo> confirm(const schema::ConfirmSubscription& request,
                                             const Caller& caller, store::Batch& batch);
    // Answers what is owed: to one that an anonymous caller ended, the notice of its end.
    Result<std::optional<schema::TopicMessage>> unsubscribe(const schema::Unsubscribe& request,
                                                            const Caller& caller,
                                                            store::Batch& batch,
                                                            std::vector<std::uint64_t>& removed);
    Result<schema::Empty> set_subscription_attribute(
        const schema::SetSubscriptionAttribute& request, const Caller& caller, store::Batch& batch);
    // Removes pending subscriptions whose tokens have expired, at most expired_per_call_max. Every
    // subscribe does so too, without naming them: ask find_subscription. Calling it from time to
    // time frees what nobody subscribes to.
    void expire(Timestamp now, store::Batch& batch, std::vector<std::uint64_t>& removed);

    // Queries.
    [[nodiscard]] Result<schema::TopicInfo> get(const schema::GetTopic& request,
                                                const Caller& caller) const;
    [[nodiscard]] Result<schema::TopicList> list(const schema::ListTopics& request,
                                                 const Caller& caller) const;
    [[nodiscard]] Result<schema::SubscriptionInfo> get_subscription(
        const schema::GetSubscription& request, const Caller& caller) const;
    [[nodiscard]] Result<schema::SubscriptionList> list_subscriptions(
        const schema::ListSubscriptions& request, const Caller& caller) const;

    // Publishing. Who it is: `message.account`, or `message.service` on behalf of source_arn. Fails
    // with NotFound or AuthorizationError. A function of the topic's own account needs no policy.
    [[nodiscard]] Result<void> authorize_publish(const schema::TopicMessage& message) const;
    // Likewise for somebody who asks, whose user the message would not name.
    [[nodiscard]] Result<void> authorize_publish(const std::string& topic_arn,
                                                 const Caller& caller) const;
    // SNS's rules for one message: sizes, characters of the subject, attributes, MessageStructure.
    // InvalidParameter or ParameterValueInvalid.
    [[nodiscard]] static Result<void> check_entry(const schema::PublishEntry& entry);
    // The confirmed subscriptions of the message's topic whose filter accepts it, rising.
    [[nodiscard]] std::vector<std::uint64_t> match(const schema::TopicMessage& message) const;

    [[nodiscard]] const Topic* find(std::string_view arn) const;
    // Null once it was removed: what was owed to it is no longer.
    [[nodiscard]] const Subscription* find_subscription(std::uint64_t number) const;
    [[nodiscard]] const std::map<std::uint64_t, Subscription>& subscriptions() const;

    void check_invariants() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace onput::notifier
