#include "tests/services/notifier/topics/harness.hpp"

namespace onput::notifier {
namespace {

TEST_F(TopicTest, filters_choose_who_is_told) {
    const std::string arn = topic();
    const auto add = [&](int i, const Texts& attributes) {
        subscribed(arn, "sqs", queue_arn + std::to_string(i), attributes);
    };
    add(1, {});
    add(2, {{"FilterPolicy", R"({"status": ["failed", {"prefix": "time"}]})"}});
    add(3, {{"FilterPolicy", R"({"size": [{"numeric": [">", 0, "<=", 100]}]})"}});
    add(4, {{"FilterPolicy", R"({"status": [{"anything-but": "failed"}]})"}});
    add(5, {{"FilterPolicy", R"({"status": [{"exists": false}]})"}});
    add(6, {{"FilterPolicy", R"({"job": {"status": ["failed"]}})"},
            {"FilterPolicyScope", "MessageBody"}});
    subscribed(arn, "email", "a@b");
    const auto matched = [&](std::vector<schema::TopicAttribute> attributes,
                             const std::string& message = "m",
                             bool is_structured = false) {  // NOLINT
        return book->match({.topic_arn = arn,
                            .message = message,
                            .is_structured = is_structured,
                            .attributes = std::move(attributes)});
    };
    using Numbers = std::vector<std::uint64_t>;
    const auto status = [](const std::string& value) {
        return schema::TopicAttribute{.name = "status", .type = "String", .value = value};
    };
    EXPECT_EQ(matched({}), (Numbers{1, 5}));
    EXPECT_EQ(matched({status("failed")}), (Numbers{1, 2}));
    EXPECT_EQ(matched({status("timeout")}), (Numbers{1, 2, 4}));
    EXPECT_EQ(matched({status("fine"), {.name = "size", .type = "Number", .value = "100"}}),
              (Numbers{1, 3, 4}));
    EXPECT_EQ(matched({}, R"({"job": {"status": "failed"}})"), (Numbers{1, 5, 6}));
    // A subscriber's own text of a structured message counts, else the default one.
    EXPECT_EQ(
        matched({}, R"({"default": "x", "sqs": "{\"job\": {\"status\": \"failed\"}}"})", true),
        (Numbers{1, 5, 6}));
    EXPECT_EQ(matched({}, R"({"default": "{\"job\": {\"status\": \"failed\"}}"})", true),
              (Numbers{1, 5, 6}));
    EXPECT_EQ(matched({}, R"({"default": "x"})", true), (Numbers{1, 5}));
    EXPECT_TRUE(book->match({.topic_arn = "arn:aws:sns:us-east-1:000000000000:x"}).empty());
    restart();
    EXPECT_EQ(matched({status("failed")}), (Numbers{1, 2}));
}

TEST_F(TopicTest, there_are_only_so_many_filters) {
    const std::string arn = topic();
    const Texts filter{{"FilterPolicy", R"({"a": ["b"]})"}};
    for (std::size_t i = 0; i < filter_policies_per_topic_max; ++i) {
        subscribed(arn, "sqs", queue_arn + std::to_string(i), filter);
    }
    const std::string full = "FilterPolicyLimitExceeded: Filter policy limit exceeded";
    EXPECT_EQ(outcome(subscribe(arn, "sqs", queue_arn, filter)), full);
    const std::string plain = subscribed(arn);
    EXPECT_EQ(outcome(set_subscription(plain, "FilterPolicy", R"({"a": ["b"]})")), full);
    // One that has a filter already may change it.
    const std::string first = book->find_subscription(1)->arn;
    EXPECT_EQ(outcome(set_subscription(first, "FilterPolicy", R"({"a": ["c"]})")), "fine");
}

}  // namespace
}  // namespace onput::notifier
