#include "common/runtime/health.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::runtime {
namespace {

TEST(Health, a_service_that_lacks_nothing_is_ready) {
    EXPECT_EQ(answer_health("GET", "/_onput/readyz", {}).status, 200);
}

TEST(Health, one_that_waits_says_for_whom) {
    const auto answer =
        answer_health("GET", "/_onput/readyz", {.waiting_for = {"storage", "queue"}});
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body, "waiting for storage\nwaiting for queue\n");
}

TEST(Health, it_lives_although_it_waits) {
    EXPECT_EQ(answer_health("GET", "/_onput/livez?x=1", {.waiting_for = {"storage"}}).status, 200);
}

TEST(Health, other_paths_and_methods_are_refused) {
    EXPECT_EQ(answer_health("GET", "/", {}).status, 404);
    EXPECT_EQ(answer_health("POST", "/_onput/livez", {}).status, 405);
}

TEST(Health, metrics_are_grouped_by_family_with_their_type) {
    EXPECT_EQ(
        format_metrics(
            {{"onput_b_total{k=\"2\"}", 3}, {"onput_a", 0.5}, {"onput_b_total{k=\"1\"}", 1e6}}),
        "# TYPE onput_a gauge\nonput_a 0.5\n# TYPE onput_b_total counter\n"
        "onput_b_total{k=\"1\"} 1000000\nonput_b_total{k=\"2\"} 3\n");
}

TEST(Health, a_known_family_is_explained) {
    EXPECT_EQ(format_metrics({{"onput_worker_busy", 1}}),
              "# HELP onput_worker_busy Jobs that run.\n# TYPE onput_worker_busy gauge\n"
              "onput_worker_busy 1\n");
}

TEST(Health, a_histogram_is_one_family_with_its_buckets_in_order) {
    HistogramSnapshot snapshot;
    snapshot.buckets[0] = 1;
    snapshot.buckets[1] = 2;
    snapshot.buckets.back() = 1;
    snapshot.sum = std::chrono::milliseconds(1500);
    std::vector<schema::Metric> metrics;
    add_histogram({.family = "onput_x_seconds", .labels = "op=\"a\""}, snapshot, metrics);
    add_histogram({.family = "onput_x_seconds", .labels = "op=\"b\""}, {}, metrics);
    metrics.push_back({"onput_w_count", 7});
    const std::string text = format_metrics(metrics);
    EXPECT_TRUE(
        text.starts_with("# TYPE onput_w_count gauge\nonput_w_count 7\n"
                         "# TYPE onput_x_seconds histogram\n"
                         "onput_x_seconds_bucket{op=\"a\",le=\"0.0001\"} 1\n"
                         "onput_x_seconds_bucket{op=\"a\",le=\"0.00025\"} 3\n"))
        << text;
    EXPECT_NE(text.find("onput_x_seconds_bucket{op=\"a\",le=\"30\"} 3\n"
                        "onput_x_seconds_bucket{op=\"a\",le=\"+Inf\"} 4\n"
                        "onput_x_seconds_sum{op=\"a\"} 1.5\nonput_x_seconds_count{op=\"a\"} 4\n"
                        "onput_x_seconds_bucket{op=\"b\",le=\"0.0001\"} 0\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("# TYPE", text.find("onput_x_seconds_bucket")), std::string::npos) << text;
}

TEST(Health, a_sum_and_a_count_without_buckets_are_a_summary) {
    EXPECT_EQ(format_metrics({{"onput_x_seconds_sum", 2}, {"onput_x_seconds_count", 4}}),
              "# TYPE onput_x_seconds summary\nonput_x_seconds_sum 2\nonput_x_seconds_count 4\n");
}

TEST(Health, a_histogram_without_labels_has_none_but_its_bounds) {
    std::vector<schema::Metric> metrics;
    add_histogram({.family = "onput_x_seconds"}, {}, metrics);
    EXPECT_EQ(metrics.front().name, "onput_x_seconds_bucket{le=\"0.0001\"}");
    EXPECT_EQ(metrics.back().name, "onput_x_seconds_count");
}

TEST(HealthServer, an_address_that_is_none_is_refused) {
    transport::Context context;
    transport::Loop loop(context);
    for (const char* address : {"", "9100", "localhost:9100", "127.0.0.1:", "127.0.0.1:99999"}) {
        const auto server = HealthServer::listen(loop, address, [] { return HealthReport{}; });
        ASSERT_FALSE(server) << address;
        EXPECT_EQ(server.error().code, ErrorCode::invalid_argument) << address;
    }
}

// Sends `request` to the server and returns the whole answer.
std::string exchange(std::uint16_t port, const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_GE(fd, 0);
    if (fd < 0) return {};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char chunk[1024];
    ssize_t count = 0;
    while ((count = recv(fd, chunk, sizeof chunk, 0)) > 0)
        answer.append(chunk, static_cast<std::size_t>(count));
    close(fd);
    return answer;
}

// Runs the loop while a client, in a thread of its own, has its exchange.
std::string answer_to(const std::string& request) {
    transport::Context context;
    transport::Loop loop(context);
    const auto server = HealthServer::listen(loop, "127.0.0.1:0", [] {
        return HealthReport{.waiting_for = {"storage"}, .metrics = {{"onput_x", 1}}};
    });
    EXPECT_TRUE(server);
    std::string answer;
    std::thread client([&, port = (*server)->port()] {
        answer = exchange(port, request);
        loop.stop();
    });
    loop.run();
    client.join();
    return answer;
}

TEST(HealthServer, it_answers_over_http) {
    const std::string answer = answer_to("GET /_onput/readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nwaiting for storage\n")) << answer;
}

TEST(HealthServer, a_head_request_has_no_body) {
    const std::string answer = answer_to("HEAD /_onput/livez HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(HealthServer, what_is_no_request_is_closed_without_an_answer) {
    EXPECT_EQ(answer_to("\x01\x02 nonsense\r\n\r\n"), "");
    EXPECT_EQ(answer_to("GET /" + std::string(health_request_bytes_max, 'a') + " HTTP/1.1\r\n\r\n"),
              "");
}

}  // namespace
}  // namespace onput::runtime
