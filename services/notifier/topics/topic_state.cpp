#include "services/notifier/topics/topic_state.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/notifier/topics/endpoint.hpp"
#include "services/notifier/topics/refusal.hpp"
#include "services/notifier/topics/topic_records.hpp"

namespace onput::notifier {
namespace {

// None of the parts holds a zero byte: checked where they come in.
std::string endpoint_key(std::string_view topic_arn, std::string_view protocol,
                         std::string_view endpoint) {
    std::string key(topic_arn);
    key += '\0';
    key += protocol;
    key += '\0';
    key += endpoint;
    return key;
}

std::string endpoint_key(const Subscription& subscription) {
    return endpoint_key(subscription.topic_arn, subscription.protocol, subscription.endpoint);
}

using Counts = std::map<std::string, std::size_t>;

std::size_t count_in(const Counts& counts, const std::string& account) {
    const auto found = counts.find(account);
    return found == counts.end() ? 0 : found->second;
}

void take_one(Counts& counts, const std::string& account) {
    const auto found = counts.find(account);
    ONPUT_CHECK(found != counts.end() && found->second > 0);
    if (--found->second == 0) counts.erase(found);
}

}  // namespace

TopicBook::State::State(TopicBookOptions chosen, const store::View& rows, const AgeClock& clock,
                        Random numbers)
    : options(std::move(chosen)), view(rows), age(clock), random(numbers), secret(random.hex(64)) {}

Topic* TopicBook::State::find(std::string_view arn) {
    const auto found = topics.find(arn);
    return found == topics.end() ? nullptr : &found->second;
}

Subscription* TopicBook::State::find_subscription(std::string_view arn) {
    const auto found = numbers_by_arn.find(arn);
    return found == numbers_by_arn.end() ? nullptr : &subscriptions.at(found->second);
}

Subscription* TopicBook::State::find_endpoint(std::string_view topic_arn, std::string_view protocol,
                                              std::string_view endpoint) {
    const auto found = numbers_by_endpoint.find(endpoint_key(topic_arn, protocol, endpoint));
    return found == numbers_by_endpoint.end() ? nullptr : &subscriptions.at(found->second);
}

Result<void> TopicBook::State::check_topic_arn(std::string_view arn) const {
    ONPUT_TRY_VOID(check_arn(arn, "TopicArn"));
    if (region_of(arn) == options.region) return {};
    return invalid_parameter("TopicArn");
}

Result<Topic*> TopicBook::State::known_topic(std::string_view arn) {
    ONPUT_TRY_VOID(check_topic_arn(arn));
    Topic* topic = find(arn);
    if (topic == nullptr) return topic_does_not_exist();
    return topic;
}

Result<Subscription*> TopicBook::State::known_subscription(std::string_view arn) {
    ONPUT_TRY_VOID(check_arn(arn, "SubscriptionArn"));
    Subscription* subscription = find_subscription(arn);
    if (subscription == nullptr) return subscription_does_not_exist();
    return subscription;
}

std::size_t TopicBook::State::count_topics(const std::string& account) const {
    return count_in(topic_counts, account);
}

std::size_t TopicBook::State::count_subscriptions(const std::string& account) const {
    return count_in(subscription_counts, account);
}

Topic& TopicBook::State::add(Topic topic) {
    std::string arn = topic.arn;
    ++topic_counts[topic.account];
    const auto [place, is_new] = topics.emplace(std::move(arn), std::move(topic));
    ONPUT_CHECK(is_new);
    return place->second;
}

Subscription& TopicBook::State::add(Subscription subscription) {
    const std::uint64_t number = subscription.number;
    Topic* topic = find(subscription.topic_arn);
    ONPUT_CHECK(topic != nullptr && number != 0);
    const auto [place, is_new] = subscriptions.emplace(number, std::move(subscription));
    ONPUT_CHECK(is_new);
    Subscription& added = place->second;
    ++subscription_counts[added.account];
    topic->subscriptions.insert(number);
    ONPUT_CHECK(numbers_by_arn.emplace(added.arn, number).second);
    ONPUT_CHECK(numbers_by_endpoint.emplace(endpoint_key(added), number).second);
    if (!added.is_confirmed) pending.emplace(added.token_made_at, number);
    return added;
}

void TopicBook::State::set_confirmed(Subscription& subscription) {
    ONPUT_CHECK(!subscription.is_confirmed);
    ONPUT_CHECK(pending.erase({subscription.token_made_at, subscription.number}) == 1);
    subscription.is_confirmed = true;
}

void TopicBook::State::set_token_time(Subscription& subscription, Timestamp now) {
    ONPUT_CHECK(pending.erase({subscription.token_made_at, subscription.number}) == 1);
    subscription.token_made_at = age.stamp(now);
    pending.emplace(subscription.token_made_at, subscription.number);
}

void TopicBook::State::remove(std::uint64_t number, store::Batch& batch) {
    const auto found = subscriptions.find(number);
    ONPUT_CHECK(found != subscriptions.end());
    const Subscription& subscription = found->second;
    Topic* topic = find(subscription.topic_arn);
    ONPUT_CHECK(topic != nullptr && topic->subscriptions.erase(number) == 1);
    take_one(subscription_counts, subscription.account);
    numbers_by_arn.erase(subscription.arn);
    numbers_by_endpoint.erase(endpoint_key(subscription));
    if (!subscription.is_confirmed) pending.erase({subscription.token_made_at, number});
    subscriptions.erase(found);
    batch.remove(subscription_key(number));
}

void TopicBook::State::remove(const Topic& topic, store::Batch& batch) {
    ONPUT_CHECK(topic.subscriptions.empty());
    batch.remove(topic_key(topic.arn));
    take_one(topic_counts, topic.account);
    topics.erase(topics.find(topic.arn));
}

void TopicBook::State::write(const Topic& topic, store::Batch& batch) {
    batch.put(topic_key(topic.arn), schema::encode(to_record(topic)));
}

void TopicBook::State::write(const Subscription& subscription, store::Batch& batch) {
    batch.put(subscription_key(subscription.number), schema::encode(to_record(subscription)));
}

bool TopicBook::State::has_expired(const Subscription& subscription, Timestamp now) const {
    return !subscription.is_confirmed &&
           age.at(now) >= subscription.token_made_at + confirmation_token_lifetime;
}

std::vector<std::uint64_t> TopicBook::State::expired(Timestamp now) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& [made_at, number] : pending) {
        if (age.at(now) < made_at + confirmation_token_lifetime) break;
        if (numbers.size() == expired_per_call_max) break;
        numbers.push_back(number);
    }
    return numbers;
}

std::string TopicBook::State::fresh_bytes(std::string_view purpose) {
    std::string input(purpose);
    input += '/' + std::to_string(last_number) + '/' + std::to_string(++drawn) + '/';
    input += std::to_string(random.next());
    return hmac_sha256(secret, input);
}

std::string TopicBook::State::fresh_hex(std::string_view purpose, std::size_t digits) {
    std::string hex;
    while (hex.size() < digits) hex += to_hex(fresh_bytes(purpose));
    hex.resize(digits);
    return hex;
}

std::string TopicBook::State::fresh_uuid(std::string_view purpose) {
    std::string bytes = fresh_bytes(purpose).substr(0, 16);
    // Version 4, variant 1: a random one.
    bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
    bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
    std::string uuid = to_hex(bytes);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) uuid.insert(at, "-");
    return uuid;
}

}  // namespace onput::notifier
