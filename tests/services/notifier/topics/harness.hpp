// A TopicBook on a store that forgets, with time as a variable, in the words of its tests.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::notifier {

inline const std::string owner = "000000000000";
inline const std::string stranger = "111111111111";
inline const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";

// DeliveryPolicy of a subscription and of a topic.
inline std::string retries(int count) {
    return R"({"healthyRetryPolicy": {"minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": )" +
           std::to_string(count) + "}}";
}
inline std::string topic_retries(int count, const std::string& more = "") {
    return R"({"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 20, )"
           R"("maxDelayTarget": 20, "numRetries": )" +
           std::to_string(count) + "}" + more + "}}";
}

using Texts = std::map<std::string, std::string>;

// "InvalidParameter: Invalid parameter: Token", or "fine".
template <typename T>
std::string outcome(const Result<T>& result) {
    return result ? "fine" : result.error().reason + ": " + result.error().message;
}

class TopicTest : public testing::Test {
protected:
    TopicTest() { start(); }

    void start() {
        book = std::make_unique<TopicBook>(options, store, age, Random(++lives));
        const auto restored = book->restore();
        ONPUT_CHECK(restored.has_value());
        book->check_invariants();
    }
    // What was not synced is gone.
    void crash() {
        book.reset();
        store.crash();
        start();
    }
    void sync() { store.sync(); }
    void restart() {
        sync();
        crash();
    }

    // What the last unsubscribe owed.
    std::optional<schema::TopicMessage> notice;

    [[nodiscard]] Caller by(const std::string& account) const {
        return {.principal = {.account = account}, .now = now};
    }

    // Runs a command and commits its batch; one that fails must have left the batch alone.
    template <typename Command>
    auto run(Command command) {
        store::Batch batch{std::string(partition)};
        auto result = command(batch);
        EXPECT_TRUE(result || batch.empty());
        ONPUT_CHECK(store.commit(std::move(batch)).has_value());
        book->check_invariants();
        return result;
    }

    Result<schema::TopicInfo> create(const std::string& name, const Texts& attributes = {},
                                     const Texts& tags = {}, const std::string& account = owner) {
        return run([&](store::Batch& batch) {
            return book->create({.name = name, .attributes = attributes, .tags = tags}, by(account),
                                batch);
        });
    }
    std::string topic(const std::string& name = "news", const Texts& attributes = {}) {
        const auto made = create(name, attributes);
        EXPECT_EQ(outcome(made), "fine");
        return made ? made->arn : std::string();
    }
    Result<schema::Empty> remove(const std::string& arn, const std::string& account = owner) {
        return run([&](store::Batch& batch) {
            return book->delete_topic({.arn = arn}, by(account), batch, removed);
        });
    }
    Result<schema::Empty> set(const std::string& arn, const std::string& name,
                              const std::string& value, const std::string& account = owner) {
        return run([&](store::Batch& batch) {
            return book->set_attribute({.arn = arn, .name = name, .value = value}, by(account),
                                       batch);
        });
    }
    Result<schema::Empty> set_if(const std::string& arn, const std::string& name,
                                 const std::string& value, const std::string& expected) {
        return run([&](store::Batch& batch) {
            return book->set_attribute(
                {.arn = arn, .name = name, .value = value, .expected = expected}, by(owner), batch);
        });
    }
    Texts attributes_of(const std::string& arn) {
        const auto info = book->get({.arn = arn}, by(owner));
        EXPECT_EQ(outcome(info), "fine");
        return info ? info->attributes : Texts{};
    }
    Result<schema::Empty> change_tags(const std::string& arn, const Texts& tags,
                                      const std::vector<std::string>& dropped = {}) {
        return run([&](store::Batch& batch) {
            return book->change_tags({.arn = arn, .set = tags, .removed = dropped}, by(owner),
                                     batch);
        });
    }

    Result<TopicBook::Subscribed> subscribe(const std::string& arn, const std::string& protocol,
                                            const std::string& endpoint,
                                            const Texts& attributes = {},
                                            const std::string& account = owner) {
        return run([&](store::Batch& batch) {
            return book->subscribe({.topic_arn = arn,
                                    .protocol = protocol,
                                    .endpoint = endpoint,
                                    .attributes = attributes},
                                   by(account), batch);
        });
    }
    // The subscription's ARN.
    std::string subscribed(const std::string& arn, const std::string& protocol = "sqs",
                           const std::string& endpoint = queue_arn, const Texts& attributes = {}) {
        const auto made = subscribe(arn, protocol, endpoint, attributes);
        EXPECT_EQ(outcome(made), "fine");
        return made ? made->info.arn : std::string();
    }
    const Subscription& find(const std::string& subscription_arn) {
        for (const auto& [number, subscription] : book->subscriptions()) {
            if (subscription.arn == subscription_arn) return subscription;
        }
        ADD_FAILURE() << "no subscription " << subscription_arn;
        std::abort();
    }
    Result<schema::SubscriptionInfo> confirm(const std::string& arn, const std::string& token,
                                             const std::string& account = "",
                                             bool authenticate = false) {  // NOLINT
        return run([&](store::Batch& batch) {
            return book->confirm(
                {.topic_arn = arn, .token = token, .authenticate_on_unsubscribe = authenticate},
                by(account), batch);
        });
    }
    Result<schema::Empty> unsubscribe(const std::string& arn, const std::string& account = owner) {
        return run([&](store::Batch& batch) -> Result<schema::Empty> {
            ONPUT_TRY(notice, book->unsubscribe({.arn = arn}, by(account), batch, removed));
            return schema::Empty{};
        });
    }
    Result<schema::Empty> set_subscription(const std::string& arn, const std::string& name,
                                           const std::string& value,
                                           const std::string& account = owner) {
        return run([&](store::Batch& batch) {
            return book->set_subscription_attribute({.arn = arn, .name = name, .value = value},
                                                    by(account), batch);
        });
    }
    Texts subscription_attributes_of(const std::string& arn) {
        const auto info = book->get_subscription({.arn = arn}, by(owner));
        EXPECT_EQ(outcome(info), "fine");
        return info ? info->attributes : Texts{};
    }

    TopicBookOptions options;
    support::MemoryStore store;
    AgeClock age;  // Not told of any clock, it is the wall.
    std::uint64_t lives = 0;
    std::unique_ptr<TopicBook> book;
    Timestamp now = from_seconds(1'800'000'000);
    std::vector<std::uint64_t> removed;
};

}  // namespace onput::notifier
