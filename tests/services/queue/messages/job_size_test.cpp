#include "services/queue/messages/job_size.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::queue {
namespace {

constexpr std::uint64_t small_text = 64 * 1024;

Queue queue_of(const std::string& worker) {
    Queue queue;
    queue.function.emplace().function.worker = worker;
    return queue;
}

std::string record(std::uint64_t bytes, const std::string& key = "a.txt") {
    return fmt::format(
        R"({{"Records":[{{"s3":{{"bucket":{{"name":"b"}},"object":{{"key":"{}","size":{}}}}}}}]}})",
        key, bytes);
}

TEST(JobSize, a_job_is_as_large_as_its_object) {
    const Queue speech = queue_of("tts");
    EXPECT_EQ(size_of_job(speech, record(small_text)), JobSize::small);
    EXPECT_EQ(size_of_job(speech, record(small_text + 1)), JobSize::large);
    EXPECT_EQ(size_of_job(speech, record(UINT64_MAX)), JobSize::large);
}

TEST(JobSize, each_kind_of_worker_has_its_own_measure) {
    EXPECT_EQ(size_of_job(queue_of("image"), record(small_text + 1)), JobSize::small);
    EXPECT_EQ(size_of_job(queue_of("image"), record(100'000'000)), JobSize::large);
    EXPECT_EQ(size_of_job(queue_of("other"), record(100'000'000)), JobSize::small);
    EXPECT_EQ(size_of_job(Queue(), record(100'000'000)), JobSize::small);
}

TEST(JobSize, the_size_is_the_records_own_and_no_text_that_looks_like_it) {
    const Queue speech = queue_of("tts");
    EXPECT_EQ(size_of_job(speech, record(1, R"(\"size\":99999999)")), JobSize::small);
    EXPECT_EQ(size_of_job(speech, R"({"size": 99999999})"), JobSize::large);
    EXPECT_EQ(size_of_job(speech, R"({"size":99999999999999999999999})"), JobSize::large);
}

TEST(JobSize, a_part_is_one_whatever_its_size_and_a_join_is_small) {
    const Queue speech = queue_of("tts");
    MessageRecord message;
    message.body = record(small_text + 1);
    EXPECT_EQ(size_of_message(speech, message), JobSize::large);
    message.split_job = 7;
    EXPECT_EQ(size_of_message(speech, message), JobSize::small);
    message.part = 1;
    EXPECT_EQ(size_of_message(speech, message), JobSize::part);
    message.body = record(1);
    EXPECT_EQ(size_of_message(speech, message), JobSize::part);
}

TEST(JobSize, what_names_no_size_is_small) {
    const Queue speech = queue_of("tts");
    for (const auto* body : {"", "{}", "\"size\":", "\"size\": ", "\"size\":\"9999999\"",
                             "\"size\":-9999999", "no record"}) {
        EXPECT_EQ(size_of_job(speech, body), JobSize::small) << body;
    }
}

}  // namespace
}  // namespace onput::queue
