// A storage core whose buckets have lifecycle rules: passes and due work, in the domain's words.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {

class LifecycleHarness : public Harness {
public:
    LifecycleHarness() {
        now = std::chrono::sys_days(std::chrono::year(2030) / 1 / 15) + std::chrono::hours(10);
        tick();
        create_bucket("photos");
        sync();
    }

    // Both clocks go on.
    void pass_time(Duration duration) {
        // In steps: the age clock follows at twice the speed of time.
        now += duration;
        monotonic += duration;
        tick();
    }
    // Somebody sets the wall clock.
    void set_clock(Duration by) {
        now += by;
        tick();
    }
    void tick() { core->on_clock(now, monotonic); }

    template <typename Run>
    auto commit_all(Run&& run) {
        Effects effects;
        auto result = run(effects);
        unused_blobs.insert(unused_blobs.end(), effects.unused_blobs.begin(),
                            effects.unused_blobs.end());
        unused_cold_blobs.insert(unused_cold_blobs.end(), effects.unused_cold_blobs.begin(),
                                 effects.unused_cold_blobs.end());
        commit(effects);
        return result;
    }

    void set_lifecycle(std::vector<schema::LifecycleRule> rules,
                       const std::string& bucket = "photos") {
        const schema::LifecycleConfiguration configuration{
            .rules = std::move(rules),
            .transition_minimum_size = schema::TransitionMinimumSize::varies_by_storage_class};
        const auto put = commit_all([&](Effects& effects) {
            return core->put_bucket_configuration(
                {.bucket = bucket,
                 .kind = schema::BucketConfigurationKind::lifecycle,
                 .id = {},
                 .document = schema::encode(configuration)},
                caller(), effects);
        });
        ASSERT_TRUE(put) << put.error().message;
    }
    static schema::LifecycleRule rule(std::string id = "r") {
        return {.id = std::move(id), .is_enabled = true};
    }
    static schema::LifecycleRule expiring(std::uint32_t days) {
        auto one = rule();
        one.expiration = {.days = days};
        return one;
    }
    static schema::LifecycleRule moving(std::uint32_t days, std::string storage_class) {
        auto one = rule();
        one.transitions = {{.days = days, .storage_class = std::move(storage_class)}};
        return one;
    }

    // One step of the pass; answers whether it was the last.
    bool step(std::size_t rows_max = 100) {
        const auto judged =
            commit_all([&](Effects& effects) { return core->judge_next(now, rows_max, effects); });
        EXPECT_TRUE(judged) << judged.error().message;
        if (!judged) return true;
        rows_read += judged->rows;
        for (const auto& task : judged->tasks) {
            const auto done =
                commit_all([&](Effects& effects) { return core->apply(task, now, effects); });
            EXPECT_TRUE(done) << done.error().message;
        }
        for (const auto& upload : judged->uploads) {
            EXPECT_TRUE(commit_all(
                [&](Effects& effects) { return core->abort_for_lifecycle(upload, now, effects); }));
        }
        return judged->is_over;
    }
    void run_pass(std::size_t rows_max = 100) {
        for (int steps = 0; !step(rows_max); ++steps) ASSERT_LT(steps, 10'000);
        expect_sound();
    }
    void expect_sound() {
        const auto checked = core->check_rows();
        EXPECT_TRUE(checked) << checked.error().message;
    }

    void set_versioning(schema::Versioning status) {
        ASSERT_TRUE(commit_all([&](Effects& effects) {
            return core->put_versioning({.bucket = "photos", .status = status}, caller(), effects);
        }));
    }

    // Of the current objects.
    std::vector<std::string> keys() const {
        std::vector<std::string> found;
        const auto list = core->list_objects(whole_bucket(), caller());
        for (const auto& object : list->objects) found.push_back(object.key);
        return found;
    }
    std::size_t versions_of(const std::string& key) const {
        schema::ListVersions request;
        request.bucket = "photos";
        request.prefix = key;
        return core->list_versions(request, caller())->versions.size();
    }
    // The names of the events from this one on.
    std::vector<std::string> events_from(std::size_t first) const {
        std::vector<std::string> names;
        const auto all = events();
        for (std::size_t i = first; i < all.size(); ++i) names.push_back(all[i].event_name);
        return names;
    }

    Duration monotonic{};
    std::vector<store::BlobRef> unused_cold_blobs;
    std::size_t rows_read = 0;
};

}  // namespace onput::storage
