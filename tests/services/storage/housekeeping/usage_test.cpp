// Usage of buckets: random changes are checked beside every other audit (versions_test,
// multipart_test: check_rows counts all rows); here is what starts and refusals make of it.
#include "services/storage/housekeeping/usage.hpp"

#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class UsageTest : public testing::Test, public Harness {
protected:
    UsageTest() {
        create_bucket("photos");
        sync();
    }
    [[nodiscard]] Usage usage(const std::string& bucket = "photos") const {
        const auto found = core->usage().all().find(bucket);
        return found == core->usage().all().end() ? Usage{} : found->second;
    }
};

TEST_F(UsageTest, follows_every_change_and_a_restart) {
    ASSERT_TRUE(put("a", "12345"));
    ASSERT_TRUE(put("b", "1"));
    ASSERT_TRUE(put("a", "123"));
    EXPECT_EQ(usage(), (Usage{.objects = 2, .versions = 0, .bytes = 4, .uploads = 0}));
    ASSERT_TRUE(remove("b"));
    const Usage left{.objects = 1, .versions = 0, .bytes = 3, .uploads = 0};
    EXPECT_EQ(usage(), left);
    sync();
    crash();
    EXPECT_EQ(usage(), left);
    EXPECT_TRUE(core->check_rows());
}

TEST_F(UsageTest, is_written_with_the_commit_and_counted_once_only) {
    ASSERT_TRUE(put("a", "12345"));
    sync();
    // A count that is wrong on purpose would be counted anew if a start did that.
    store::Batch wrong{std::string(partition)};
    wrong.put("y/photos", schema::encode(schema::UsageRecord{
                              .usage = {.objects = 7}, .counted_through = core->last_number()}));
    ASSERT_TRUE(store.commit(std::move(wrong)));
    sync();
    crash();
    EXPECT_EQ(usage().objects, 7);
    EXPECT_FALSE(core->check_rows());
}

TEST_F(UsageTest, a_store_that_an_older_binary_wrote_to_is_counted_anew) {
    ASSERT_TRUE(put("a", "12345"));
    sync();
    store::Batch older{std::string(partition)};
    older.remove("y");
    older.remove("y/photos");
    ASSERT_TRUE(store.commit(std::move(older)));
    sync();
    crash();
    EXPECT_EQ(usage(), (Usage{.objects = 1, .versions = 0, .bytes = 5, .uploads = 0}));

    // It knew the rows, and then a binary that does not count put an object.
    const auto before = store.get(partition, "y/photos");
    ASSERT_TRUE(put("b", "1"));
    store::Batch uncounted{std::string(partition)};
    uncounted.put("y/photos", **before);
    ASSERT_TRUE(store.commit(std::move(uncounted)));
    sync();
    crash();
    EXPECT_EQ(usage(), (Usage{.objects = 2, .versions = 0, .bytes = 6, .uploads = 0}));
    EXPECT_TRUE(core->check_rows());
}

TEST_F(UsageTest, a_commit_that_was_refused_counts_for_nothing) {
    ASSERT_TRUE(put("a", "12345"));
    Effects effects;
    ASSERT_TRUE(core->put_object(put_request("b", 1), {.bytes = "1"}, caller(), effects));
    core->before_commit(effects.changes.front());
    EXPECT_EQ(usage().objects, 2);
    ASSERT_TRUE(core->undo(effects, 0));
    EXPECT_EQ(usage(), (Usage{.objects = 1, .versions = 0, .bytes = 5, .uploads = 0}));
    ASSERT_TRUE(put("c", "1"));
    EXPECT_TRUE(core->check_rows());
}

TEST_F(UsageTest, a_bucket_that_goes_takes_its_usage_along) {
    ASSERT_TRUE(put("a", "12345"));
    ASSERT_TRUE(remove("a"));
    Effects effects;
    ASSERT_TRUE(core->delete_bucket({.name = "photos"}, caller(), effects));
    commit(effects);
    EXPECT_TRUE(core->usage().all().empty());
    EXPECT_FALSE(*store.get(partition, "y/photos"));
    sync();
    crash();
    EXPECT_TRUE(core->usage().all().empty());
    create_bucket("photos");
    ASSERT_TRUE(put("a", "1"));
    EXPECT_EQ(usage().bytes, 1);
    EXPECT_TRUE(core->check_rows());
}

TEST_F(UsageTest, metrics_show_the_largest_and_sum_up_the_rest) {
    for (std::size_t i = 0; i < usage_metrics_buckets_max + 2; ++i) {
        const std::string bucket = "bucket-" + std::to_string(i);
        create_bucket(bucket);
        auto request = put_request("a", i + 1);
        request.bucket = bucket;
        ASSERT_TRUE(put(request, {.bytes = std::string(i + 1, 'x')}));
    }
    std::vector<schema::Metric> metrics;
    core->usage().add_metrics(metrics);
    EXPECT_EQ(metrics.size(), (usage_metrics_buckets_max + 1) * 4);
    const auto value = [&metrics](std::string_view name) {
        const auto found = std::ranges::find(metrics, name, &schema::Metric::name);
        return found == metrics.end() ? -1 : found->value;
    };
    EXPECT_EQ(value("onput_storage_bucket_bytes{bucket=\"(other)\"}"), 1 + 2);
    EXPECT_EQ(value("onput_storage_bucket_bytes{bucket=\"bucket-0\"}"), -1);
    EXPECT_EQ(value("onput_storage_bucket_objects{bucket=\"bucket-2\"}"), 1);
}

}  // namespace
}  // namespace onput::storage
