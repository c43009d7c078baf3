#include "services/storage/objects/listing.hpp"

#include <set>

#include <gtest/gtest.h>

#include "services/storage/objects/records.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

// Counts what a listing reads.
class CountingView final : public store::View {
public:
    explicit CountingView(const store::View& view) : view_(view) {}

    Result<std::optional<std::string>> get(std::string_view part,
                                           std::string_view key) const override {
        return view_.get(part, key);
    }
    Result<std::vector<store::Row>> scan(std::string_view part, const store::Range& range,
                                         store::ScanLimit limit) const override {
        auto rows = view_.scan(part, range, limit);
        if (rows) rows_read += rows->size();
        return rows;
    }

    Result<std::vector<std::string>> scan_keys(std::string_view part, const store::Range& range,
                                               std::size_t limit) const override {
        return view_.scan_keys(part, range, limit);
    }

    mutable std::size_t rows_read = 0;

private:
    const store::View& view_;
};

class Listing : public testing::Test {
protected:
    void add(const std::string& key, const std::string& bucket = "photos") {
        ObjectRecord record;
        record.etag = "etag of " + key;
        record.checksums.push_back({.algorithm = "CRC32", .value = "x"});
        store::Batch batch{std::string(partition)};
        batch.put(object_row(bucket, key), schema::encode(record));
        ASSERT_TRUE(store.commit(std::move(batch)));
        if (bucket == "photos") keys.insert(key);
    }

    static schema::ListObjects asking(std::string prefix, std::string delimiter,
                                      std::string after = {}, std::uint32_t keys_max = 1000) {
        return {.bucket = "photos",
                .prefix = std::move(prefix),
                .delimiter = std::move(delimiter),
                .after = std::move(after),
                .keys_max = keys_max};
    }

    // What a listing is, said as plainly as possible. "<key>" or "<common prefix>*".
    struct Expected {
        std::vector<std::string> items;
        bool is_truncated = false;
    };
    Expected expect(const schema::ListObjects& request) const {
        Expected expected;
        std::set<std::string> seen;
        for (const auto& key : keys) {
            if (!key.starts_with(request.prefix)) continue;
            std::string item = key;
            bool is_common = false;
            if (!request.delimiter.empty()) {
                const auto at = key.find(request.delimiter, request.prefix.size());
                is_common = at != std::string::npos;
                if (is_common) item = key.substr(0, at + request.delimiter.size());
            }
            const bool is_new = !is_common || seen.insert(item).second;
            if (!is_new || item <= request.after) continue;
            if (expected.items.size() == request.keys_max) {
                expected.is_truncated = request.keys_max > 0;
                break;
            }
            expected.items.push_back(is_common ? item + "*" : item);
        }
        return expected;
    }

    static std::vector<std::string> items_of(const schema::ObjectList& list) {
        std::vector<std::string> items;
        auto object = list.objects.begin();
        auto common = list.common_prefixes.begin();
        while (object != list.objects.end() || common != list.common_prefixes.end()) {
            const bool take_object = common == list.common_prefixes.end() ||
                                     (object != list.objects.end() && object->key < *common);
            items.push_back(take_object ? (object++)->key : *common++ + "*");
        }
        return items;
    }

    support::MemoryStore store;
    std::set<std::string> keys;
};

TEST_F(Listing, of_an_empty_bucket_is_empty) {
    const auto list = list_objects(store, asking("", "/"));
    EXPECT_EQ(*list, schema::ObjectList{});
}

TEST_F(Listing, shows_what_the_row_says) {
    add("a");
    const auto list = list_objects(store, asking("", ""));
    ASSERT_EQ(list->objects.size(), 1U);
    EXPECT_EQ(list->objects[0].etag, "etag of a");
    EXPECT_EQ(list->objects[0].checksum_algorithm, "CRC32");
}

TEST_F(Listing, never_leaves_its_bucket) {
    add("k");
    add("k", "photo");
    add("k", "photos2");
    add("k", "photos-2");
    EXPECT_EQ(items_of(*list_objects(store, asking("", ""))), std::vector<std::string>{"k"});
}

TEST_F(Listing, rolls_up_and_pages_through_common_prefixes) {
    for (const auto* key : {"a", "b/1", "b/2", "c/1", "d"}) add(key);
    auto list = *list_objects(store, asking("", "/", "", 2));
    EXPECT_EQ(items_of(list), (std::vector<std::string>{"a", "b/*"}));
    EXPECT_TRUE(list.is_truncated);
    EXPECT_EQ(list.next_after, "b/");
    list = *list_objects(store, asking("", "/", list.next_after, 2));
    EXPECT_EQ(items_of(list), (std::vector<std::string>{"c/*", "d"}));
    EXPECT_FALSE(list.is_truncated);
}

TEST_F(Listing, a_start_inside_a_common_prefix_skips_all_of_it) {
    for (const auto* key : {"b/1", "b/2", "b/3", "c"}) add(key);
    EXPECT_EQ(items_of(*list_objects(store, asking("", "/", "b/1"))),
              std::vector<std::string>{"c"});
}

TEST_F(Listing, a_full_page_is_truncated_only_when_something_is_left) {
    for (const auto* key : {"a", "b"}) add(key);
    EXPECT_FALSE(list_objects(store, asking("", "", "", 2))->is_truncated);
    EXPECT_TRUE(list_objects(store, asking("", "", "", 1))->is_truncated);
    EXPECT_FALSE(list_objects(store, asking("", "", "", 0))->is_truncated);
}

TEST_F(Listing, what_remains_of_the_last_common_prefix_does_not_truncate) {
    for (const auto* key : {"b/1", "b/2", "b/3"}) add(key);
    const auto list = *list_objects(store, asking("", "/", "", 1));
    EXPECT_EQ(items_of(list), std::vector<std::string>{"b/*"});
    EXPECT_FALSE(list.is_truncated);
}

TEST_F(Listing, gives_at_most_1000_keys) {
    for (int i = 0; i < 1001; ++i) add("k" + std::to_string(10'000 + i));
    const auto list = *list_objects(store, asking("", "", "", 50'000));
    EXPECT_EQ(list.objects.size(), 1000U);
    EXPECT_TRUE(list.is_truncated);
    EXPECT_EQ(list.next_after, "k10999");
    EXPECT_EQ(list_objects(store, asking("", "", list.next_after))->objects.size(), 1U);
}

TEST_F(Listing, jumps_over_full_folders) {
    for (int folder = 0; folder < 5; ++folder) {
        for (int i = 0; i < 2000; ++i) {
            add("f" + std::to_string(folder) + "/" + std::to_string(i));
        }
    }
    const CountingView view(store);
    const auto list = *list_objects(view, asking("", "/"));
    EXPECT_EQ(list.common_prefixes.size(), 5U);
    EXPECT_LE(view.rows_read, 5U * 16U);
}

TEST_F(Listing, refuses_texts_that_no_key_could_have) {
    const std::string longest(1024, 'p');
    EXPECT_TRUE(list_objects(store, asking(longest, longest, longest)));
    EXPECT_EQ(reason_of(list_objects(store, asking(longest + "p", ""))), "invalid_argument");
    EXPECT_EQ(reason_of(list_objects(store, asking("", longest + "p"))), "invalid_argument");
    EXPECT_EQ(reason_of(list_objects(store, asking("", "", longest + "p"))), "invalid_argument");
}

TEST_F(Listing, a_row_that_is_no_record_is_corruption) {
    store::Batch batch{std::string(partition)};
    batch.put(object_row("photos", "k"), "garbage");
    ASSERT_TRUE(store.commit(std::move(batch)));
    EXPECT_EQ(list_objects(store, asking("", "")).error().code, ErrorCode::corruption);
}

// Few letters, so that keys collide with prefixes, delimiters and starts all the time.
std::string random_text(Random& random, std::size_t length_max) {
    static constexpr std::string_view letters("ab//\0\xff", 6);
    std::string text;
    for (auto length = random.below(length_max + 1); length > 0; --length) {
        text.push_back(letters[random.below(letters.size())]);
    }
    return text;
}

TEST_F(Listing, is_what_the_plain_description_says_for_random_keys) {
    Random random(7);
    for (int round = 0; round < 60; ++round) {
        store = support::MemoryStore();
        keys.clear();
        for (auto count = random.below(80); count > 0; --count) {
            if (const auto key = random_text(random, 6); !key.empty()) add(key);
        }
        for (int question = 0; question < 60; ++question) {
            const std::string delimiter =
                random.chance(1, 4) ? random_text(random, 2) : (random.chance(1, 3) ? "" : "/");
            const auto request = asking(random_text(random, 2), delimiter, random_text(random, 4),
                                        static_cast<std::uint32_t>(random.below(12)));
            const auto expected = expect(request);
            const auto list = list_objects(store, request);
            ASSERT_TRUE(list);
            ASSERT_EQ(items_of(*list), expected.items);
            ASSERT_EQ(list->is_truncated, expected.is_truncated);
        }
    }
}

TEST_F(Listing, paged_by_next_after_gives_everything_once) {
    Random random(11);
    for (int i = 0; i < 400; ++i) add("k" + random_text(random, 7));
    for (const std::uint32_t page : {1U, 2U, 3U, 7U, 50U}) {
        const auto whole = items_of(*list_objects(store, asking("k", "/")));
        std::vector<std::string> paged;
        std::string after;
        for (bool more = true; more;) {
            const auto list = *list_objects(store, asking("k", "/", after, page));
            for (auto& item : items_of(list)) paged.push_back(std::move(item));
            more = list.is_truncated;
            after = list.next_after;
        }
        EXPECT_EQ(paged, whole);
    }
}

}  // namespace
}  // namespace onput::storage
