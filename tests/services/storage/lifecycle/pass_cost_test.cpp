// A pass over many objects of a real store. ONPUT_LIFECYCLE_OBJECTS: how many; its time is printed.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/store/rocks_store.hpp"
#include "services/storage/core.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t objects_default = 20'000;
constexpr std::size_t rows_per_step = 256;

std::size_t objects_wanted() {
    const char* text = std::getenv("ONPUT_LIFECYCLE_OBJECTS");
    return text == nullptr ? objects_default : std::strtoull(text, nullptr, 10);
}

ObjectRecord record_of(std::size_t number) {
    ObjectRecord record;
    record.size_bytes = 200'000;
    record.etag = "d41d8cd98f00b204e9800998ecf8427e";
    record.last_modified = from_seconds(1'700'000'000);
    record.checksums = {{.algorithm = "CRC64NVME", .value = "AAAAAAAAAAA="}};
    record.content_type = "application/octet-stream";
    record.metadata = {{"author", "somebody"}};
    record.sequencer = number + 1;
    record.blob = store::to_text({.segment = 1, .id = number * 200'000, .length = 200'000});
    return record;
}

// In a bucket with rules for others, and for one in a thousand of its objects.
TEST(LifecyclePassCost, every_object_is_judged_once) {
    support::TempDirectory folder;
    auto opened = store::open_rocks_store({.directory = folder.path()}, {});
    ASSERT_TRUE(opened);
    store::Store& rows = **opened;
    const Caller caller{.principal = {.account = "000000000000", .id = "AKID"},
                        .trace = {},
                        .now = from_seconds(1'800'000'000)};
    StorageCore core(rows, {.region = "us-east-1", .inline_bytes_max = 8192}, Random(1));
    const auto commit = [&](Effects& effects) {
        for (auto& change : effects.changes) ASSERT_TRUE(rows.commit(std::move(change.batch)));
    };
    Effects start;
    core.on_clock(caller.now, {});
    ASSERT_TRUE(core.restore(caller.now, start));
    ASSERT_TRUE(core.create_bucket({.name = "photos"}, caller, start));
    commit(start);
    const std::size_t objects = objects_wanted();
    std::size_t expected = 0;
    for (std::size_t i = 0; i < objects;) {
        store::Batch batch{std::string(partition)};
        for (std::size_t n = 0; n < 1000 && i < objects; ++n, ++i) {
            const bool is_old = i % 1000 == 0;
            expected += is_old ? 1 : 0;
            batch.put(object_row("photos", fmt::format("{}/{:09}", is_old ? "old" : "kept", i)),
                      schema::encode(record_of(i)));
        }
        ASSERT_TRUE(rows.commit(std::move(batch)));
    }
    schema::LifecycleRule rule{.id = "old", .is_enabled = true};
    rule.filter.prefix = "old/";
    rule.expiration = {.days = 30};
    schema::LifecycleConfiguration rules{.rules = {rule}};
    for (int i = 0; i < 9; ++i) {
        rule.id = fmt::format("other {}", i);
        rule.filter.prefix = fmt::format("other/{}", i);
        rules.rules.push_back(rule);
    }
    Effects put;
    ASSERT_TRUE(core.put_bucket_configuration({.bucket = "photos",
                                               .kind = schema::BucketConfigurationKind::lifecycle,
                                               .document = schema::encode(rules)},
                                              caller, put));
    commit(put);

    const auto began = std::chrono::steady_clock::now();
    std::size_t removed = 0;
    std::size_t read = 0;
    Duration longest{};
    for (bool is_over = false; !is_over;) {
        const auto step_began = std::chrono::steady_clock::now();
        Effects effects;
        const auto step = core.judge_next(caller.now, rows_per_step, effects);
        ASSERT_TRUE(step);
        commit(effects);
        for (const auto& task : step->tasks) {
            Effects made;
            ASSERT_TRUE(core.apply(task, caller.now, made));
            commit(made);
            ++removed;
        }
        read += step->rows;
        is_over = step->is_over;
        longest = std::max(longest, std::chrono::duration_cast<Duration>(
                                        std::chrono::steady_clock::now() - step_began));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    EXPECT_EQ(removed, expected);
    EXPECT_GE(read, objects);
    EXPECT_LT(read, objects + objects / 10 + 100);
    std::printf("%zu objects judged in %.2f s, %zu removed, longest step %.1f ms\n", objects,
                took.count(), removed, static_cast<double>(longest.count()) / 1000);
}

}  // namespace
}  // namespace onput::storage
