// lifecycle_sim: the storage service on its real host for four days, with crashes, unsynced writes
// lost, and clocks that jump, while lifecycle rules expire, move and restore objects.
//
//   1. An object goes only when a rule says so and its days have truly passed, whatever the clock
//      was set to meanwhile; and then it does go. Everything else stays, with its bytes.
//   2. A noncurrent version goes only after its days, and never the newest of them.
//   3. What is archived is told once, and is not read until it is restored; a restore brings the
//      same bytes back, is told once when it begins, ends and is over.
//   4. Rows and blobs fit each other after every crash: nothing is lost, nothing is left.
//
//   lifecycle_sim [first_seed [count]]      a failure prints the seed that repeats it
#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include "common/schema/lifecycle.hpp"
#include "tests/sim/lifecycle_client.hpp"
#include "tests/sim/lifecycle_storage.hpp"
#include "tests/sim/seeds.hpp"

namespace onput::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t seeds_default = 10;
constexpr Duration run_time = hours(96);
constexpr Duration trouble_time = hours(60);
constexpr Duration day = hours(24);
// By so much a clock that was set ahead now and then may have hurried the age clock.
constexpr Duration slack = hours(4);

class LifecycleWorld {
public:
    explicit LifecycleWorld(std::uint64_t seed)
        : world_(seed),
          network_(world_),
          requests_(network_),
          storage_({.world = world_, .requests = requests_}),
          client_({.world = world_, .requests = requests_, .storage = storage_}) {}

    bool run() {
        storage_.start();
        client_.start();
        keep_alive();
        keep_crashing();
        keep_jumping();
        run_until(trouble_time);
        is_troubled_ = false;
        world_.faults = {};
        client_.stop_writing();
        run_until(run_time);
        check();
        client_.restore_all();
        run_until(run_time + hours(1));
        world_.expect(client_.is_all_read(), "an archived object did not come back with its bytes");
        storage_.crash();
        storage_.start();
        storage_.check_blobs();
        return !world_.failure();
    }
    [[nodiscard]] World& world() { return world_; }

private:
    void run_until(Duration time) {
        while (world_.elapsed() < time && world_.step()) {
        }
    }
    void keep_alive() {
        world_.after(world_.between(milliseconds(5), minutes(2)), [this] {
            if (!storage_.is_up()) storage_.start();
            keep_alive();
        });
    }
    void keep_crashing() {
        world_.faults.sync_crash_permille = world_.chance(500) ? 20 : 0;
        world_.after(world_.between(seconds(1), hours(2)), [this] {
            if (!is_troubled_) return;
            storage_.crash();
            keep_crashing();
        });
    }
    // Not for long: a clock that stands by its time is believed.
    void keep_jumping() {
        world_.after(world_.between(seconds(1), hours(2)), [this] {
            if (!is_troubled_) return;
            const Duration by = world_.between(-10 * day, 10 * day);
            world_.jump(by);
            world_.after(world_.between(seconds(1), minutes(8)), [this, by] {
                world_.jump(-by);
                keep_jumping();
            });
        });
    }

    // What became of one key, by its events.
    struct Story {
        std::string text;  // Of its bytes.
        Duration made_at{};
        Duration counted_from{};
        bool is_there = false;
        bool is_cold = false;
        bool is_asked_for = false;
        bool is_restored = false;
        Duration restored_at{};
    };
    void check() {
        std::map<std::string, Story> stories;
        std::map<std::string, std::vector<const LifecycleStorage::Told*>> versions;
        const auto told = storage_.told();
        for (const auto& event : told) {
            if (event.event.bucket == versioned_bucket) {
                follow_version(event, versions[event.event.key]);
            } else {
                follow(event, stories[event.event.key]);
            }
        }
        for (const auto& [key, story] : stories) check_end(key, story);
        for (const auto& [key, all] : versions) {
            world_.expect(!all.empty(), "the newest version of " + key + " is gone");
            const Duration oldest = run_time - 2 * day - slack;
            // The newest two stay; each other one goes a day after its successor was made.
            for (std::size_t i = 0; i + 2 < all.size(); ++i)
                world_.expect(all[i + 1]->counted_from > oldest,
                              "a noncurrent version of " + key + " stayed");
        }
        storage_.check_rows();
    }
    void follow(const LifecycleStorage::Told& told, Story& story) {
        const std::string& name = told.event.event_name;
        const std::string what = fmt::format("{} of {}", name, told.event.key);
        if (name.starts_with("ObjectCreated:")) {
            story = {.text = told.event.etag,
                     .made_at = told.at,
                     .counted_from = told.counted_from,
                     .is_there = true};
            story.is_cold = told.event.key.starts_with(cold_prefix);
        } else if (name == "LifecycleExpiration:Delete") {
            world_.expect(told.event.key.starts_with(expiring_prefix), what + " without a rule");
            world_.expect(story.is_there && told.at - story.made_at >= day - slack,
                          what + " too early");
            story.is_there = false;
        } else if (name == "LifecycleTransition") {
            world_.expect(told.event.key.starts_with(moving_prefix) && !story.is_cold,
                          what + " twice");
            story.is_cold = true;
        } else if (name == "ObjectRestore:Post") {
            world_.expect(story.is_cold && !story.is_asked_for && !story.is_restored,
                          what + " of what needs none");
            story.is_asked_for = true;
        } else if (name == "ObjectRestore:Completed") {
            world_.expect(std::exchange(story.is_asked_for, false), what + " unasked");
            story.is_restored = true;
            story.restored_at = told.at;
        } else if (name == "ObjectRestore:Delete") {
            world_.expect(std::exchange(story.is_restored, false), what + " of no copy");
            world_.expect(told.at - story.restored_at >= day - slack, what + " too early");
        } else {
            world_.broken("nobody asked for " + what);
        }
    }
    void check_end(const std::string& key, const Story& story) {
        const bool is_old = run_time - story.counted_from > 2 * day + slack;
        if (key.starts_with(expiring_prefix))
            world_.expect(!(story.is_there && is_old), "an expired object stayed: " + key);
        if (key.starts_with(moving_prefix) && is_old)
            world_.expect(story.is_cold, "an object did not move: " + key);
        world_.expect(!story.is_asked_for, "a restore did not end: " + key);
        if (story.is_restored)
            world_.expect(run_time - story.restored_at <= 2 * day + slack,
                          "a restored copy stayed: " + key);
        storage_.check_object({.key = key,
                               .is_there = story.is_there,
                               .is_cold = story.is_cold,
                               .is_readable = !story.is_cold || story.is_restored,
                               .text = client_.text_of(story.text)});
    }
    // `all`: those that are there, the oldest first.
    void follow_version(const LifecycleStorage::Told& told,
                        std::vector<const LifecycleStorage::Told*>& all) {
        if (told.event.event_name.starts_with("ObjectCreated:")) {
            all.push_back(&told);
            return;
        }
        const auto found = std::ranges::find_if(all, [&told](const auto* version) {
            return version->event.version_id == told.event.version_id;
        });
        const auto newer = all.end() - found;
        const bool may_go =
            found != all.end() && newer > 2 && told.at - (*(found + 1))->at >= day - slack;
        world_.expect(may_go, "a version went that must stay: " + told.event.key);
        if (found != all.end()) all.erase(found);
    }

    World world_;
    Network network_;
    Requests requests_;
    LifecycleStorage storage_;
    LifecycleClient client_;
    bool is_troubled_ = true;
};

}  // namespace
}  // namespace onput::sim

int main(int argc, char** argv) {
    using namespace onput::sim;
    return run_seeds<LifecycleWorld>(argc, argv, "lifecycle_sim", seeds_default);
}
