#include "services/gateway/s3/site/access_log_core.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/site/access_record.hpp"

namespace onput::gateway::s3 {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class AccessLogCoreTest : public testing::Test {
protected:
    void record(const std::string& bucket, const std::string& line = "line\n") {
        core.record({.bucket = bucket, .time = now, .line = line}, now, effects);
    }
    void tick() { core.tick(now, effects); }
    void is_logged(const std::string& bucket, const LogTarget& to) {
        core.configured(bucket, std::optional(to), now, effects);
    }
    void is_unlogged(const std::string& bucket) {
        core.configured(bucket, std::optional<LogTarget>(), now, effects);
    }
    std::size_t lookups() { return std::exchange(effects.lookups, {}).size(); }
    std::vector<LogDelivery> deliveries() { return std::exchange(effects.deliveries, {}); }

    static constexpr Duration interval = minutes(5);
    AccessLogCore core{interval, Random(7)};
    Timestamp now = from_micros(1'796'000'000'000'000);
    LogEffects effects;
    LogTarget target{
        .bucket = "logs", .prefix = "p/", .owner_account = "000000000000", .region = "r"};
};

TEST_F(AccessLogCoreTest, records_are_delivered_together_after_the_interval) {
    record("b", "one\n");
    record("b", "two\n");
    EXPECT_EQ(lookups(), 1U);
    is_logged("b", target);
    now += interval - seconds(1);
    tick();
    EXPECT_TRUE(deliveries().empty());
    now += seconds(1);
    tick();
    const auto delivered = deliveries();
    ASSERT_EQ(delivered.size(), 1U);
    const std::string fields = bucket_fields("000000000000", "b");
    EXPECT_EQ(delivered[0].body, fields + "one\n" + fields + "two\n");
    EXPECT_EQ(delivered[0].target.bucket, "logs");
    EXPECT_EQ(core.waiting_bytes(), 0U);
    now += interval;
    tick();
    EXPECT_TRUE(deliveries().empty());
}

TEST_F(AccessLogCoreTest, a_clock_that_is_set_back_holds_no_records_back) {
    record("b");
    is_logged("b", target);
    now -= std::chrono::days(5);
    tick();
    EXPECT_EQ(deliveries().size(), 1U);
}

TEST_F(AccessLogCoreTest, a_bucket_that_is_not_logged_costs_nothing_until_it_is_asked_again) {
    record("b");
    EXPECT_EQ(lookups(), 1U);
    is_unlogged("b");
    EXPECT_TRUE(core.unlogged().contains("b"));
    const auto changes = core.unlogged_changes();
    record("b");
    EXPECT_EQ(core.waiting_bytes(), 0U);
    EXPECT_EQ(lookups(), 0U);
    now += log_recheck_period;
    tick();
    EXPECT_FALSE(core.unlogged().contains("b"));
    EXPECT_GT(core.unlogged_changes(), changes);
    record("b");
    EXPECT_EQ(lookups(), 1U);
    EXPECT_EQ(core.dropped(), 0U);
}

TEST_F(AccessLogCoreTest, a_logged_bucket_is_looked_up_again_too) {
    record("b");
    is_logged("b", target);
    lookups();
    now += log_recheck_period;
    tick();
    EXPECT_EQ(lookups(), 1U);
    tick();
    EXPECT_EQ(lookups(), 0U) << "one is under way";
    LogTarget other = target;
    other.bucket = "elsewhere";
    is_logged("b", other);
    const auto delivered = deliveries();
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].target.bucket, "logs") << "what was collected for it";
    record("b");
    core.flush(now, effects);
    EXPECT_EQ(deliveries().at(0).target.bucket, "elsewhere");
}

TEST_F(AccessLogCoreTest, the_end_delivers_also_what_still_waits_for_its_target) {
    record("b");
    is_logged("b", target);
    for (const auto* asked : {"asked", "failing", "unlogged"}) record(asked);
    core.flush(now, effects);
    EXPECT_EQ(deliveries().size(), 1U);
    is_logged("asked", target);
    EXPECT_EQ(deliveries().at(0).source_bucket, "asked");
    is_unlogged("unlogged");
    core.configured("failing", onput::fail(ErrorCode::unavailable, "away"), now, effects);
    EXPECT_TRUE(deliveries().empty());
    EXPECT_EQ(core.dropped(), 1U);
    EXPECT_EQ(core.waiting_bytes(), 0U);
}

TEST_F(AccessLogCoreTest, a_failed_lookup_drops_its_records_and_is_made_again) {
    record("b");
    core.configured("b", onput::fail(ErrorCode::unavailable, "away"), now, effects);
    EXPECT_EQ(core.dropped(), 1U);
    EXPECT_EQ(lookups(), 1U);
    record("b");
    EXPECT_EQ(lookups(), 1U);
}

TEST_F(AccessLogCoreTest, names_that_are_no_buckets_fill_nothing) {
    for (std::size_t i = 0; i < logged_buckets_max + 1; ++i) {
        const auto name = fmt::format("absent-{}", i);
        record(name);
        core.configured(name, onput::fail(ErrorCode::not_found, ""), now, effects);
    }
    record("b");
    EXPECT_EQ(core.dropped(), 0U);
    EXPECT_EQ(effects.lookups.back(), "b");
}

TEST_F(AccessLogCoreTest, no_object_is_larger_than_one_message) {
    const std::string line(1000, 'x');
    record("b", line);
    is_logged("b", target);
    std::size_t bytes = 0;
    for (int i = 0; i < 1000; ++i) record("b", line);
    core.flush(now, effects);
    const auto delivered = deliveries();
    EXPECT_GT(delivered.size(), 3U);
    for (const auto& one : delivered) {
        EXPECT_LE(one.body.size(), log_object_bytes_max);
        bytes += one.body.size();
    }
    EXPECT_EQ(bytes, 1001 * (line.size() + bucket_fields("000000000000", "b").size()));
}

TEST_F(AccessLogCoreTest, memory_is_bounded) {
    const std::string line(100'000, 'x');
    for (int i = 0; i < 300; ++i) record(fmt::format("b{}", i), line);
    EXPECT_LE(core.waiting_bytes(), log_bytes_max);
    EXPECT_EQ(core.dropped(), 300 - log_bytes_max / line.size());
    const auto before = core.dropped();
    for (std::size_t i = 0; i < logged_buckets_max; ++i) {
        record(fmt::format("c{}", i), "x");
        is_unlogged(fmt::format("c{}", i));
    }
    EXPECT_GT(core.dropped(), before) << "more buckets than are remembered";
    EXPECT_LE(core.unlogged().size(), logged_buckets_max);
}

TEST_F(AccessLogCoreTest, days_have_objects_of_their_own_by_event_time) {
    target.format = LogTarget::Format::by_event_time;
    now = from_micros(1'795'996'799'000'000);  // A second before midnight.
    record("b", "old\n");
    is_logged("b", target);
    now += seconds(2);
    record("b", "new\n");
    core.flush(now, effects);
    const auto delivered = deliveries();
    ASSERT_EQ(delivered.size(), 2U);
    EXPECT_TRUE(delivered[0].key.starts_with("p/000000000000/r/b/2026/11/29/2026-11-29-00-00-00-"))
        << delivered[0].key;
    EXPECT_TRUE(delivered[1].key.starts_with("p/000000000000/r/b/2026/11/30/2026-11-30-00-00-00-"))
        << delivered[1].key;
}

TEST(S3LoggingRules, keys_are_named_as_aws_names_them) {
    LogTarget target{.bucket = "logs", .prefix = "p/", .owner_account = "1", .region = "r"};
    const LogObject object{.source_bucket = "b",
                           .event_time = from_micros(0),
                           .delivery_time = from_micros(1'549'411'238'000'000),
                           .unique = "0123456789ABCDEF"};
    EXPECT_EQ(log_key(target, object), "p/2019-02-06-00-00-38-0123456789ABCDEF");
    target.format = LogTarget::Format::by_delivery_time;
    EXPECT_EQ(log_key(target, object), "p/1/r/b/2019/02/06/2019-02-06-00-00-38-0123456789ABCDEF");
    target.format = LogTarget::Format::by_event_time;
    EXPECT_EQ(log_key(target, object), "p/1/r/b/1970/01/01/1970-01-01-00-00-00-0123456789ABCDEF");
}

std::string stored(std::string_view inside) {
    const auto read =
        read_configuration({.kind = ConfigurationKind::logging, .bucket = "b", .id = ""},
                           fmt::format("<BucketLoggingStatus>{}</BucketLoggingStatus>", inside));
    return read ? *read : std::string(name_of(read.error()).code);
}

TEST(S3LoggingRules, a_status_is_read_back_and_bad_ones_are_refused) {
    const std::string to = "<TargetBucket>logs</TargetBucket><TargetPrefix>p</TargetPrefix>";
    const auto enabled = [](const std::string& inside) {
        return fmt::format("<LoggingEnabled>{}</LoggingEnabled>", inside);
    };
    EXPECT_FALSE(read_logging(stored(""))->has_value());
    EXPECT_FALSE(read_logging("")->has_value());
    EXPECT_EQ(read_logging(stored(enabled(to)))->value(),
              (LogTarget{.bucket = "logs", .prefix = "p"}));
    const std::string partitioned =
        "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime"
        "</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>";
    EXPECT_EQ(read_logging(stored(enabled(to + partitioned)))->value().format,
              LogTarget::Format::by_event_time);
    EXPECT_EQ(stored(enabled("<TargetPrefix/>")), "MalformedXML");
    EXPECT_EQ(stored(enabled("<TargetBucket/><TargetPrefix/>")), "MalformedXML");
    EXPECT_EQ(stored(enabled(to + "<TargetObjectKeyFormat/>")), "MalformedXML");
    EXPECT_EQ(stored(enabled("<TargetBucket>l</TargetBucket><TargetPrefix>" +
                             std::string(513, 'p') + "</TargetPrefix>")),
              "InvalidArgument");
    EXPECT_EQ(stored(enabled(to + "<TargetGrants><Grant><Permission>READ</Permission></Grant>"
                                  "</TargetGrants>")),
              "InvalidArgument");
}

}  // namespace
}  // namespace onput::gateway::s3
