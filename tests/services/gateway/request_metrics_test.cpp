#include "services/gateway/request_metrics.hpp"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "common/runtime/health.hpp"

namespace onput::gateway {
namespace {

std::map<std::string, double> metrics_of(const RequestMetrics& requests) {
    std::vector<schema::Metric> metrics;
    requests.add_metrics(metrics);
    std::map<std::string, double> by_name;
    for (const auto& metric : metrics) by_name[metric.name] = metric.value;
    return by_name;
}

constexpr Duration quick = std::chrono::milliseconds(2);

TEST(RequestMetrics, a_request_is_counted_by_operation_and_code) {
    RequestMetrics requests("s3", {"PutObject", "GetObject"});
    requests.of("PutObject").count(200, quick);
    requests.of("PutObject").count(200, quick);
    requests.of("PutObject").count(404, quick);
    auto metrics = metrics_of(requests);
    EXPECT_EQ(metrics["onput_s3_requests_total{op=\"PutObject\",code=\"200\"}"], 2);
    EXPECT_EQ(metrics["onput_s3_requests_total{op=\"PutObject\",code=\"404\"}"], 1);
    EXPECT_EQ(metrics["onput_s3_request_seconds_count{op=\"PutObject\"}"], 3);
    EXPECT_EQ(metrics["onput_s3_request_seconds_sum{op=\"PutObject\"}"], 0.006);
    EXPECT_EQ(metrics["onput_s3_request_seconds_bucket{op=\"PutObject\",le=\"0.001\"}"], 0);
    EXPECT_EQ(metrics["onput_s3_request_seconds_bucket{op=\"PutObject\",le=\"0.0025\"}"], 3);
}

TEST(RequestMetrics, what_was_never_asked_for_is_left_out) {
    EXPECT_TRUE(metrics_of(RequestMetrics("s3", {"PutObject"})).empty());
}

TEST(RequestMetrics, names_that_a_client_invents_make_no_metric_of_their_own) {
    RequestMetrics requests("sqs", {"SendMessage"});
    for (const char* invented : {"", "sendmessage", "A\"} 1\nb{", "unknown"})
        requests.of(invented).count(400, quick);
    auto metrics = metrics_of(requests);
    EXPECT_EQ(metrics["onput_sqs_requests_total{op=\"unknown\",code=\"400\"}"], 4);
    EXPECT_EQ(metrics["onput_sqs_request_seconds_count{op=\"unknown\"}"], 4);
    EXPECT_EQ(metrics.size(), 1 + histogram_bounds.size() + 3);
}

TEST(RequestMetrics, a_client_that_left_before_its_answer_is_499) {
    RequestMetrics requests("s3", {"GetObject"});
    for (const int status : {0, 100, 600}) requests.of("GetObject").count(status, quick);
    EXPECT_EQ(metrics_of(requests)["onput_s3_requests_total{op=\"GetObject\",code=\"499\"}"], 3);
}

TEST(RequestMetrics, threads_count_at_once) {
    RequestMetrics requests("s3", {"GetObject"});
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&requests] {
                for (int n = 0; n < 5000; ++n) requests.of("GetObject").count(200, quick);
            });
        }
    }
    EXPECT_EQ(metrics_of(requests)["onput_s3_requests_total{op=\"GetObject\",code=\"200\"}"],
              20'000);
}

TEST(ServiceMetrics, know_the_operations_of_each_service_by_name) {
    ServiceMetrics metrics;
    for (const auto& [service, operation] : std::vector<std::pair<std::string, std::string>>{
             {"s3", "PutObject"}, {"sqs", "ReceiveMessage"}, {"sns", "Publish"}}) {
        auto& requests = metrics.of(service);
        EXPECT_NE(&requests.of(operation), &requests.unknown());
    }
    EXPECT_EQ(&metrics.of("s3").of("Publish"), &metrics.of("s3").unknown());
}

}  // namespace
}  // namespace onput::gateway
