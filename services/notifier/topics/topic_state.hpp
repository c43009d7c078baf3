// What a TopicBook holds: topics, subscriptions, and the indexes over them, kept in step.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

struct TopicBook::State {
    State(TopicBookOptions chosen, const store::View& rows, const AgeClock& clock, Random numbers);

    // Null when there is none.
    Topic* find(std::string_view arn);
    Subscription* find_subscription(std::string_view arn);
    Subscription* find_endpoint(std::string_view topic_arn, std::string_view protocol,
                                std::string_view endpoint);
    // InvalidParameter for what is no ARN, or another region's; NotFound for what is none here.
    Result<void> check_topic_arn(std::string_view arn) const;
    Result<Topic*> known_topic(std::string_view arn);
    Result<Subscription*> known_subscription(std::string_view arn);

    // Into the maps and indexes. Neither the ARN nor the endpoint is there yet.
    Topic& add(Topic topic);
    Subscription& add(Subscription subscription);
    void set_confirmed(Subscription& subscription);
    void set_token_time(Subscription& subscription, Timestamp now);
    // Out of them, and out of the rows.
    void remove(std::uint64_t number, store::Batch& batch);
    void remove(const Topic& topic, store::Batch& batch);

    static void write(const Topic& topic, store::Batch& batch);
    static void write(const Subscription& subscription, store::Batch& batch);

    [[nodiscard]] bool has_expired(const Subscription& subscription, Timestamp now) const;
    // For everybody but who holds its token.
    [[nodiscard]] bool is_gone(const Subscription& subscription, Timestamp now) const {
        return subscription.is_leaving || has_expired(subscription, now);
    }
    // Pending subscriptions whose tokens have expired, oldest first, `expired_per_call_max` at
    // most.
    [[nodiscard]] std::vector<std::uint64_t> expired(Timestamp now) const;

    // Takes the next number; not added yet, and without attributes.
    Subscription make_subscription(const Topic& topic, const schema::Subscribe& request,
                                   const Caller& caller);
    // How many an account has made.
    [[nodiscard]] std::size_t count_topics(const std::string& account) const;
    [[nodiscard]] std::size_t count_subscriptions(const std::string& account) const;
    // Room for one more of `account` when those in `leaving` are gone; room for one more filter.
    [[nodiscard]] Result<void> check_room(const Topic& topic, const std::string& account,
                                          const std::vector<std::uint64_t>& leaving) const;
    [[nodiscard]] Result<void> check_filter_room(const Topic& topic) const;

    // Puts what an ended subscription is reborn from in its place, under a new number and ARN:
    // nothing that was owed to it is owed any more, but for the notice, which this returns.
    schema::TopicMessage leave(Subscription subscription, const Caller& caller,
                               store::Batch& batch);

    // What a pending subscription is owed.
    schema::TopicMessage confirmation(const Subscription& subscription, const Caller& caller);

    // 32 bytes that nobody outside can foretell, although ids made of the same stream are shown:
    // `random` itself can be computed from a few of its numbers.
    std::string fresh_bytes(std::string_view purpose);
    std::string fresh_hex(std::string_view purpose, std::size_t digits);
    std::string fresh_uuid(std::string_view purpose);

    TopicBookOptions options;
    const store::View& view;
    const AgeClock& age;
    Random random;
    std::string secret;
    std::uint64_t drawn = 0;
    std::uint64_t last_number = 0;  // Of subscriptions, ever.

    std::map<std::string, Topic, std::less<>> topics;  // By ARN.
    std::map<std::string, std::size_t> topic_counts;   // By account; so the next.
    std::map<std::string, std::size_t> subscription_counts;
    std::map<std::uint64_t, Subscription> subscriptions;
    std::map<std::string, std::uint64_t, std::less<>> numbers_by_arn;
    std::map<std::string, std::uint64_t, std::less<>> numbers_by_endpoint;
    std::set<std::pair<Timestamp, std::uint64_t>> pending;  // By the time of the token.
};

}  // namespace onput::notifier
