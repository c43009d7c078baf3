// A backup of a store that is written to meanwhile: what was there at its moment opens again.
#include "common/store/backup.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <latch>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/store/blob_check.hpp"
#include "common/store/blob_format.hpp"
#include "common/store/io_pool.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/rows_repair.hpp"
#include "tests/common/store/blob_harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

namespace fs = std::filesystem;

constexpr BlobStore::Piece whole_of(const BlobRef& ref) {
    return {.offset = 0, .length = ref.length};
}

class BackupTest : public testing::Test {
protected:
    BackupTest() {
        rows = *open_rocks_store({.directory = data}, {});
        blobs = *open_file_blobs({.directory = data}, {});
        EXPECT_TRUE(blobs->recover(BlobRows().references()));
        backup = open_backup(
            {.directory = data, .target = target, .manifest = {.id = "1", .service = "storage"}},
            *rows, {{.blobs = blobs.get(), .directory = data}});
    }
    ~BackupTest() override { backup.reset(); }

    Result<void> step(void (Backup::*run)(Backup::Done)) {
        std::promise<Result<void>> answer;
        (*backup.*run)([&answer](Result<void> result) { answer.set_value(std::move(result)); });
        return answer.get_future().get();
    }
    void put(const std::string& key, const std::string& value) {
        Batch batch("p");
        batch.put(key, value);
        ASSERT_TRUE(rows->commit(std::move(batch)));
    }
    BlobRef write(const std::string& key, const std::string& bytes) {
        return *BlobHarness(*blobs).write(key, bytes);
    }
    BlobRef write_large(const std::string& key, const std::string& bytes) {
        BlobHarness harness(*blobs);
        const auto writer = harness.open(key);
        EXPECT_TRUE(BlobHarness::append(*writer, bytes));
        return *BlobHarness::seal(*writer);
    }

    const support::TempDirectory directory;
    const std::string data = directory.path_of("data");
    const std::string target = directory.path_of("backup/storage");
    std::unique_ptr<Store> rows;
    std::unique_ptr<BlobStore> blobs;
    std::unique_ptr<Backup> backup;
};

TEST_F(BackupTest, has_all_of_its_moment_and_survives_what_comes_after) {
    put("a", "1");
    const BlobRef small = write("small", "hello");
    const BlobRef large = write_large("large", std::string(200'000, 'x'));
    const BlobRef gone = write("gone", "gone");
    blobs->remove(gone);
    ASSERT_TRUE(step(&Backup::prepare));
    put("b", "2");
    ASSERT_TRUE(step(&Backup::take));
    // From here on nothing that the rows of the moment refer to goes away, and new blobs come.
    put("a", "later");
    blobs->remove(small);
    blobs->remove(large);
    write("later", std::string(100'000, 'y'));
    ASSERT_TRUE(step(&Backup::copy));
    write("later still", std::string(100'000, 'z'));
    ASSERT_TRUE(step(&Backup::finish));
    EXPECT_FALSE(fs::exists(data + "/rows.backup"));

    const auto manifest = read_backup_manifest(target);
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->id, "1");
    EXPECT_TRUE(check_stored_rows(target)->is_sound());
    const auto checked = check_stored_blobs(target);
    EXPECT_TRUE(checked->is_sound()) << checked->faults.front();
    EXPECT_FALSE(checked->is_there(gone));

    const auto copied_rows = *open_rocks_store({.directory = target}, {});
    EXPECT_EQ(*copied_rows->get("p", "a"), "1");
    EXPECT_EQ(*copied_rows->get("p", "b"), "2");
    const auto copied = *open_file_blobs({.directory = target}, {});
    BlobRows references;
    references.blobs = {{"small", small}, {"large", large}};
    const auto recovered = copied->recover(references.references());
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(recovered->findings.empty());
    BlobHarness harness(*copied);
    EXPECT_EQ(*harness.read(small, whole_of(small)), "hello");
    EXPECT_EQ(*harness.read(large, whole_of(large)), std::string(200'000, 'x'));
    // Numbers of segments and files are never given twice, in the copy neither.
    EXPECT_GT(harness.write("new", "new")->segment, small.segment);
}

TEST_F(BackupTest, removals_that_waited_are_done_when_it_ends) {
    const BlobRef small = write("small", std::string(100'000, 's'));
    const BlobRef large = write_large("large", std::string(200'000, 'x'));
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    blobs->remove(small);
    blobs->remove(large);
    ASSERT_TRUE(blobs->files());
    BlobHarness harness(*blobs);
    EXPECT_TRUE(harness.read(small, whole_of(small)));
    EXPECT_TRUE(harness.read(large, whole_of(large)));
    ASSERT_TRUE(step(&Backup::abandon));
    ASSERT_TRUE(blobs->files());  // Waits for removals that run.
    EXPECT_FALSE(harness.read(small, whole_of(small)));
    EXPECT_FALSE(harness.read(large, whole_of(large)));
}

TEST_F(BackupTest, every_removal_that_waited_is_done_and_reads_are_answered_meanwhile) {
    const BlobRef kept = write("kept", "kept");
    const BlobRef first = write("first", "first");
    const BlobRef last = write("last", "last");
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    // More than the pool takes at a time; all but two of them are of no blob.
    blobs->remove(first);
    for (std::size_t i = 0; i < pool_jobs_max; ++i) {
        blobs->remove({.segment = first.segment + 1, .id = i * block_bytes, .length = 1});
    }
    blobs->remove(last);
    // No thread of the pool is free while the removals begin.
    std::latch hold(1);
    for (unsigned i = 0; i < FileBlobOptions().threads; ++i) {
        blobs->read(kept, whole_of(kept), [&hold](const auto&) { hold.wait(); });
    }
    ASSERT_TRUE(step(&Backup::abandon));
    std::promise<Result<std::string>> meanwhile;
    blobs->read(kept, whole_of(kept), [&](auto read) { meanwhile.set_value(std::move(read)); });
    hold.count_down();
    const auto read = meanwhile.get_future().get();
    EXPECT_TRUE(read) << read.error().message;
    ASSERT_TRUE(blobs->files());  // Waits for removals that run.
    BlobHarness harness(*blobs);
    EXPECT_FALSE(harness.read(first, whole_of(first)));
    EXPECT_FALSE(harness.read(last, whole_of(last)));
}

TEST_F(BackupTest, a_second_backup_keeps_what_the_first_ones_end_has_not_removed_yet) {
    std::vector<BlobRef> large;
    for (int i = 0; i < 100; ++i) large.push_back(write_large(std::to_string(i), "large"));
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    for (const BlobRef& ref : large) blobs->remove(ref);
    blobs->release_removals();
    blobs->hold_removals();
    const std::size_t there = blobs->files()->size();
    EXPECT_EQ(blobs->files()->size(), there);  // Nothing runs until the next release.
    blobs->release_removals();
    EXPECT_EQ(blobs->files()->size(), 1U);  // `life` alone.
}

TEST_F(BackupTest, an_abandoned_one_leaves_nothing) {
    put("a", "1");
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    ASSERT_TRUE(step(&Backup::copy));
    ASSERT_TRUE(step(&Backup::abandon));
    EXPECT_FALSE(fs::exists(target));
    EXPECT_FALSE(fs::exists(data + "/rows.backup"));
}

TEST_F(BackupTest, an_abandoned_one_leaves_a_target_that_was_there_empty) {
    fs::create_directories(target);
    put("a", "1");
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    ASSERT_TRUE(step(&Backup::copy));
    ASSERT_TRUE(step(&Backup::abandon));
    EXPECT_TRUE(fs::is_empty(target));
}

TEST_F(BackupTest, a_target_with_something_in_it_is_refused_and_kept) {
    fs::create_directories(target);
    std::ofstream(target + "/mine") << "mine";
    EXPECT_EQ(step(&Backup::prepare).error().code, ErrorCode::conflict);
    backup.reset();
    EXPECT_TRUE(fs::exists(target + "/mine"));
}

TEST_F(BackupTest, a_target_that_cannot_be_made_is_an_error_that_names_it_and_changes_nothing) {
    const std::string file = directory.path_of("file");
    std::ofstream(file) << "mine";
    const std::string loop = directory.path_of("loop");
    fs::create_symlink(loop, loop);
    const std::string dangling = directory.path_of("dangling");
    fs::create_symlink(directory.path_of("nowhere"), dangling);
    struct Case {
        std::string target;
        std::string reason;
    };
    const std::string long_name(300, 'n');
    for (const auto& [bad, reason] :
         {Case{file, "no directory"}, Case{file + "/below", "Not a directory"},
          Case{file + "/far/below", "Not a directory"}, Case{loop + "/below", "symbolic links"},
          Case{dangling + "/below", "No such file"},
          Case{directory.path_of(long_name) + "/below", "name too long"},
          Case{"/" + std::string(100'000, 'x'), "too long"}, Case{"/proc/below", "No such file"},
          Case{"relative", "from the root"}, Case{std::string("/a\0b", 4), "from the root"}}) {
        backup = open_backup(
            {.directory = data, .target = bad, .manifest = {.id = "1", .service = "storage"}},
            *rows, {{.blobs = blobs.get(), .directory = data}});
        const auto refused = step(&Backup::prepare);
        ASSERT_FALSE(refused) << bad;
        const std::string& message = refused.error().message;
        EXPECT_TRUE(message.contains(bad.substr(0, 50)) || bad.contains('\0')) << message;
        EXPECT_TRUE(message.contains(reason)) << message;
        EXPECT_LT(message.size(), 2000U);
    }
    backup.reset();
    EXPECT_EQ(fs::file_size(file), 4U);
}

TEST_F(BackupTest, an_empty_file_in_the_targets_place_is_not_removed) {
    fs::create_directories(directory.path_of("backup"));
    const std::ofstream empty(target);
    EXPECT_EQ(step(&Backup::prepare).error().code, ErrorCode::conflict);
    ASSERT_TRUE(step(&Backup::abandon));
    EXPECT_TRUE(fs::is_regular_file(target));
}

TEST_F(BackupTest, a_killed_one_is_no_backup_and_costs_nothing_at_the_next_start) {
    put("a", "1");
    rows->sync();
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    ASSERT_TRUE(step(&Backup::copy));
    EXPECT_EQ(read_backup_manifest(target).error().code, ErrorCode::not_found);
    // What a kill leaves: the second names.
    fs::copy(data + "/rows.backup", data + "/left", fs::copy_options::recursive);
    backup.reset();
    fs::rename(data + "/left", data + "/rows.backup");
    rows.reset();
    rows = *open_rocks_store({.directory = data}, {});
    EXPECT_EQ(*rows->get("p", "a"), "1");
    EXPECT_FALSE(fs::exists(data + "/rows.backup"));
}

TEST_F(BackupTest, a_copy_whose_rows_end_before_its_moment_is_found) {
    put("a", "1");
    rows->sync();
    while (rows->durable() == 0) std::this_thread::yield();
    ASSERT_TRUE(step(&Backup::prepare));
    ASSERT_TRUE(step(&Backup::take));
    ASSERT_TRUE(step(&Backup::copy));
    ASSERT_TRUE(step(&Backup::finish));
    for (const auto& entry : fs::directory_iterator(target + "/rows")) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("MANIFEST")) fs::resize_file(entry.path(), 60);
    }
    const auto checked = check_stored_rows(target);
    EXPECT_TRUE(!checked || !checked->is_sound());
}

TEST(BackupManifestTest, is_read_as_it_was_written_and_believed_only_whole) {
    const BackupManifest manifest{
        .id = "4f",
        .service = "queue",
        .version = "0.1.0",
        .taken_at = "2026-11-29T12:00:00.000Z",
        .files = {{.path = "rows/a b", .bytes = 3, .sha256 = std::string(64, 'a')}}};
    const std::string text = to_text(manifest);
    EXPECT_EQ(*parse_backup_manifest(text), manifest);
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_FALSE(parse_backup_manifest(text.substr(0, length))) << length;
    }
    std::string other = text;
    other[text.find("queue")] = 'Q';
    EXPECT_FALSE(parse_backup_manifest(other));
}

TEST(BackupManifestTest, a_path_out_of_its_directory_is_refused) {
    for (const std::string path : {"/etc/passwd", "../a", "rows/../../a", ""}) {
        const BackupManifest manifest{
            .id = "4f",
            .service = "queue",
            .files = {{.path = path, .bytes = 3, .sha256 = std::string(64, 'a')}}};
        EXPECT_FALSE(parse_backup_manifest(to_text(manifest))) << path;
    }
}

}  // namespace
}  // namespace onput::store
