#include "services/notifier/outbound/delivery_policy.hpp"

#include <gtest/gtest.h>

namespace onput::notifier {
namespace {

using std::chrono::seconds;

// Whole seconds before each retry, jitter checked and taken off.
std::vector<std::int64_t> delays(const DeliveryPolicy& policy, std::uint32_t count) {
    Random random(7);
    std::vector<std::int64_t> all;
    for (std::uint32_t attempts = 1; attempts <= count; ++attempts) {
        const auto delay = delay_after(policy, attempts, random);
        if (!delay) return all;
        // The smallest of many draws is within a hair of the delay itself.
        Duration least = *delay;
        for (int draw = 0; draw < 2000; ++draw) {
            least = std::min(least, *delay_after(policy, attempts, random));
        }
        all.push_back(std::chrono::round<seconds>(least).count());
    }
    return all;
}

std::string text_of_fault(std::string_view json) {
    const auto policy = parse_subscription_policy(json);
    if (policy) return "no fault";
    EXPECT_EQ(policy.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(policy.error().reason, "InvalidParameter");
    return policy.error().message;
}

std::string retries(std::string_view fields) {
    return R"({"healthyRetryPolicy":{)" + std::string(fields) + "}}";
}

TEST(DeliveryPolicy, webhooks_are_tried_again_three_times_after_20_seconds) {
    EXPECT_EQ(delays(default_policy("https"), 10), (std::vector<std::int64_t>{20, 20, 20}));
}

TEST(DeliveryPolicy, queues_are_tried_again_in_all_four_phases_for_23_days) {
    const DeliveryPolicy policy = default_policy("sqs");
    Random random(1);
    EXPECT_EQ(delays(policy, 16),
              (std::vector<std::int64_t>{0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 7, 10, 14, 20, 20}));
    EXPECT_TRUE(delay_after(policy, 100'015, random));
    EXPECT_FALSE(delay_after(policy, 100'016, random));
}

TEST(DeliveryPolicy, mail_and_texts_are_tried_again_fifty_times_over_six_hours) {
    for (const char* protocol : {"email", "email-json", "sms"}) {
        const auto all = delays(default_policy(protocol), 60);
        ASSERT_EQ(all.size(), 50U);
        EXPECT_EQ(all[0], 10);
        EXPECT_EQ(all[1], 10);
        EXPECT_EQ(all[2], 10);
        EXPECT_EQ(all[11], 600);
        EXPECT_EQ(all[49], 600);
        std::int64_t total = 0;
        for (const auto delay : all) total += delay;
        EXPECT_GT(total, 6 * 3600);
        EXPECT_LT(total, 8 * 3600);
    }
}

TEST(DeliveryPolicy, every_backoff_function_goes_from_min_to_max) {
    const auto with = [](BackoffFunction function) {
        return delays({.min_delay_s = 10, .max_delay_s = 160, .retries = 5, .backoff = function},
                      9);
    };
    using Delays = std::vector<std::int64_t>;
    EXPECT_EQ(with(BackoffFunction::linear), (Delays{10, 48, 85, 123, 160}));
    EXPECT_EQ(with(BackoffFunction::arithmetic), (Delays{10, 25, 55, 100, 160}));
    EXPECT_EQ(with(BackoffFunction::geometric), (Delays{10, 20, 40, 80, 160}));
    EXPECT_EQ(with(BackoffFunction::exponential), (Delays{10, 20, 40, 80, 160}));
}

TEST(DeliveryPolicy, a_backoff_of_one_step_waits_the_minimum) {
    EXPECT_EQ(delays({.min_delay_s = 10, .max_delay_s = 160, .retries = 1}, 3),
              (std::vector<std::int64_t>{10}));
}

TEST(DeliveryPolicy, jitter_is_at_most_a_tenth_and_never_shortens) {
    const DeliveryPolicy policy = default_policy("http");
    Random random(3);
    Duration most{};
    for (int draw = 0; draw < 1000; ++draw) {
        const Duration delay = *delay_after(policy, 1, random);
        ASSERT_GE(delay, seconds(20));
        ASSERT_LE(delay, seconds(22));
        most = std::max(most, delay);
    }
    EXPECT_GT(most, seconds(21));
}

TEST(DeliveryPolicy, no_retries_means_given_up_at_once) {
    Random random(1);
    const auto policy = parse_subscription_policy(
        retries(R"("minDelayTarget":1,"maxDelayTarget":1,"numRetries":0)"));
    ASSERT_TRUE(policy);
    EXPECT_FALSE(delay_after(*policy, 1, random));
}

TEST(DeliveryPolicy, a_subscriptions_policy_is_read_whole) {
    const auto policy = parse_subscription_policy(R"({
        "healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 50,
            "numNoDelayRetries": 3, "numMinDelayRetries": 2, "numMaxDelayRetries": 35,
            "backoffFunction": "exponential"},
        "throttlePolicy": {"maxReceivesPerSecond": 10},
        "requestPolicy": {"headerContentType": "application/json"}})");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(*policy, (DeliveryPolicy{.min_delay_s = 1,
                                       .max_delay_s = 60,
                                       .retries = 50,
                                       .no_delay_retries = 3,
                                       .min_delay_retries = 2,
                                       .max_delay_retries = 35,
                                       .backoff = BackoffFunction::exponential,
                                       .receives_per_second_max = 10,
                                       .content_type = "application/json"}));
}

TEST(DeliveryPolicy, what_a_subscription_leaves_out_is_its_topics) {
    const DeliveryPolicy topics{.retries = 9, .receives_per_second_max = 5};
    const auto policy = parse_subscription_policy(
        R"({"requestPolicy":{"headerContentType":"application/json"}})", topics);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->retries, 9U);
    EXPECT_EQ(policy->receives_per_second_max, 5U);
    EXPECT_EQ(policy->content_type, "application/json");
    EXPECT_EQ(parse_subscription_policy("{}", topics), topics);
}

TEST(DeliveryPolicy, a_retry_policy_does_not_mix_with_the_topics_phases) {
    const DeliveryPolicy topics{.retries = 9, .no_delay_retries = 9};
    const auto policy = parse_subscription_policy(
        retries(R"("minDelayTarget":5,"maxDelayTarget":5,"numRetries":2)"), topics);
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->no_delay_retries, 0U);
}

TEST(DeliveryPolicy, a_topics_policy_stands_under_http) {
    const auto policy = parse_topic_policy(R"({"http": {
        "defaultHealthyRetryPolicy": {"minDelayTarget": 2, "maxDelayTarget": 4, "numRetries": 7,
                                      "backoffFunction": "geometric"},
        "disableSubscriptionOverrides": true,
        "defaultThrottlePolicy": {"maxReceivesPerSecond": 1},
        "defaultRequestPolicy": {"headerContentType": "text/xml"}}})");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(*policy, (DeliveryPolicy{.min_delay_s = 2,
                                       .max_delay_s = 4,
                                       .retries = 7,
                                       .backoff = BackoffFunction::geometric,
                                       .receives_per_second_max = 1,
                                       .content_type = "text/xml",
                                       .disables_overrides = true}));
    const auto fault = parse_topic_policy(
        R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101}}})");
    ASSERT_FALSE(fault);
    EXPECT_EQ(fault.error().message,
              "DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or "
              "equal to 100");
    EXPECT_FALSE(parse_topic_policy(R"({"https":{}})"));
    EXPECT_FALSE(parse_topic_policy(R"({"http":[]})"));
}

TEST(DeliveryPolicy, the_effective_policy_is_shown_as_sns_shows_it) {
    EXPECT_EQ(format_effective_policy(default_policy("http"), false),
              R"({"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,)"
              R"("numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,)"
              R"("backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":null,)"
              R"("requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},)"
              R"("guaranteed":false})");
    EXPECT_EQ(format_effective_policy(default_policy("http"), true),
              R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,)"
              R"("numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,)"
              R"("numMinDelayRetries":0,"backoffFunction":"linear"},)"
              R"("disableSubscriptionOverrides":false,)"
              R"("defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})");
}

TEST(DeliveryPolicy, what_is_shown_is_read_as_the_same_policy) {
    const DeliveryPolicy policy{.min_delay_s = 3,
                                .max_delay_s = 9,
                                .retries = 12,
                                .no_delay_retries = 1,
                                .min_delay_retries = 2,
                                .max_delay_retries = 3,
                                .backoff = BackoffFunction::arithmetic,
                                .receives_per_second_max = 8,
                                .content_type = "application/json"};
    EXPECT_EQ(parse_subscription_policy(format_effective_policy(policy, false)), policy);
    EXPECT_EQ(parse_topic_policy(format_effective_policy(policy, true)), policy);
}

TEST(DeliveryPolicy, faults_name_the_field) {
    const std::string prefix = "DeliveryPolicy: ";
    const std::string rest = R"(,"maxDelayTarget":3600,"numRetries":1)";
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":0)" + rest)),
              prefix + "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":-1)" + rest)),
              prefix + "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":3601)" + rest)),
              prefix + "healthyRetryPolicy.minDelayTarget must be less than or equal to 3600");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":1.5)" + rest)),
              prefix + "healthyRetryPolicy.minDelayTarget must be an integer");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":99999999999999999999999)" + rest)),
              prefix + "healthyRetryPolicy.minDelayTarget must be an integer");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":5,"numRetries":1)")),
              prefix + "healthyRetryPolicy.maxDelayTarget must be specified");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":5,"maxDelayTarget":3,"numRetries":1)")),
              prefix +
                  "healthyRetryPolicy.maxDelayTarget must be greater than or equal to "
                  "minDelayTarget");
    EXPECT_EQ(text_of_fault(retries(
                  R"("minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"backoffFunction":"x")")),
              prefix +
                  "healthyRetryPolicy.backoffFunction must be one of linear, arithmetic, "
                  "geometric, exponential");
    EXPECT_EQ(
        text_of_fault(retries(R"("minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"a":1)")),
        prefix + "Unexpected JSON member: healthyRetryPolicy.a");
    EXPECT_EQ(text_of_fault(R"({"throttlePolicy":{"maxReceivesPerSecond":0}})"),
              prefix + "throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1");
    EXPECT_EQ(text_of_fault(R"({"other":1})"), prefix + "Unexpected JSON member: other");
    EXPECT_EQ(text_of_fault("[]"), prefix + "must be a JSON object");
    EXPECT_EQ(text_of_fault("{"), prefix + "failed to parse JSON");
}

TEST(DeliveryPolicy, phases_are_no_more_than_all_retries) {
    const std::string three = R"("minDelayTarget":1,"maxDelayTarget":1,"numRetries":3,)";
    EXPECT_EQ(text_of_fault(retries(three + R"("numNoDelayRetries":2,"numMaxDelayRetries":1)")),
              "no fault");
    EXPECT_NE(text_of_fault(retries(three + R"("numNoDelayRetries":2,"numMaxDelayRetries":2)")),
              "no fault");
}

TEST(DeliveryPolicy, all_delays_together_are_at_most_an_hour) {
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":36,"maxDelayTarget":36,"numRetries":100)")),
              "no fault");
    EXPECT_EQ(text_of_fault(retries(R"("minDelayTarget":37,"maxDelayTarget":37,"numRetries":100)")),
              "DeliveryPolicy: healthyRetryPolicy must not take more than 3600 seconds of delay in "
              "total");
}

TEST(DeliveryPolicy, a_content_type_cannot_carry_another_header) {
    const auto with = [](const std::string& type) {
        return R"({"requestPolicy":{"headerContentType":")" + type + R"("}})";
    };
    EXPECT_EQ(text_of_fault(with("text/xml; charset=\\\"utf-8\\\"")), "no fault");
    for (const char* type : {"text/plain\\r\\nX-Evil: 1", "text", "/plain", "text/", "", "te xt/a",
                             "text/pl\\u00e4in", "text/\\u0000"}) {
        EXPECT_NE(text_of_fault(with(type)), "no fault") << type;
    }
    EXPECT_NE(text_of_fault(with("text/" + std::string(header_content_type_bytes_max, 'a'))),
              "no fault");
}

TEST(DeliveryPolicy, a_policy_above_its_size_is_refused_unread) {
    EXPECT_EQ(text_of_fault("{}" + std::string(delivery_policy_bytes_max - 2, ' ')), "no fault");
    EXPECT_EQ(text_of_fault("{}" + std::string(delivery_policy_bytes_max - 1, ' ')),
              "DeliveryPolicy: must not be larger than 16384 bytes");
    EXPECT_NE(text_of_fault(std::string(delivery_policy_bytes_max, '[')), "no fault");
}

}  // namespace
}  // namespace onput::notifier
