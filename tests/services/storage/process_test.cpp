#include <filesystem>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "tests/services/storage/process_harness.hpp"

namespace onput::storage {
namespace {

std::string noise(std::size_t bytes) {
    Random random(bytes);
    std::string text;
    text.reserve(bytes + 8);
    while (text.size() < bytes) {
        const std::uint64_t word = random.next();
        text.append(reinterpret_cast<const char*>(&word), sizeof(word));
    }
    text.resize(bytes);
    return text;
}

class ProcessTest : public testing::Test, public ProcessHarness {
protected:
    bool relayed(std::size_t count) {
        return wait_until([&] { return notifier->journal.size() == count; });
    }
    // Blob files and bytes of segments that are not yet given back would show here.
    std::size_t large_files() const {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder.path_of("data") + "/blobs")) {
            if (entry.is_regular_file() && entry.file_size() > 1'000'000) ++count;
        }
        return count;
    }
};

TEST_F(ProcessTest, objects_of_every_tier_come_back_and_their_events_go_out) {
    start_notifier();
    create_bucket();
    const std::vector<std::string> contents{"", "hello", noise(8 * 1024), noise(8 * 1024 + 1),
                                            noise(256 * 1024)};
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const auto made = put("k" + std::to_string(i), contents[i]);
        ASSERT_TRUE(made) << made.error().message;
    }
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const auto got = get("k" + std::to_string(i));
        ASSERT_TRUE(got.reply);
        EXPECT_EQ(got.bytes, contents[i]);
        EXPECT_EQ(got.reply->read_id, 0U);
    }
    ASSERT_TRUE(relayed(contents.size()));
    EXPECT_EQ(notifier->journal[1].key, "k1");
}

TEST_F(ProcessTest, a_put_beyond_the_limit_of_one_message_is_refused) {
    start_notifier();
    create_bucket();
    EXPECT_EQ(put("k", noise(schema::whole_put_bytes_max + 1)).error().reason, "entity_too_large");
}

TEST_F(ProcessTest, streams_of_every_size_come_back) {
    start_notifier();
    create_bucket();
    for (const std::size_t size : {0UL, 100UL, 50'000UL, 1'048'576UL, 1'048'577UL, 20'971'520UL}) {
        const auto bytes = noise(size);
        const auto made = stream("k" + std::to_string(size), bytes);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_TRUE(read_all("k" + std::to_string(size)) == bytes) << size;
    }
    ASSERT_TRUE(relayed(6));
}

TEST_F(ProcessTest, a_range_of_a_large_object_is_attached) {
    start_notifier();
    create_bucket();
    const auto bytes = noise(5'000'000);
    ASSERT_TRUE(stream("big", bytes));
    const auto got = get("big", schema::ByteRange{.first = 1'500'000, .last = 1'500'999});
    ASSERT_TRUE(got.reply);
    EXPECT_EQ(got.bytes, bytes.substr(1'500'000, 1000));
    EXPECT_TRUE(got.reply->is_partial);
    const auto tail = get("big", schema::ByteRange{.last = 10});
    EXPECT_EQ(tail.bytes, bytes.substr(4'999'990));
}

TEST_F(ProcessTest, what_was_answered_survives_a_kill_and_its_events_go_out_later) {
    create_bucket();
    const auto large = noise(20'971'520);
    ASSERT_TRUE(put("small", "hello"));
    ASSERT_TRUE(put("middle", noise(100'000)));
    ASSERT_TRUE(stream("large", large));
    kill_and_start();
    EXPECT_EQ(get("small").bytes, "hello");
    EXPECT_TRUE(read_all("middle") == noise(100'000));
    EXPECT_TRUE(read_all("large") == large);
    start_notifier();
    ASSERT_TRUE(relayed(3));
    EXPECT_EQ(notifier->journal[2].key, "large");

    kill_and_start();
    ASSERT_TRUE(insist(put_request("after", "x"), "x").reply);
    ASSERT_TRUE(relayed(4));
    EXPECT_EQ(notifier->journal[3].key, "after");
}

TEST_F(ProcessTest, blobs_under_keys_of_every_length_survive_a_kill) {
    start_notifier();
    create_bucket();
    const auto bytes = noise(20'000);
    for (std::size_t length = 1; length <= 40; ++length) {
        ASSERT_TRUE(put(std::string(length, 'k'), bytes));
    }
    kill_and_start();
    for (std::size_t length = 1; length <= 40; ++length) {
        EXPECT_TRUE(read_all(std::string(length, 'k')) == bytes) << length;
    }
}

TEST_F(ProcessTest, events_of_puts_that_a_kill_interrupts_are_those_of_the_objects) {
    start_notifier();
    create_bucket();
    std::size_t acknowledged = 0;
    for (int life = 0; life < 4; ++life) {
        std::size_t answered = 0;
        constexpr std::size_t burst = 200;
        for (std::size_t i = 0; i < burst; ++i) {
            const std::string key = std::to_string(life) + "/" + std::to_string(i);
            send<schema::PutObject>(put_request(key, key), key,
                                    [&](const Answered<schema::PutObject>& got) {
                                        ++answered;
                                        if (got.reply) ++acknowledged;
                                    });
        }
        ASSERT_TRUE(wait_until([&] { return acknowledged > 0 && answered > burst / 4; }));
        process.kill();
        ASSERT_TRUE(wait_until([&] { return answered == burst; }));
        process.start();
    }
    schema::ListObjects list;
    list.bucket = "photos";
    const auto objects = insist(list).reply;
    ASSERT_TRUE(objects);
    EXPECT_GE(objects->objects.size(), acknowledged);
    ASSERT_TRUE(relayed(objects->objects.size()));
    std::map<std::string, int> events;
    for (const auto& event : notifier->journal) ++events[event.key];
    for (const auto& object : objects->objects) EXPECT_EQ(events[object.key], 1) << object.key;
}

TEST_F(ProcessTest, a_notifier_that_refuses_gets_the_events_once_it_takes_them) {
    start_notifier();
    notifier->is_refusing = true;
    create_bucket();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(put("k" + std::to_string(i), "x"));
    notifier->is_refusing = false;
    ASSERT_TRUE(relayed(50));
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(notifier->journal[static_cast<std::size_t>(i)].key, "k" + std::to_string(i));
    }
}

TEST_F(ProcessTest, an_overwritten_blob_is_removed_but_not_under_a_reader) {
    start_notifier();
    create_bucket();
    const auto old_bytes = noise(3'000'000);
    ASSERT_TRUE(stream("k", old_bytes));
    const auto reading = get("k");
    ASSERT_TRUE(reading.reply && reading.reply->read_id != 0);
    ASSERT_TRUE(stream("k", noise(3'000'001)));
    const auto piece = ask(schema::ReadObject{
        .read_id = reading.reply->read_id, .offset = 2'000'000, .length = 1'000'000});
    EXPECT_TRUE(piece.bytes == old_bytes.substr(2'000'000));
    EXPECT_EQ(large_files(), 2U);
    ASSERT_TRUE(ask(schema::CloseRead{.read_id = reading.reply->read_id}).reply);
    EXPECT_TRUE(wait_until([&] { return large_files() == 1; }));
}

TEST_F(ProcessTest, a_session_that_a_kill_interrupts_leaves_nothing) {
    start_notifier();
    create_bucket();
    const auto opened = open_write("k");
    append_all(opened, noise(4'000'000), 500'000);
    kill_and_start();
    const auto finished = insist(schema::FinishWrite{.write_id = opened.write_id,
                                                     .object = put_request("k", noise(4'000'000))});
    EXPECT_EQ(finished.reply.error().reason, "no_such_session");
    EXPECT_EQ(get("k").reply.error().reason, "no_such_key");
    EXPECT_EQ(large_files(), 0U);
}

TEST_F(ProcessTest, an_aborted_session_leaves_nothing) {
    start_notifier();
    create_bucket();
    const auto opened = open_write("k");
    append_all(opened, noise(4'000'000), 500'000);
    ASSERT_TRUE(ask(schema::AbortWrite{.write_id = opened.write_id}).reply);
    EXPECT_TRUE(wait_until([&] { return large_files() == 0; }));
    EXPECT_EQ(get("k").reply.error().reason, "no_such_key");
}

schema::PutNotification queue_notification() {
    schema::NotificationRule rule;
    rule.destination_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";
    rule.events = {"s3:ObjectCreated:*"};
    schema::PutNotification request;
    request.bucket = "photos";
    request.configuration.rules.push_back(std::move(rule));
    return request;
}

TEST_F(ProcessTest, a_configuration_is_stored_when_its_destinations_agree) {
    start_notifier();
    create_bucket();
    ASSERT_TRUE(ask(queue_notification()).reply);
    EXPECT_EQ(notifier->checks, 1U);
    ASSERT_TRUE(put("k", "x"));
    ASSERT_TRUE(relayed(1));
    ASSERT_EQ(notifier->journal[0].owed.size(), 1U);

    notifier->refusals = {"The destination queue does not exist"};
    const auto refused = ask(queue_notification()).reply;
    EXPECT_EQ(refused.error().message,
              "Unable to validate the following destination configurations: "
              "arn:aws:sqs:us-east-1:000000000000:jobs: The destination queue does not exist");
    EXPECT_EQ(refused.error().details.at(1).second, "The destination queue does not exist");
}

TEST_F(ProcessTest, a_configuration_is_unavailable_while_the_notifier_is) {
    start_notifier();
    create_bucket();
    notifier->is_refusing = true;
    EXPECT_EQ(ask(queue_notification()).reply.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(ask(schema::GetNotification{.bucket = "photos"}).reply->rules.empty());
}

TEST_F(ProcessTest, the_status_counts_events_and_says_what_it_waits_for) {
    create_bucket();
    ASSERT_TRUE(put("k", "x"));
    auto status = ask(schema::ServiceStatus{}).reply;
    ASSERT_TRUE(status);
    EXPECT_FALSE(status->is_ready);
    start_notifier();
    ASSERT_TRUE(relayed(1));
    status = ask(schema::ServiceStatus{}).reply;
    EXPECT_TRUE(status->is_ready);
    double emitted = 0;
    for (const auto& metric : status->metrics) {
        if (metric.name == "onput_events_emitted_total{type=\"ObjectCreated:Put\"}") {
            emitted = metric.value;
        }
    }
    EXPECT_EQ(emitted, 1);
}

TEST_F(ProcessTest, a_method_that_does_not_exist_is_unimplemented) {
    create_bucket();
    bool is_done = false;
    client->call("storage.nonsense", "", {}, [&](const Result<transport::Reply>& reply) {
        EXPECT_EQ(reply.error().code, ErrorCode::unimplemented);
        is_done = true;
    });
    EXPECT_TRUE(wait_until([&] { return is_done; }));
}

TEST_F(ProcessTest, garbage_in_any_method_is_corruption) {
    create_bucket();
    const std::vector<std::string_view> methods{
        schema::GetObject::method,       schema::PutObject::method,
        schema::AppendWrite::method,     schema::ReadObject::method,
        schema::HeadObject::method,      schema::DeleteObject::method,
        schema::ListObjects::method,     schema::OpenWrite::method,
        schema::FinishWrite::method,     schema::AbortWrite::method,
        schema::CloseRead::method,       schema::CreateBucket::method,
        schema::DeleteBucket::method,    schema::HeadBucket::method,
        schema::ListBuckets::method,     schema::ExplainEvent::method,
        schema::GetNotification::method, schema::PutNotification::method};
    std::size_t answered = 0;
    for (const auto method : methods) {
        client->call(method, "garbage", {}, [&answered](const Result<transport::Reply>& reply) {
            EXPECT_EQ(reply.error().code, ErrorCode::corruption);
            ++answered;
        });
    }
    EXPECT_TRUE(wait_until([&] { return answered == methods.size(); }));
}

TEST_F(ProcessTest, ends_cleanly_when_told_to) {
    start_notifier();
    create_bucket();
    ASSERT_TRUE(put("k", "x"));
    EXPECT_EQ(process.terminate(), 0);
    process.start();
    EXPECT_EQ(get("k").bytes, "x");
}

}  // namespace
}  // namespace onput::storage
