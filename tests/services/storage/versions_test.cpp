// Versions of objects: random commands beside a plain model of what S3 says of them.
#include <algorithm>
#include <deque>
#include <map>

#include <gtest/gtest.h>

#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/lock.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

using schema::Versioning;

struct ModelVersion {
    std::string id;  // "null" or what the core gave.
    bool is_marker = false;
    std::string bytes;
};

// The versions of one key, the newest first.
class ModelKey {
public:
    void put(Versioning versioning, ModelVersion version) {
        if (versioning != Versioning::enabled) {
            std::erase_if(versions, [](const auto& other) { return other.id == "null"; });
        }
        versions.push_front(std::move(version));
    }
    [[nodiscard]] const ModelVersion* find(const std::string& id) const {
        const auto found = std::ranges::find(versions, id, &ModelVersion::id);
        return found == versions.end() ? nullptr : &*found;
    }
    void remove(const std::string& id) {
        std::erase_if(versions, [&](const auto& other) { return other.id == id; });
    }

    std::deque<ModelVersion> versions;
};

class VersionsTest : public testing::TestWithParam<std::uint64_t>, public Harness {
protected:
    VersionsTest() {
        create_bucket("photos");
        sync();
    }

    void set_versioning(Versioning status) {
        Effects effects;
        ASSERT_TRUE(
            core->put_versioning({.bucket = "photos", .status = status}, caller(), effects));
        commit(effects);
        versioning = status;
    }

    void put_random(Random& random, const std::string& key) {
        ModelVersion version;
        Result<schema::ObjectPut> put = fail(ErrorCode::internal, "none");
        if (random.chance(1, 3)) {
            const store::BlobRef blob{.segment = 1, .id = ++blobs_made, .length = 9'000};
            version.bytes = "blob " + std::to_string(blob.id);
            put = put_blob(key, blob);
        } else {
            version.bytes = std::string(random.below(50), static_cast<char>('a' + random.below(9)));
            put = Harness::put(key, version.bytes);
        }
        ASSERT_TRUE(put) << put.error().message;
        EXPECT_EQ(put->version_id.empty(), versioning == Versioning::unset);
        version.id = versioning == Versioning::enabled ? put->version_id : "null";
        if (versioning == Versioning::suspended) {
            EXPECT_EQ(put->version_id, "null");
        }
        model[key].put(versioning, std::move(version));
    }

    void remove_key(const std::string& key) {
        const auto removed = Harness::remove(key);
        ASSERT_TRUE(removed) << removed.error().message;
        if (versioning == Versioning::unset) {
            model[key].remove("null");
            return;
        }
        EXPECT_TRUE(removed->is_delete_marker);
        model[key].put(versioning, {.id = removed->version_id, .is_marker = true, .bytes = {}});
    }

    Result<schema::ObjectDeleted> remove_version(const std::string& key, const std::string& id,
                                                 bool bypass = false) {
        schema::DeleteObject request{.bucket = "photos", .key = key};
        request.version_id = id;
        request.bypass_governance = bypass;
        Effects effects;
        auto removed = core->delete_object(request, caller(), effects);
        commit(effects);
        return removed;
    }

    void remove_random_version(Random& random, const std::string& key) {
        auto& known = model[key];
        std::string id = "null";
        if (!known.versions.empty() && random.chance(3, 4)) {
            id = known.versions[random.below(known.versions.size())].id;
        }
        const ModelVersion* const version = known.find(id);
        const auto removed = remove_version(key, id);
        ASSERT_TRUE(removed) << removed.error().message;
        EXPECT_EQ(removed->existed, version != nullptr);
        EXPECT_EQ(removed->is_delete_marker, version != nullptr && version->is_marker);
        known.remove(id);
    }

    static std::string shown(const Reading& reading) {
        if (reading.segments.empty()) return reading.bytes;
        return "blob " + std::to_string(reading.segments.front().blob.id);
    }

    void expect_key(const std::string& key) {
        const auto& versions = model[key].versions;
        const auto got = get(key);
        const bool is_there = !versions.empty() && !versions.front().is_marker;
        ASSERT_EQ(reason_of(got), is_there ? "ok" : "no_such_key") << key;
        if (is_there) {
            EXPECT_EQ(shown(*got), versions.front().bytes);
        } else {
            const bool is_hidden = !versions.empty() && versioning != Versioning::unset;
            EXPECT_EQ(detail_of(got, "x-amz-delete-marker"), is_hidden ? "true" : "");
        }
        for (const auto& version : versions) {
            schema::GetObject request{
                .bucket = "photos", .key = key, .range = {}, .conditions = {}};
            request.version_id = version.id;
            const auto one = core->get_object(request, caller());
            ASSERT_EQ(reason_of(one), version.is_marker ? "method_not_allowed" : "ok");
            if (one) {
                EXPECT_EQ(shown(*one), version.bytes);
            }
        }
    }

    // The list, page by page, against the model.
    void expect_list(std::uint32_t page) {
        std::vector<std::string> expected;
        for (const auto& [key, known] : model) {
            bool is_latest = true;
            for (const auto& version : known.versions) {
                expected.push_back(key + " " + version.id + (version.is_marker ? " marker" : "") +
                                   (std::exchange(is_latest, false) ? " latest" : ""));
            }
        }
        std::vector<std::string> listed;
        schema::ListVersions request{.bucket = "photos"};
        request.keys_max = page;
        while (true) {
            const auto list = core->list_versions(request, caller());
            ASSERT_TRUE(list) << list.error().message;
            for (const auto& version : list->versions) {
                listed.push_back(version.object.key + " " + version.version_id +
                                 (version.is_delete_marker ? " marker" : "") +
                                 (version.is_latest ? " latest" : ""));
            }
            if (!list->is_truncated) break;
            ASSERT_EQ(list->versions.size(), page);
            request.after_key = list->next_key;
            request.after_version_id = list->next_version_id;
        }
        EXPECT_EQ(listed, expected);
    }

    void expect_all(Random& random) {
        for (const auto& [key, known] : model) expect_key(key);
        expect_list(static_cast<std::uint32_t>(1 + random.below(5)));
        const auto rows = core->check_rows();
        ASSERT_TRUE(rows) << rows.error().message;
        std::vector<std::string> objects;
        for (const auto& [key, known] : model) {
            if (!known.versions.empty() && !known.versions.front().is_marker) {
                objects.push_back(key);
            }
        }
        const auto list = core->list_objects(whole_bucket(), caller());
        ASSERT_TRUE(list);
        std::vector<std::string> listed;
        for (const auto& object : list->objects) listed.push_back(object.key);
        EXPECT_EQ(listed, objects);
    }

    std::map<std::string, ModelKey> model;
    Versioning versioning = Versioning::unset;
    std::uint64_t blobs_made = 0;
};

TEST_P(VersionsTest, are_what_the_model_says) {
    Random random(GetParam());
    // Keys that are the beginning of others, and one that sorts right behind a NUL.
    const std::vector<std::string> keys{"a", "a\x01", "ab", "b/c"};
    for (int i = 0; i < 120; ++i) {
        const std::string key = keys[random.below(keys.size())];
        now += std::chrono::milliseconds(random.below(3));
        switch (random.below(8)) {
            case 0:
                if (i > 15) {
                    set_versioning(random.chance(1, 3) ? Versioning::suspended
                                                       : Versioning::enabled);
                }
                break;
            case 1:
            case 2: remove_key(key); break;
            case 3:
            case 4: remove_random_version(random, key); break;
            default: put_random(random, key);
        }
        if (HasFatalFailure()) return;
        expect_all(random);
        if (HasFailure()) FAIL() << "after command " << i;
        if (random.chance(1, 15)) {
            sync();
            crash();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, VersionsTest, testing::Range<std::uint64_t>(1, 41));

class LockedVersionsTest : public VersionsTest {};

TEST_F(LockedVersionsTest, a_bad_version_id_is_no_version) {
    set_versioning(Versioning::enabled);
    ASSERT_TRUE(Harness::put("a", "one"));
    EXPECT_EQ(reason_of(remove_version("a", "nonsense")), "invalid_version_id");
    EXPECT_EQ(reason_of(remove_version("a", "0123456789ABCDEF")), "ok");
    schema::GetObject request{.bucket = "photos", .key = "a", .range = {}, .conditions = {}};
    request.version_id = "0123456789ABCDEF";
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "no_such_version");
}

TEST_F(LockedVersionsTest, a_key_with_a_nul_is_not_written) {
    EXPECT_EQ(reason_of(Harness::put(std::string("a\0b", 3), "one")), "invalid_argument");
}

// As who empties a bucket does: each page is deleted before the next is asked for.
TEST_F(LockedVersionsTest, a_list_goes_on_behind_a_null_version_that_is_gone) {
    set_versioning(Versioning::enabled);
    ASSERT_TRUE(Harness::put("a", "one"));
    ASSERT_TRUE(Harness::put("a", "two"));
    set_versioning(Versioning::suspended);
    ASSERT_TRUE(Harness::put("a", "three"));
    schema::ListVersions request{.bucket = "photos"};
    request.keys_max = 1;
    for (int i = 0; i < 3; ++i) {
        const auto page = core->list_versions(request, caller());
        ASSERT_TRUE(page);
        ASSERT_EQ(page->versions.size(), 1U) << "after " << i;
        ASSERT_TRUE(remove_version("a", page->versions[0].version_id)->existed);
        request.after_key = page->next_key;
        request.after_version_id = page->next_version_id;
    }
    EXPECT_TRUE(core->list_versions({.bucket = "photos"}, caller())->versions.empty());
}

TEST_F(LockedVersionsTest, events_name_the_version_while_versioning_is_enabled) {
    ASSERT_TRUE(Harness::put("a", "one"));
    set_versioning(Versioning::enabled);
    const auto put = Harness::put("a", "two");
    const auto marker = Harness::remove("a");
    ASSERT_TRUE(put && marker);
    ASSERT_TRUE(remove_version("a", marker->version_id));
    set_versioning(Versioning::suspended);
    ASSERT_TRUE(Harness::put("a", "three"));
    std::vector<std::string> told;
    for (const auto& event : events()) told.push_back(event.event_name + " " + event.version_id);
    EXPECT_EQ(told, (std::vector<std::string>{
                        "ObjectCreated:Put ", "ObjectCreated:Put " + put->version_id,
                        "ObjectRemoved:DeleteMarkerCreated " + marker->version_id,
                        "ObjectRemoved:Delete " + marker->version_id, "ObjectCreated:Put "}));
}

TEST_F(LockedVersionsTest, retention_keeps_a_version_from_being_removed) {
    schema::CreateBucket create{.name = "vault", .region = {}, .has_object_lock = true};
    Effects effects;
    ASSERT_TRUE(core->create_bucket(create, caller(), effects));
    commit(effects);
    auto request = put_request("a", 3);
    request.bucket = "vault";
    request.lock = {.mode = "GOVERNANCE", .retain_until = now + std::chrono::days(1)};
    EXPECT_EQ(reason_of(Harness::put(request, {.bytes = "one"})), "invalid_request");
    request.is_integrity_stated = true;
    const auto put = Harness::put(request, {.bytes = "one"});
    ASSERT_TRUE(put) << put.error().message;
    schema::DeleteObject removal{.bucket = "vault", .key = "a"};
    removal.version_id = put->version_id;
    const auto remove_now = [&] {
        Effects made;
        auto removed = core->delete_object(removal, caller(), made);
        commit(made);
        return reason_of(removed);
    };
    EXPECT_EQ(remove_now(), "object_locked");
    // Without a version it is a marker, and the version stays.
    schema::DeleteObject marker{.bucket = "vault", .key = "a"};
    Effects made;
    EXPECT_TRUE(core->delete_object(marker, caller(), made)->is_delete_marker);
    commit(made);
    EXPECT_EQ(remove_now(), "object_locked");
    Effects held;
    schema::PutLegalHold hold{.bucket = "vault", .key = "a", .version_id = put->version_id};
    hold.is_on = true;
    ASSERT_TRUE(core->put_legal_hold(hold, caller(), held));
    commit(held);
    removal.bypass_governance = true;
    EXPECT_EQ(remove_now(), "object_locked");
    hold.is_on = false;
    Effects released;
    ASSERT_TRUE(core->put_legal_hold(hold, caller(), released));
    commit(released);
    EXPECT_EQ(remove_now(), "ok");
}

TEST_F(LockedVersionsTest, retention_is_extended_by_anybody_and_changed_with_the_bypass_only) {
    using std::chrono::days;
    const schema::ObjectLock lock{.mode = "GOVERNANCE", .retain_until = now + days(2)};
    const auto change = [&](std::string_view mode, int for_days, bool bypass) {
        return reason_of(check_retention(
            lock, {.mode = mode, .retain_until = now + days(for_days), .bypass_governance = bypass},
            {.wall = now, .age = now, .stamp = now}));
    };
    EXPECT_EQ(change("GOVERNANCE", 3, false), "ok");
    EXPECT_EQ(change("GOVERNANCE", 1, false), "object_locked");
    EXPECT_EQ(change("COMPLIANCE", 3, false), "object_locked");
    EXPECT_EQ(change("COMPLIANCE", 3, true), "ok");
    EXPECT_EQ(change("", 0, false), "object_locked");
}

// A clock that somebody sets, and objects that are locked for an hour.
class LockClockTest : public LockedVersionsTest {
protected:
    LockClockTest() {
        Effects effects;
        EXPECT_TRUE(core->create_bucket({.name = "vault", .region = {}, .has_object_lock = true},
                                        caller(), effects));
        commit(effects);
        tick({});
    }

    // The host tells both clocks each second.
    void pass(Duration duration) {
        for (; duration > Duration(); duration -= std::chrono::seconds(1)) {
            tick(std::chrono::seconds(1));
        }
    }
    void set_wall(Duration by) {
        now += by;
        tick({});
    }
    void restart() {
        sync();
        crash();
        tick({});
    }

    std::string put_locked(schema::ObjectLock lock) {
        auto request = put_request("a", 3);
        request.bucket = "vault";
        request.is_integrity_stated = true;
        request.lock = std::move(lock);
        const auto put = Harness::put(request, {.bytes = "one"});
        EXPECT_TRUE(put) << put.error().message;
        return put ? put->version_id : std::string();
    }
    std::string put_locked_for(Duration period) {
        return put_locked({.mode = "COMPLIANCE", .retain_until = now + period});
    }
    std::string remove(const std::string& version_id) {
        schema::DeleteObject removal{.bucket = "vault", .key = "a"};
        removal.version_id = version_id;
        Effects effects;
        const auto removed = core->delete_object(removal, caller(), effects);
        commit(effects);
        return reason_of(removed);
    }
    std::string take_off(const std::string& version_id) {
        schema::PutRetention none{.bucket = "vault", .key = "a"};
        none.version_id = version_id;
        Effects effects;
        return reason_of(core->put_retention(none, caller(), effects));
    }

private:
    void tick(Duration passed) {
        now += passed;
        monotonic_ += passed;
        core->on_clock(now, monotonic_);
        Effects effects;
        ASSERT_TRUE(core->end_turn(now, effects));
        commit(effects);
    }

    Duration monotonic_{};
};

TEST_F(LockClockTest, a_retention_ends_with_its_time) {
    const std::string version = put_locked_for(std::chrono::hours(1));
    pass(std::chrono::minutes(59));
    EXPECT_EQ(remove(version), "object_locked");
    pass(std::chrono::minutes(1));
    EXPECT_EQ(remove(version), "ok");
}

TEST_F(LockClockTest, a_clock_that_is_set_ahead_ends_no_retention_not_even_over_a_restart) {
    const std::string version = put_locked_for(std::chrono::hours(24));
    set_wall(std::chrono::years(10));
    EXPECT_EQ(remove(version), "object_locked");
    EXPECT_EQ(take_off(version), "object_locked");
    pass(std::chrono::minutes(10));
    restart();
    EXPECT_EQ(remove(version), "object_locked");
    pass(std::chrono::hours(11));
    EXPECT_EQ(remove(version), "object_locked");
    set_wall(-std::chrono::years(10));
    pass(std::chrono::hours(12));
    EXPECT_EQ(remove(version), "object_locked");
    pass(std::chrono::hours(1));
    EXPECT_EQ(remove(version), "ok");
}

TEST_F(LockClockTest, a_clock_that_is_set_back_ends_no_default_retention_early) {
    Effects effects;
    schema::PutObjectLock lock{.bucket = "vault", .default_retention = {}};
    lock.default_retention = {.mode = "COMPLIANCE", .days = 1};
    ASSERT_TRUE(core->put_object_lock(lock, caller(), effects));
    commit(effects);
    set_wall(-std::chrono::days(100));
    const std::string version = put_locked({});
    set_wall(std::chrono::days(100));
    EXPECT_EQ(remove(version), "object_locked");
}

TEST_F(LockedVersionsTest, versioning_stays_on_under_an_object_lock) {
    Effects effects;
    ASSERT_TRUE(core->create_bucket({.name = "vault", .region = {}, .has_object_lock = true},
                                    caller(), effects));
    commit(effects);
    Effects none;
    EXPECT_EQ(reason_of(core->put_versioning({.bucket = "vault", .status = Versioning::suspended},
                                             caller(), none)),
              "invalid_bucket_state");
    EXPECT_EQ(reason_of(core->put_object_lock({.bucket = "photos"}, caller(), none)),
              "invalid_bucket_state");
}

TEST_F(LockedVersionsTest, a_bucket_with_versions_is_not_empty) {
    set_versioning(Versioning::enabled);
    ASSERT_TRUE(Harness::remove("never-there"));
    Effects effects;
    EXPECT_EQ(reason_of(core->delete_bucket({.name = "photos"}, caller(), effects)),
              "bucket_not_empty");
}

}  // namespace
}  // namespace onput::storage
