#include "services/notifier/topics/topic_book.hpp"

#include <algorithm>
#include <utility>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/topics/endpoint.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/subscription_attributes.hpp"
#include "services/notifier/topics/topic_access.hpp"
#include "services/notifier/topics/topic_attributes.hpp"
#include "services/notifier/topics/topic_records.hpp"
#include "services/notifier/topics/topic_state.hpp"

namespace onput::notifier {
namespace {

std::unexpected<Error> damaged(std::string what) {
    return fail(ErrorCode::corruption, "restore topics: " + std::move(what));
}

template <schema::Message M, typename Take>
Result<void> read_rows(const store::View& view, store::Range range, Take take) {
    return service::for_each_row(view, partition, std::move(range),
                                 [&take](const store::Row& row) -> Result<void> {
                                     ONPUT_TRY(auto record, read_row<M>(row.key, row.value));
                                     return take(row.key, std::move(record));
                                 });
}

Result<Texts> accept_attributes(const Texts& requested) {
    Texts accepted;
    for (const auto& [name, value] : requested) {
        ONPUT_TRY_VOID(accept_topic_attribute(name, value, AttributeCall::of_many, accepted));
    }
    return accepted;
}

Result<void> check_name(const std::string& name) {
    if (is_topic_name(name)) return {};
    constexpr std::string_view fifo = ".fifo";
    if (name.ends_with(fifo) && is_topic_name(name.substr(0, name.size() - fifo.size()))) {
        return invalid_parameter("Topic Name Reason: FIFO topics are not supported here");
    }
    return invalid_parameter("Topic Name");
}

Result<void> check_owner(const Caller& caller, std::string_view action) {
    if (!caller.principal.account.empty()) return {};
    return not_authorized("anonymous", action, "*", "because the request is not signed");
}

// The topic is there already: fine if it is what was asked for.
Result<void> check_agrees(const Topic& topic, const Texts& accepted,
                          const schema::CreateTopic& request) {
    if (!has_attributes(topic, accepted, request.attributes)) {
        return invalid_parameter(
            "Attributes Reason: Topic already exists with different attributes");
    }
    const bool has_tags = std::ranges::all_of(request.tags, [&topic](const auto& tag) {
        const auto found = topic.tags.find(tag.first);
        return found != topic.tags.end() && found->second == tag.second;
    });
    if (has_tags) return {};
    return invalid_parameter("Tags Reason: Topic already exists with different tags");
}

SubscriptionCounts count(const Topic& topic,
                         const std::map<std::uint64_t, Subscription>& subscriptions) {
    SubscriptionCounts counts;
    for (const std::uint64_t number : topic.subscriptions) {
        const Subscription& subscription = subscriptions.at(number);
        if (subscription.is_leaving) continue;
        ++(subscription.is_confirmed ? counts.confirmed : counts.pending);
    }
    return counts;
}

schema::TopicInfo info_of(const Topic& topic,
                          const std::map<std::uint64_t, Subscription>& subscriptions) {
    return {.arn = topic.arn,
            .attributes = show_topic(topic, count(topic, subscriptions)),
            .tags = topic.tags};
}

}  // namespace

TopicBook::TopicBook(TopicBookOptions options, const store::View& view, const AgeClock& age,
                     Random random)
    : state_(std::make_unique<State>(std::move(options), view, age, random)) {}

TopicBook::~TopicBook() = default;

Result<void> TopicBook::restore() {
    State& state = *state_;
    ONPUT_CHECK(state.topics.empty() && state.subscriptions.empty());
    ONPUT_TRY(const auto newest, state.view.get(partition, topics_key()));
    if (newest) {
        ONPUT_TRY(const auto record, read_row<TopicsRecord>(topics_key(), *newest));
        state.last_number = record.last_subscription;
    }
    const auto take_topic = [&state](const std::string& key, TopicRecord record) -> Result<void> {
        if (key != topic_key(record.arn)) return damaged("a topic is not what its key says");
        Topic topic = from_record(std::move(record));
        ONPUT_TRY(auto settings, read_topic_settings(topic.attributes, AttributeCall::of_one,
                                                     auth::PolicySource::store));
        apply(std::move(settings), topic);
        state.add(std::move(topic));
        return {};
    };
    const auto take_subscription = [&state](const std::string& key,
                                            SubscriptionRecord record) -> Result<void> {
        const std::uint64_t number = record.number;
        const Topic* topic = state.find(record.topic_arn);
        // Rows of topics may be lost with damage: what is left of one is of no use.
        if (topic == nullptr) return {};
        state.last_number = std::max(state.last_number, number);
        const bool is_sound =
            key == subscription_key(number) && number != 0 &&
            state.find_subscription(record.arn) == nullptr &&
            state.find_endpoint(record.topic_arn, record.protocol, record.endpoint) == nullptr;
        if (!is_sound) return damaged("subscription " + std::to_string(number) + " fits nowhere");
        Subscription subscription = from_record(std::move(record));
        ONPUT_TRY(auto settings,
                  read_subscription_settings(subscription.attributes, subscription.account,
                                             AttributeCall::of_one));
        apply(std::move(settings), subscription);
        choose_delivery_policy(*topic, subscription);
        state.add(std::move(subscription));
        return {};
    };
    ONPUT_TRY_VOID(read_rows<TopicRecord>(state.view, topic_rows(), take_topic));
    return read_rows<SubscriptionRecord>(state.view, subscription_rows(), take_subscription);
}

Result<schema::TopicInfo> TopicBook::create(const schema::CreateTopic& request,
                                            const Caller& caller, store::Batch& batch) {
    ONPUT_TRY_VOID(check_owner(caller, "SNS:CreateTopic"));
    ONPUT_TRY_VOID(check_name(request.name));
    ONPUT_TRY(auto accepted, accept_attributes(request.attributes));
    ONPUT_TRY(auto settings,
              read_topic_settings(accepted, AttributeCall::of_many, auth::PolicySource::request));
    ONPUT_TRY_VOID(check_tags(request.tags));

    const std::string& account = caller.principal.account;
    const std::string arn =
        "arn:aws:sns:" + state_->options.region + ":" + account + ":" + request.name;
    if (const Topic* existing = state_->find(arn)) {
        ONPUT_TRY_VOID(check_agrees(*existing, accepted, request));
        return info_of(*existing, state_->subscriptions);
    }
    if (state_->count_topics(account) >= state_->options.topics_per_account_max) {
        return limit_exceeded("TopicLimitExceeded", "Topic limit exceeded");
    }
    Topic topic;
    topic.arn = arn;
    topic.account = account;
    topic.name = request.name;
    topic.attributes = std::move(accepted);
    topic.tags = request.tags;
    apply(std::move(settings), topic);
    const Topic& added = state_->add(std::move(topic));
    State::write(added, batch);
    return info_of(added, state_->subscriptions);
}

Result<schema::Empty> TopicBook::delete_topic(const schema::DeleteTopic& request,
                                              const Caller& caller, store::Batch& batch,
                                              std::vector<std::uint64_t>& removed) {
    ONPUT_TRY_VOID(state_->check_topic_arn(request.arn));
    const Topic* topic = state_->find(request.arn);
    if (topic == nullptr) return schema::Empty{};
    ONPUT_TRY_VOID(check_access(*topic, caller, "SNS:DeleteTopic"));
    const std::vector<std::uint64_t> numbers(topic->subscriptions.begin(),
                                             topic->subscriptions.end());
    for (const std::uint64_t number : numbers) state_->remove(number, batch);
    state_->remove(*topic, batch);
    removed.insert(removed.end(), numbers.begin(), numbers.end());
    return schema::Empty{};
}

Result<schema::Empty> TopicBook::set_attribute(const schema::SetTopicAttribute& request,
                                               const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Topic * topic, state_->known_topic(request.arn));
    ONPUT_TRY_VOID(check_access(*topic, caller, "SNS:SetTopicAttributes"));
    if (request.expected &&
        info_of(*topic, state_->subscriptions).attributes[request.name] != *request.expected) {
        return fail(ErrorCode::conflict, request.name + " has changed meanwhile",
                    "attribute_changed");
    }
    Texts attributes = topic->attributes;
    ONPUT_TRY_VOID(
        accept_topic_attribute(request.name, request.value, AttributeCall::of_one, attributes));
    // Another attribute may be set beside a policy that is older than a check.
    const auto source =
        request.name == "Policy" ? auth::PolicySource::request : auth::PolicySource::store;
    ONPUT_TRY(auto settings, read_topic_settings(attributes, AttributeCall::of_one, source));
    topic->attributes = std::move(attributes);
    apply(std::move(settings), *topic);
    for (const std::uint64_t number : topic->subscriptions) {
        choose_delivery_policy(*topic, state_->subscriptions.at(number));
    }
    State::write(*topic, batch);
    return schema::Empty{};
}

Result<schema::Empty> TopicBook::change_tags(const schema::ChangeTopicTags& request,
                                             const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Topic * topic, state_->known_topic(request.arn));
    const bool only_removes = request.set.empty() && !request.removed.empty();
    ONPUT_TRY_VOID(
        check_access(*topic, caller, only_removes ? "SNS:UntagResource" : "SNS:TagResource"));
    Texts tags = topic->tags;
    for (const auto& key : request.removed) tags.erase(key);
    for (const auto& [key, value] : request.set) tags[key] = value;
    ONPUT_TRY_VOID(check_tags(tags));
    topic->tags = std::move(tags);
    State::write(*topic, batch);
    return schema::Empty{};
}

Result<schema::TopicInfo> TopicBook::get(const schema::GetTopic& request,
                                         const Caller& caller) const {
    ONPUT_TRY(const Topic* topic, state_->known_topic(request.arn));
    ONPUT_TRY_VOID(check_access(*topic, caller, "SNS:GetTopicAttributes"));
    return info_of(*topic, state_->subscriptions);
}

Result<schema::TopicList> TopicBook::list(const schema::ListTopics& request,
                                          const Caller& caller) const {
    ONPUT_TRY_VOID(check_owner(caller, "SNS:ListTopics"));
    schema::TopicList page;
    const auto& topics = state_->topics;
    for (auto at = topics.upper_bound(request.after); at != topics.end(); ++at) {
        if (at->second.account != caller.principal.account) continue;
        if (page.arns.size() == schema::topic_page_max) {
            page.next = page.arns.back();
            break;
        }
        page.arns.push_back(at->first);
    }
    return page;
}

const Topic* TopicBook::find(std::string_view arn) const {
    return state_->find(arn);
}

void TopicBook::check_invariants() const {
    const State& state = *state_;
    std::size_t by_topic = 0;
    for (const auto& [arn, topic] : state.topics) {
        ONPUT_CHECK(arn == topic.arn);
        by_topic += topic.subscriptions.size();
    }
    std::size_t pending = 0;
    for (const auto& [number, subscription] : state.subscriptions) {
        ONPUT_CHECK(number == subscription.number && number <= state.last_number);
        const Topic* topic = state_->find(subscription.topic_arn);
        ONPUT_CHECK(topic != nullptr && topic->subscriptions.contains(number));
        ONPUT_CHECK(state_->find_subscription(subscription.arn) == &subscription);
        if (subscription.is_confirmed) continue;
        ++pending;
        ONPUT_CHECK(!subscription.token.empty());
        ONPUT_CHECK(state.pending.contains({subscription.token_made_at, number}));
    }
    ONPUT_CHECK(by_topic == state.subscriptions.size());
    ONPUT_CHECK(state.pending.size() == pending);
    ONPUT_CHECK(state.numbers_by_arn.size() == state.subscriptions.size());
    ONPUT_CHECK(state.numbers_by_endpoint.size() == state.subscriptions.size());
}

}  // namespace onput::notifier
