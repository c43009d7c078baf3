// TopicBook's commands and queries about subscriptions.
#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/text.hpp"
#include "services/notifier/topics/endpoint.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/subscription_attributes.hpp"
#include "services/notifier/topics/topic_access.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "services/notifier/topics/topic_records.hpp"
#include "services/notifier/topics/topic_state.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t token_digits = 128;

schema::SubscriptionInfo info_of(const Subscription& subscription) {
    return {.arn = subscription.arn,
            .topic_arn = subscription.topic_arn,
            .account = subscription.account,
            .protocol = subscription.protocol,
            .endpoint = subscription.endpoint,
            .is_pending = !subscription.is_confirmed,
            .attributes = {}};
}

schema::SubscriptionInfo described(const Subscription& subscription) {
    schema::SubscriptionInfo info = info_of(subscription);
    info.attributes = show_subscription(subscription);
    return info;
}

Result<Texts> accept_attributes(const schema::Subscribe& request) {
    Texts accepted;
    for (const auto& [name, value] : request.attributes) {
        ONPUT_TRY_VOID(accept_subscription_attribute(name, value, request.protocol,
                                                     AttributeCall::of_many, accepted));
    }
    return accepted;
}

// The subscriber and the topic's owner; nobody else may see or end a subscription.
bool owns(const Subscription& subscription, const Topic& topic, const std::string& account) {
    return !account.empty() && (account == subscription.account || account == topic.account);
}

// A cursor is the number of the last subscription shown.
Result<std::uint64_t> read_cursor(std::string_view text) {
    if (text.empty()) return 0;
    const auto number = parse_number<std::uint64_t>(text);
    if (!number) return invalid_parameter("NextToken");
    return *number;
}

// As on AWS, dead letters stay in the region. Asked by commands only: stored rows stay readable.
Result<void> check_dead_letter_region(const std::string& queue_arn, std::string_view region,
                                      AttributeCall call) {
    const auto arn = parse_queue_arn(queue_arn);
    if (!arn || arn->region == region) return {};
    return invalid_attribute(
        call, "RedrivePolicy: deadLetterTargetArn must be in the region of the topic");
}

// What is asked for of a subscription that is there already: fine if it is what it has.
Result<void> check_agrees(const Subscription& existing, const Texts& accepted,
                          const schema::Subscribe& request) {
    if (has_attributes(existing, accepted, request.attributes)) return {};
    return invalid_parameter(
        "Attributes Reason: Subscription already exists with different attributes");
}

}  // namespace

Result<TopicBook::Subscribed> TopicBook::subscribe(const schema::Subscribe& request,
                                                   const Caller& caller, store::Batch& batch) {
    State& state = *state_;
    ONPUT_TRY(Topic * topic, state.known_topic(request.topic_arn));
    ONPUT_TRY_VOID(check_subscriber(*topic, caller,
                                    {.protocol = request.protocol, .endpoint = request.endpoint}));
    ONPUT_TRY_VOID(check_endpoint(request.protocol, request.endpoint));
    ONPUT_TRY(auto accepted, accept_attributes(request));
    const std::string& account = caller.principal.account;
    ONPUT_TRY(auto settings, read_subscription_settings(accepted, account, AttributeCall::of_many));
    ONPUT_TRY_VOID(check_dead_letter_region(settings.dead_letter_arn, state.options.region,
                                            AttributeCall::of_many));

    Subscription* existing =
        state.find_endpoint(request.topic_arn, request.protocol, request.endpoint);
    if (existing != nullptr && !state.is_gone(*existing, caller.now)) {
        ONPUT_TRY_VOID(check_agrees(*existing, accepted, request));
        if (existing->is_confirmed) return Subscribed{.info = described(*existing), .owed = {}};
        // The first token may have been lost on its way: it is sent again, and lives on.
        state.set_token_time(*existing, caller.now);
        State::write(*existing, batch);
        return Subscribed{.info = described(*existing),
                          .owed = state.confirmation(*existing, caller)};
    }
    std::vector<std::uint64_t> leaving = state.expired(caller.now);
    // With many expired ones, this one need not be among those of this call.
    if (existing != nullptr && std::ranges::find(leaving, existing->number) == leaving.end()) {
        leaving.push_back(existing->number);
    }
    ONPUT_TRY_VOID(state.check_room(*topic, account, leaving));
    if (settings.filter) ONPUT_TRY_VOID(state.check_filter_room(*topic));

    for (const std::uint64_t number : leaving) state.remove(number, batch);
    Subscription made = state.make_subscription(*topic, request, caller);
    made.attributes = std::move(accepted);
    apply(std::move(settings), made);
    choose_delivery_policy(*topic, made);
    const Subscription& added = state.add(std::move(made));
    State::write(added, batch);
    batch.put(topics_key(), schema::encode(TopicsRecord{.last_subscription = state.last_number}));
    Subscribed done{.info = described(added), .owed = {}};
    if (!added.is_confirmed) done.owed = state.confirmation(added, caller);
    return done;
}

Subscription TopicBook::State::make_subscription(const Topic& topic,
                                                 const schema::Subscribe& request,
                                                 const Caller& caller) {
    Subscription made;
    made.number = ++last_number;
    made.arn = topic.arn + ":" + fresh_uuid("subscription");
    made.topic_arn = topic.arn;
    made.account = caller.principal.account;
    made.user = caller.principal.user;
    made.protocol = request.protocol;
    made.endpoint = request.endpoint;
    made.is_confirmed = !must_confirm(request.protocol);
    made.is_confirmation_authenticated = made.is_confirmed;
    if (!made.is_confirmed) made.token = fresh_hex("token", token_digits);
    made.token_made_at = age.stamp(caller.now);
    return made;
}

Result<void> TopicBook::State::check_room(const Topic& topic, const std::string& account,
                                          const std::vector<std::uint64_t>& leaving) const {
    const auto of_topic = static_cast<std::size_t>(std::ranges::count_if(
        leaving, [&topic](std::uint64_t number) { return topic.subscriptions.contains(number); }));
    if (topic.subscriptions.size() - of_topic >= options.subscriptions_per_topic_max) {
        return limit_exceeded("SubscriptionLimitExceeded",
                              "Subscription limit of the topic exceeded");
    }
    const auto of_account = static_cast<std::size_t>(
        std::ranges::count_if(leaving, [this, &account](std::uint64_t number) {
            return subscriptions.at(number).account == account;
        }));
    if (count_subscriptions(account) - of_account >= options.subscriptions_per_account_max) {
        return limit_exceeded("SubscriptionLimitExceeded", "Subscription limit exceeded");
    }
    return {};
}

Result<void> TopicBook::State::check_filter_room(const Topic& topic) const {
    const auto filters = std::ranges::count_if(topic.subscriptions, [this](std::uint64_t number) {
        return subscriptions.at(number).filter.has_value();
    });
    if (static_cast<std::size_t>(filters) < filter_policies_per_topic_max) return {};
    return limit_exceeded("FilterPolicyLimitExceeded", "Filter policy limit exceeded");
}

schema::TopicMessage TopicBook::State::confirmation(const Subscription& subscription,
                                                    const Caller& caller) {
    return {.event_id = fresh_hex("event", 32),
            .message_id = fresh_uuid("message"),
            .type = schema::TopicMessageType::subscription_confirmation,
            .topic_arn = subscription.topic_arn,
            .message = "You have chosen to subscribe to the topic " + subscription.topic_arn +
                       ".\nTo confirm the subscription, visit the SubscribeURL included in this "
                       "message.",
            .time = caller.now,
            .account = caller.principal.account,
            .trace = caller.trace,
            .owed = {subscription.number}};
}

Result<schema::SubscriptionInfo> TopicBook::confirm(const schema::ConfirmSubscription& request,
                                                    const Caller& caller, store::Batch& batch) {
    State& state = *state_;
    ONPUT_TRY_VOID(check_arn(request.topic_arn, "TopicArn"));
    const bool is_hex = std::ranges::all_of(
        request.token, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!is_hex) {
        return fail(ErrorCode::invalid_argument, "Invalid token", "InvalidParameter");
    }
    // Of a topic that there is not, no token is known either.
    const Topic* topic = state.find(request.topic_arn);
    if (topic == nullptr) return invalid_parameter("Token");
    const auto found = std::ranges::find_if(topic->subscriptions, [&](std::uint64_t number) {
        const std::string& token = state.subscriptions.at(number).token;
        return !token.empty() && equal_constant_time(token, request.token);
    });
    if (found == topic->subscriptions.end()) return invalid_parameter("Token");
    Subscription& subscription = state.subscriptions.at(*found);
    if (subscription.is_confirmed) return described(subscription);
    if (state.has_expired(subscription, caller.now)) return invalid_parameter("Token");
    const bool is_signed = !caller.principal.account.empty();
    // A caller without a signature cannot be asked for one later either.
    subscription.authenticate_on_unsubscribe = request.authenticate_on_unsubscribe && is_signed;
    subscription.is_confirmation_authenticated = is_signed;
    subscription.is_leaving = false;
    state.set_confirmed(subscription);
    State::write(subscription, batch);
    return described(subscription);
}

Result<std::optional<schema::TopicMessage>> TopicBook::unsubscribe(
    const schema::Unsubscribe& request, const Caller& caller, store::Batch& batch,
    std::vector<std::uint64_t>& removed) {
    ONPUT_TRY_VOID(check_arn(request.arn, "SubscriptionArn"));
    if (std::ranges::count(request.arn, ':') == 5) return invalid_parameter("SubscriptionId");
    const Subscription* subscription = state_->find_subscription(request.arn);
    if (subscription == nullptr || subscription->is_leaving) return std::nullopt;
    Topic* topic = state_->find(subscription->topic_arn);
    ONPUT_CHECK(topic != nullptr);
    const std::string& account = caller.principal.account;
    const bool may = account.empty() ? !subscription->authenticate_on_unsubscribe
                                     : owns(*subscription, *topic, account);
    if (!may) {
        return not_authorized(schema::principal_arn(caller.principal), "SNS:Unsubscribe",
                              request.arn, "because only the subscriber and the topic's owner may");
    }
    Subscription ended = *subscription;
    state_->remove(ended.number, batch);
    ++topic->subscriptions_deleted;
    State::write(*topic, batch);
    removed.push_back(ended.number);
    // Whoever signs knows what they do; a link may have been followed by mistake, or by a stranger.
    const bool is_told = account.empty() && ended.is_confirmed && must_confirm(ended.protocol);
    if (!is_told) return std::nullopt;
    return state_->leave(std::move(ended), caller, batch);
}

schema::TopicMessage TopicBook::State::leave(Subscription subscription, const Caller& caller,
                                             store::Batch& batch) {
    const std::string ended = subscription.arn;
    subscription.number = ++last_number;
    subscription.arn = subscription.topic_arn + ":" + fresh_uuid("subscription");
    subscription.is_confirmed = false;
    subscription.is_leaving = true;
    subscription.token = fresh_hex("token", token_digits);
    subscription.token_made_at = age.stamp(caller.now);
    const Subscription& left = add(std::move(subscription));
    write(left, batch);
    batch.put(topics_key(), schema::encode(TopicsRecord{.last_subscription = last_number}));
    return {.event_id = fresh_hex("event", 32),
            .message_id = fresh_uuid("message"),
            .type = schema::TopicMessageType::unsubscribe_confirmation,
            .topic_arn = left.topic_arn,
            .message = "You have chosen to deactivate subscription " + ended +
                       ".\nTo cancel this operation and restore the subscription, visit the "
                       "SubscribeURL included in this message.",
            .time = caller.now,
            .account = left.account,
            .trace = caller.trace,
            .owed = {left.number}};
}

Result<schema::Empty> TopicBook::set_subscription_attribute(
    const schema::SetSubscriptionAttribute& request, const Caller& caller, store::Batch& batch) {
    State& state = *state_;
    ONPUT_TRY(Subscription * subscription, state.known_subscription(request.arn));
    const Topic* topic = state.find(subscription->topic_arn);
    ONPUT_CHECK(topic != nullptr);
    if (caller.principal.account.empty() || caller.principal.account != subscription->account) {
        return not_authorized(schema::principal_arn(caller.principal),
                              "SNS:SetSubscriptionAttributes", request.arn,
                              "because only the subscriber may");
    }
    if (state.is_gone(*subscription, caller.now)) return subscription_does_not_exist();
    Texts attributes = subscription->attributes;
    ONPUT_TRY_VOID(accept_subscription_attribute(
        request.name, request.value, subscription->protocol, AttributeCall::of_one, attributes));
    ONPUT_TRY(auto settings,
              read_subscription_settings(attributes, subscription->account, AttributeCall::of_one));
    if (request.name == "RedrivePolicy") {
        ONPUT_TRY_VOID(check_dead_letter_region(settings.dead_letter_arn, state.options.region,
                                                AttributeCall::of_one));
    }
    if (settings.filter && !subscription->filter) {
        ONPUT_TRY_VOID(state.check_filter_room(*topic));
    }
    subscription->attributes = std::move(attributes);
    apply(std::move(settings), *subscription);
    choose_delivery_policy(*topic, *subscription);
    State::write(*subscription, batch);
    return schema::Empty{};
}

void TopicBook::expire(Timestamp now, store::Batch& batch, std::vector<std::uint64_t>& removed) {
    for (const std::uint64_t number : state_->expired(now)) {
        state_->remove(number, batch);
        removed.push_back(number);
    }
}

Result<schema::SubscriptionInfo> TopicBook::get_subscription(const schema::GetSubscription& request,
                                                             const Caller& caller) const {
    ONPUT_TRY(const Subscription* subscription, state_->known_subscription(request.arn));
    const Topic* topic = state_->find(subscription->topic_arn);
    ONPUT_CHECK(topic != nullptr);
    if (!owns(*subscription, *topic, caller.principal.account)) {
        return not_authorized(schema::principal_arn(caller.principal),
                              "SNS:GetSubscriptionAttributes", request.arn,
                              "because only the subscriber and the topic's owner may");
    }
    if (state_->is_gone(*subscription, caller.now)) return subscription_does_not_exist();
    return described(*subscription);
}

Result<schema::SubscriptionList> TopicBook::list_subscriptions(
    const schema::ListSubscriptions& request, const Caller& caller) const {
    ONPUT_TRY(const std::uint64_t after, read_cursor(request.after));
    schema::SubscriptionList page;
    // False when the page is full.
    const auto show = [&](const Subscription& subscription) {
        if (state_->is_gone(subscription, caller.now)) return true;
        if (page.subscriptions.size() == schema::topic_page_max) return false;
        page.subscriptions.push_back(info_of(subscription));
        page.next = std::to_string(subscription.number);
        return true;
    };
    if (!request.topic_arn.empty()) {
        ONPUT_TRY(const Topic* topic, state_->known_topic(request.topic_arn));
        ONPUT_TRY_VOID(check_access(*topic, caller, "SNS:ListSubscriptionsByTopic"));
        const auto& numbers = topic->subscriptions;
        for (auto at = numbers.upper_bound(after); at != numbers.end(); ++at) {
            if (!show(state_->subscriptions.at(*at))) return page;
        }
        page.next.clear();
        return page;
    }
    const std::string& account = caller.principal.account;
    if (account.empty()) {
        return not_authorized("anonymous", "SNS:ListSubscriptions", "*",
                              "because the request is not signed");
    }
    const auto& all = state_->subscriptions;
    for (auto at = all.upper_bound(after); at != all.end(); ++at) {
        const Topic* topic = state_->find(at->second.topic_arn);
        ONPUT_CHECK(topic != nullptr);
        if (owns(at->second, *topic, account) && !show(at->second)) return page;
    }
    page.next.clear();
    return page;
}

const Subscription* TopicBook::find_subscription(std::uint64_t number) const {
    const auto found = state_->subscriptions.find(number);
    return found == state_->subscriptions.end() ? nullptr : &found->second;
}

const std::map<std::uint64_t, Subscription>& TopicBook::subscriptions() const {
    return state_->subscriptions;
}

}  // namespace onput::notifier
