#include "common/worker/job_worker.hpp"

#include <arpa/inet.h>
#include <array>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::worker {
namespace {

TEST(Finality, what_would_end_alike_again_is_not_tried_again) {
    for (const char* reason :
         {"job_timeout", "job_crashed", "job_exited", "job_output", "job_result", "job_threads"}) {
        EXPECT_TRUE(is_final({.code = ErrorCode::internal, .message = "", .reason = reason}));
    }
    EXPECT_TRUE(is_final({.code = ErrorCode::invalid_argument, .message = "not a text"}));
    EXPECT_TRUE(is_final({.code = ErrorCode::permission_denied, .message = "no"}));
}

TEST(Finality, what_the_machine_or_a_peer_lacked_may_be_there_next_time) {
    EXPECT_FALSE(
        is_final({.code = ErrorCode::resource_exhausted, .message = "", .reason = "job_memory"}));
    EXPECT_FALSE(
        is_final({.code = ErrorCode::unavailable, .message = "", .reason = "zygote_ended"}));
    EXPECT_FALSE(is_final({.code = ErrorCode::internal, .message = "read result file"}));
}

TEST(JobWorker, what_the_house_lacks_is_no_attempt_of_the_job) {
    for (const char* reason : {"storage_full", "storage_busy", "slow_down"}) {
        const Error error{.code = ErrorCode::resource_exhausted, .message = "", .reason = reason};
        EXPECT_TRUE(is_of_house(error)) << reason;
        EXPECT_FALSE(is_final(error)) << reason;
    }
    EXPECT_TRUE(is_of_house({.code = ErrorCode::unavailable, .message = ""}));
    EXPECT_FALSE(is_of_house(
        {.code = ErrorCode::resource_exhausted, .message = "", .reason = "object_too_large"}));
    EXPECT_FALSE(is_of_house(
        {.code = ErrorCode::resource_exhausted, .message = "", .reason = "job_memory"}));
}

TEST(AdvertisedEndpoint, it_is_the_address_bound_unless_another_host_is_named) {
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", ""), "tcp://0.0.0.0:7110");
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", "worker-3"), "tcp://worker-3:7110");
    EXPECT_EQ(advertised_endpoint("tcp://[::]:7110", "worker-3"), "tcp://worker-3:7110");
    EXPECT_EQ(advertised_endpoint("ipc:///run/a.sock", "worker-3"), "ipc:///run/a.sock");
    std::array<char, 256> own{};
    ASSERT_EQ(gethostname(own.data(), own.size()), 0);
    EXPECT_EQ(advertised_endpoint("tcp://0.0.0.0:7110", "{hostname}"),
              "tcp://" + std::string(own.data()) + ":7110");
}

TEST(AdvertisedEndpoint, it_can_be_an_address_of_this_machine_other_than_loopback) {
    const std::string endpoint = advertised_endpoint("tcp://0.0.0.0:7110", "{address}");
    if (endpoint.empty()) GTEST_SKIP() << "this machine has no network";
    EXPECT_TRUE(endpoint.starts_with("tcp://") && endpoint.ends_with(":7110")) << endpoint;
    EXPECT_FALSE(endpoint.starts_with("tcp://127.")) << endpoint;
    in_addr address{};
    const std::string host = endpoint.substr(6, endpoint.size() - 6 - 5);
    EXPECT_EQ(inet_pton(AF_INET, host.c_str(), &address), 1) << endpoint;
}

class JobReplyTest : public testing::Test {
protected:
    JobReply make() {
        return JobReply([this](JobEnd end) { ends.push_back(std::move(end)); });
    }
    std::vector<JobEnd> ends;
};

TEST_F(JobReplyTest, what_is_sent_arrives_once) {
    {
        JobReply reply = make();
        JobReply moved = std::move(reply);
        std::move(moved).send(schema::JobOutcome{.summary = "made"});
        EXPECT_EQ(ends.size(), 1U);
    }
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0]->summary, "made");
}

TEST_F(JobReplyTest, a_reply_that_goes_unsent_gives_the_job_back_uncounted) {
    {
        const JobReply reply = make();
    }
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].error().error.code, ErrorCode::unavailable);
    EXPECT_EQ(ends[0].error().error.reason, "job_abandoned");
}

using JobReplyDeath = JobReplyTest;

TEST_F(JobReplyDeath, a_second_answer_is_a_bug) {
    JobReply reply = make();
    std::move(reply).send(schema::JobOutcome{});
    EXPECT_DEATH(std::move(reply).send(schema::JobOutcome{}), "check failed");
}

}  // namespace
}  // namespace onput::worker
