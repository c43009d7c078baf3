// What every engine of BlobStore promises, asked of each.
#include "common/store/blobs.hpp"

#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "common/store/rocks_store.hpp"
#include "tests/common/store/blob_harness.hpp"
#include "tests/support/memory_blobs.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

using support::MemoryBlobs;

enum class Engine { memory, files };

using IsReferred = std::function<Result<bool>(const Owner&, const BlobRef&)>;

class BlobsTest : public testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        start([](const Owner&, const BlobRef&) { return false; });
    }

    // Ends the process and starts it again, with these rows.
    void restart(const IsReferred& is_referred) {
        if (memory != nullptr) {
            memory->crash();
            ASSERT_TRUE(memory->recover(asked_by_owner(is_referred)));
            return;
        }
        store.reset();
        start(is_referred);
    }

    void restart_with_all_referred() {
        restart([](const Owner&, const BlobRef&) { return true; });
    }

    BlobHarness blobs() { return BlobHarness(*store); }

    support::TempDirectory directory;
    MemoryBlobs* memory = nullptr;
    std::unique_ptr<BlobStore> store;

private:
    void start(const IsReferred& is_referred) {
        if (GetParam() == Engine::memory) {
            auto made = std::make_unique<MemoryBlobs>();
            memory = made.get();
            store = std::move(made);
        } else {
            auto opened = open_file_blobs(
                {.directory = directory.path(), .segment_bytes = 2 * 1024 * 1024, .threads = 2},
                {});
            ASSERT_TRUE(opened) << opened.error().message;
            store = *std::move(opened);
        }
        const auto recovered = store->recover(asked_by_owner(is_referred));
        ASSERT_TRUE(recovered) << recovered.error().message;
    }
};

INSTANTIATE_TEST_SUITE_P(engines, BlobsTest, testing::Values(Engine::memory, Engine::files),
                         [](const auto& engine) {
                             return engine.param == Engine::memory ? "memory" : "files";
                         });

TEST_P(BlobsTest, a_small_blob_is_read_back) {
    const BlobRef ref = blobs().write("a", "hello").value();
    EXPECT_EQ(ref.length, 5U);
    EXPECT_NE(ref.segment, 0U);
    EXPECT_EQ(blobs().read(ref).value(), "hello");
}

TEST_P(BlobsTest, the_largest_small_blob_is_read_back) {
    const std::string bytes(segment_blob_bytes_max, 'x');
    EXPECT_EQ(blobs().read(blobs().write("a", bytes).value()).value(), bytes);
}

TEST_P(BlobsTest, an_empty_blob_is_a_blob) {
    const BlobRef small = blobs().write("a", "").value();
    EXPECT_EQ(blobs().read(small).value(), "");
    const BlobRef large = BlobHarness::seal(*blobs().open("b")).value();
    EXPECT_EQ(blobs().read(large).value(), "");
}

TEST_P(BlobsTest, a_large_blob_is_its_appends_in_order) {
    const auto writer = blobs().open("a");
    ASSERT_TRUE(BlobHarness::append(*writer, "one "));
    ASSERT_TRUE(BlobHarness::append(*writer, ""));
    ASSERT_TRUE(BlobHarness::append(*writer, "two"));
    const BlobRef ref = BlobHarness::seal(*writer).value();
    EXPECT_EQ(ref.segment, 0U);
    EXPECT_EQ(ref.length, 7U);
    EXPECT_EQ(blobs().read(ref).value(), "one two");
}

TEST_P(BlobsTest, appends_that_are_on_their_way_together_keep_their_order) {
    std::string expected;
    const auto writer = blobs().open("a");
    for (int i = 0; i < 200; ++i) {
        const std::string bytes(5000, static_cast<char>('a' + i % 26));
        expected += bytes;
        writer->append(bytes, [](const Result<void>& result) { EXPECT_TRUE(result); });
    }
    const BlobRef ref = BlobHarness::seal(*writer).value();
    EXPECT_EQ(blobs().read(ref).value(), expected);
}

TEST_P(BlobsTest, pieces_of_a_blob_are_read) {
    for (const BlobRef& ref : {blobs().write("a", "0123456789").value(),
                               blobs().write_large("b", "0123456789").value()}) {
        EXPECT_EQ(blobs().read(ref, {.offset = 2, .length = 3}).value(), "234");
        EXPECT_EQ(blobs().read(ref, {.offset = 10, .length = 0}).value(), "");
        EXPECT_EQ(blobs().read(ref, {.offset = 9, .length = 1}).value(), "9");
    }
}

TEST_P(BlobsTest, a_piece_outside_the_blob_is_refused) {
    for (const BlobRef& ref : {blobs().write("a", "0123456789").value(),
                               blobs().write_large("b", "0123456789").value()}) {
        for (const BlobStore::Piece piece :
             {BlobStore::Piece{.offset = 9, .length = 2},
              BlobStore::Piece{.offset = 11, .length = 0},
              BlobStore::Piece{.offset = 1, .length = ~std::uint64_t{0}}}) {
            EXPECT_EQ(blobs().read(ref, piece).error().code, ErrorCode::invalid_argument);
        }
    }
}

TEST_P(BlobsTest, a_blob_that_is_not_there_is_corruption) {
    for (const BlobRef ref : {BlobRef{.segment = 77, .id = 4096, .length = 1},
                              BlobRef{.segment = 0, .id = 77, .length = 1}}) {
        EXPECT_EQ(blobs().read(ref).error().code, ErrorCode::corruption);
    }
    BlobRef wrong = blobs().write("a", "0123456789").value();
    wrong.length = 9;
    EXPECT_EQ(blobs().read(wrong).error().code, ErrorCode::corruption);
}

TEST_P(BlobsTest, many_writes_at_once_get_places_of_their_own) {
    std::set<std::string> places;
    std::vector<std::pair<std::future<Result<BlobRef>>, std::string>> written;
    for (int i = 0; i < 300; ++i) {
        const std::string bytes(static_cast<std::size_t>(i) * 100, static_cast<char>('a' + i % 26));
        const auto promise = std::make_shared<std::promise<Result<BlobRef>>>();
        written.emplace_back(promise->get_future(), bytes);
        store->write({.partition = "p", .key = std::to_string(i)}, bytes,
                     [promise](Result<BlobRef> ref) { promise->set_value(std::move(ref)); });
    }
    for (auto& [future, bytes] : written) {
        const BlobRef ref = future.get().value();
        EXPECT_EQ(blobs().read(ref).value(), bytes);
        EXPECT_TRUE(places.insert(to_text(ref)).second);
    }
}

TEST_P(BlobsTest, a_removed_blob_is_gone_and_its_neighbours_stay) {
    const BlobRef first = blobs().write("a", std::string(5000, 'a')).value();
    const BlobRef second = blobs().write("b", std::string(5000, 'b')).value();
    const BlobRef third = blobs().write("c", std::string(5000, 'c')).value();
    const BlobRef large = blobs().write_large("d", "large").value();
    store->remove(second);
    store->remove(large);
    store->remove(second);  // Twice succeeds.
    store->remove(large);
    restart_with_all_referred();  // Waits for the removals, too.
    EXPECT_EQ(blobs().read(second).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().read(large).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().read(first).value(), std::string(5000, 'a'));
    EXPECT_EQ(blobs().read(third).value(), std::string(5000, 'c'));
}

TEST_P(BlobsTest, recovery_keeps_what_a_row_refers_to_and_removes_the_rest) {
    const BlobRef kept = blobs().write("kept", "1").value();
    const BlobRef orphan = blobs().write("orphan", "2").value();
    const BlobRef large_kept = blobs().write_large("kept", "3").value();
    const BlobRef large_orphan = blobs().write_large("orphan", "4").value();
    std::set<std::string> asked;
    restart([&](const Owner& owner, const BlobRef& ref) {
        EXPECT_EQ(owner.partition, "p");
        asked.insert(to_text(ref));
        return owner.key == "kept";
    });
    EXPECT_EQ(asked, (std::set<std::string>{to_text(kept), to_text(orphan), to_text(large_kept),
                                            to_text(large_orphan)}));
    EXPECT_EQ(blobs().read(kept).value(), "1");
    EXPECT_EQ(blobs().read(large_kept).value(), "3");
    EXPECT_EQ(blobs().read(orphan).error().code, ErrorCode::corruption);
    EXPECT_EQ(blobs().read(large_orphan).error().code, ErrorCode::corruption);
}

TEST_P(BlobsTest, recovery_keeps_what_it_cannot_ask_the_rows_about) {
    const BlobRef small = blobs().write("a", "1").value();
    const BlobRef large = blobs().write_large("b", "2").value();
    restart([](const Owner&, const BlobRef&) -> Result<bool> {
        return fail(ErrorCode::corruption, "no rows");
    });
    EXPECT_EQ(blobs().read(small).value(), "1");
    EXPECT_EQ(blobs().read(large).value(), "2");
}

TEST_P(BlobsTest, a_whole_blob_is_verified) {
    const BlobRef small = blobs().write("a", "1").value();
    const BlobRef large = blobs().write_large("b", std::string(3'000'000, 'b')).value();
    EXPECT_TRUE(blobs().verify(small));
    EXPECT_TRUE(blobs().verify(large));
    store->remove(small);
    restart_with_all_referred();
    EXPECT_EQ(blobs().verify(small).error().code, ErrorCode::corruption);
    EXPECT_TRUE(blobs().verify(large));
}

TEST_P(BlobsTest, places_are_not_given_again_after_a_restart) {
    const BlobRef small = blobs().write("a", "1").value();
    const BlobRef large = blobs().write_large("b", "1").value();
    restart([](const Owner&, const BlobRef&) { return false; });
    EXPECT_NE(blobs().write("a", "1").value(), small);
    EXPECT_NE(blobs().write_large("b", "1").value(), large);
}

TEST_P(BlobsTest, a_writer_destroyed_unsealed_leaves_nothing) {
    {
        const auto writer = blobs().open("a");
        ASSERT_TRUE(BlobHarness::append(*writer, "bytes"));
    }
    restart([](const Owner&, const BlobRef&) {
        ADD_FAILURE() << "a blob was found";
        return true;
    });
}

TEST_P(BlobsTest, a_seal_on_its_way_wins_over_the_end_of_its_writer) {
    const auto promise = std::make_shared<std::promise<Result<BlobRef>>>();
    {
        const auto writer = blobs().open("a");
        writer->append("bytes", [](const Result<void>&) {});
        writer->seal([promise](Result<BlobRef> ref) { promise->set_value(std::move(ref)); });
    }
    EXPECT_EQ(blobs().read(promise->get_future().get().value()).value(), "bytes");
}

}  // namespace
}  // namespace onput::store
