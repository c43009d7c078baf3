#include "services/notifier/delivery/target_metrics.hpp"

#include <map>

#include <gtest/gtest.h>

namespace onput::notifier {
namespace {

using std::chrono::seconds;

std::map<std::string, double> written(TargetMetrics targets) {
    std::vector<schema::Metric> metrics;
    std::move(targets).write(metrics);
    std::map<std::string, double> by_name;
    for (const auto& metric : metrics) by_name[metric.name] = metric.value;
    EXPECT_EQ(by_name.size(), metrics.size()) << "no sample may be there twice";
    return by_name;
}

TEST(TargetMetrics, each_target_has_its_own_samples) {
    TargetMetrics targets;
    targets.add("arn:a", {.counts = {.delivered = 3, .failed = 1},
                          .owed = 2,
                          .undelivered = 1,
                          .lag = seconds(4),
                          .oldest = seconds(-1)});
    auto metrics = written(std::move(targets));
    EXPECT_EQ(metrics["onput_delivery_attempts_total{target=\"arn:a\",outcome=\"delivered\"}"], 3);
    EXPECT_EQ(metrics["onput_delivery_attempts_total{target=\"arn:a\",outcome=\"failed\"}"], 1);
    EXPECT_EQ(metrics["onput_delivery_owed{target=\"arn:a\"}"], 2);
    EXPECT_EQ(metrics["onput_delivery_lag_seconds{target=\"arn:a\"}"], 4);
    EXPECT_EQ(metrics["onput_delivery_oldest_seconds{target=\"arn:a\"}"], 0);
    EXPECT_EQ(metrics.size(), 8U);
}

TEST(TargetMetrics, those_above_the_limit_are_summed_up_as_other) {
    TargetMetrics targets;
    for (std::size_t i = 0; i < metric_targets_max; ++i) targets.add(std::to_string(i), {});
    targets.add("x", {.counts = {.delivered = 1}, .owed = 2, .lag = seconds(5)});
    targets.add("y", {.counts = {.delivered = 10}, .owed = 20, .lag = seconds(3)});
    auto metrics = written(std::move(targets));
    EXPECT_EQ(metrics.size(), 8 * (metric_targets_max + 1));
    EXPECT_EQ(metrics["onput_delivery_attempts_total{target=\"other\",outcome=\"delivered\"}"], 11);
    EXPECT_EQ(metrics["onput_delivery_owed{target=\"other\"}"], 22);
    EXPECT_EQ(metrics["onput_delivery_lag_seconds{target=\"other\"}"], 5);
    EXPECT_FALSE(metrics.contains("onput_delivery_owed{target=\"x\"}"));
}

TEST(TargetMetrics, without_more_targets_than_the_limit_there_is_no_other) {
    TargetMetrics targets;
    for (std::size_t i = 0; i < metric_targets_max; ++i) targets.add(std::to_string(i), {});
    EXPECT_FALSE(written(std::move(targets)).contains("onput_delivery_owed{target=\"other\"}"));
}

}  // namespace
}  // namespace onput::notifier
