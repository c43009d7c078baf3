// What the file engine promises about its disk: crashes, damage, space, limits.
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <latch>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/store/blob_files.hpp"
#include "common/store/blob_format.hpp"
#include "common/store/io_pool.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/segment_log.hpp"
#include "tests/common/store/blob_harness.hpp"
#include "tests/common/store/small_disk.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

bool all_referred(const Owner& /*owner*/, const BlobRef& /*ref*/) {
    return true;
}
bool none_referred(const Owner& /*owner*/, const BlobRef& /*ref*/) {
    return false;
}

class FileBlobsTest : public testing::Test {
protected:
    void open(const std::function<Result<bool>(const Owner&, const BlobRef&)>& is_referred =
                  all_referred) {
        store.reset();
        store = open_file_blobs({.directory = path, .segment_bytes = segment_bytes},
                                [this](const Error& error) {
                                    ++failures;
                                    ADD_FAILURE() << error.message;
                                })
                    .value();
        ASSERT_TRUE(store->recover(asked_by_owner(is_referred)));
    }

    BlobHarness blobs() { return BlobHarness(*store); }

    [[nodiscard]] std::vector<std::string> files_in(const std::string& folder) const {
        std::vector<std::string> files;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(path + "/" + folder)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
        return files;
    }

    // Changes bytes of the only segment.
    void overwrite(std::uint64_t offset, const std::string& bytes) {
        ASSERT_EQ(files_in("segments").size(), 1U);
        std::fstream file(files_in("segments").front(),
                          std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(offset));
        file << bytes;
    }

    support::TempDirectory directory;
    std::string path = directory.path_of("data");
    std::uint64_t segment_bytes = segment_bytes_min;
    int failures = 0;
    std::unique_ptr<BlobStore> store;
};

TEST_F(FileBlobsTest, a_second_opening_conflicts) {
    open();
    EXPECT_EQ(open_file_blobs({.directory = path}, {}).error().code, ErrorCode::conflict);
}

TEST_F(FileBlobsTest, senseless_options_are_refused) {
    const FileBlobOptions good{.directory = path};
    FileBlobOptions bad = good;
    bad.segment_bytes = segment_bytes_min - 1;
    EXPECT_EQ(open_file_blobs(bad, {}).error().code, ErrorCode::invalid_argument);
    bad = good;
    bad.threads = 0;
    EXPECT_EQ(open_file_blobs(bad, {}).error().code, ErrorCode::invalid_argument);
}

TEST_F(FileBlobsTest, a_damaged_life_file_is_corruption) {
    open();
    store.reset();
    std::ofstream(path + "/life") << "x";
    EXPECT_EQ(open_file_blobs({.directory = path}, {}).error().code, ErrorCode::corruption);
}

TEST_F(FileBlobsTest, damaged_data_is_corruption_when_all_of_it_is_read) {
    open();
    const BlobRef ref = blobs().write("a", std::string(10'000, 'a')).value();
    overwrite(ref.id + header_bytes + 5000, "X");
    EXPECT_EQ(blobs().read(ref).error().code, ErrorCode::corruption);
}

TEST_F(FileBlobsTest, a_damaged_record_is_corruption_and_the_next_one_is_still_recovered) {
    open();
    const BlobRef first = blobs().write("a", std::string(10'000, 'a')).value();
    const BlobRef second = blobs().write("b", std::string(10'000, 'b')).value();
    overwrite(first.id + 20, "X");
    EXPECT_EQ(blobs().read(first, {.offset = 0, .length = 1}).error().code, ErrorCode::corruption);
    std::vector<std::string> asked;
    open([&](const Owner& owner, const BlobRef&) {
        asked.push_back(owner.key);
        return true;
    });
    EXPECT_EQ(asked, std::vector<std::string>{"b"});
    EXPECT_EQ(blobs().read(second).value(), std::string(10'000, 'b'));
}

TEST_F(FileBlobsTest, uploaded_bytes_cannot_pass_for_a_record) {
    open();
    const BlobRef before = blobs().write("before", "x").value();
    // Were this taken for a record, its removal would punch out the blob behind it.
    const std::uint64_t forged_at = before.id + 2 * block_bytes;
    const RecordHeader forged{.salt = 0,
                              .segment = before.segment,
                              .offset = forged_at,
                              .data_bytes = 100'000,
                              .partition_bytes = 0,
                              .key_bytes = 0,
                              .data_crc = 0,
                              .owner_crc = crc32c("")};
    const std::string bytes =
        std::string(block_bytes - header_bytes, 'x') + encode(forged) + std::string(100, 'x');
    const BlobRef carrier = blobs().write("carrier", bytes).value();
    ASSERT_EQ(carrier.id + block_bytes, forged_at);
    const BlobRef victim = blobs().write("victim", std::string(9000, 'v')).value();
    overwrite(carrier.id + 20, "X");  // The scan has to look for the next record.
    open([](const Owner& owner, const BlobRef&) { return owner.key == "victim"; });
    EXPECT_EQ(blobs().read(victim).value(), std::string(9000, 'v'));
}

TEST_F(FileBlobsTest, a_torn_tail_is_skipped) {
    open();
    const BlobRef ref = blobs().write("a", "1").value();
    overwrite(ref.id + block_bytes, std::string(70'000, 't'));
    open();
    EXPECT_EQ(blobs().read(ref).value(), "1");
    EXPECT_EQ(blobs().read(blobs().write("b", "2").value()).value(), "2");
}

TEST_F(FileBlobsTest, recovery_cuts_off_what_was_preallocated) {
    open();
    blobs().write("a", "1").value();
    EXPECT_EQ(std::filesystem::file_size(files_in("segments").front()), segment_bytes_min);
    open();
    EXPECT_EQ(std::filesystem::file_size(files_in("segments").front()), 2 * block_bytes);
}

TEST_F(FileBlobsTest, removing_gives_the_blocks_back) {
    open();
    const BlobRef ref = blobs().write("a", std::string(1'000'000, 'a')).value();
    blobs().write("b", "1").value();
    const std::string segment = files_in("segments").front();
    const auto blocks = [&] {
        struct stat status{};
        EXPECT_EQ(::stat(segment.c_str(), &status), 0);
        return status.st_blocks;
    };
    const auto before = blocks();
    store->remove(ref);
    store.reset();
    EXPECT_LE(blocks(), before - 1'000'000 / 512 + 16);
}

TEST_F(FileBlobsTest, a_segment_in_which_nothing_lives_is_unlinked_once_it_is_full) {
    open();
    std::vector<BlobRef> refs;
    for (int i = 0; i < 5; ++i) {
        refs.push_back(blobs().write("a", std::string(1'000'000, 'a')).value());
    }
    ASSERT_EQ(files_in("segments").size(), 3U);
    for (const BlobRef& ref : refs) store->remove(ref);
    store.reset();
    // The last one is appended to until the next start.
    EXPECT_EQ(files_in("segments").size(), 1U);
    open();
    EXPECT_TRUE(files_in("segments").empty());
}

TEST_F(FileBlobsTest, a_large_blob_cut_short_is_corruption) {
    open();
    const BlobRef ref = blobs().write_large("a", std::string(10'000, 'a')).value();
    std::filesystem::resize_file(files_in("blobs").front(), 9'999);
    EXPECT_EQ(blobs().read(ref, {.offset = 0, .length = 1}).error().code, ErrorCode::corruption);
}

TEST_F(FileBlobsTest, recovery_removes_files_that_were_not_sealed) {
    open();
    const BlobRef ref = blobs().write_large("a", std::string(10'000, 'a')).value();
    const std::string sealed = files_in("blobs").front();
    std::string unsealed = sealed + ".part";
    unsealed[sealed.size() - 1] = 'f';
    std::ofstream(unsealed) << "bytes on their way";
    open();
    EXPECT_EQ(files_in("blobs"), std::vector<std::string>{sealed});
    EXPECT_EQ(blobs().read(ref).value(), std::string(10'000, 'a'));
}

TEST_F(FileBlobsTest, recovery_leaves_files_that_are_not_ours_alone) {
    open();
    std::ofstream(path + "/segments/notes.txt") << "x";
    std::filesystem::create_directories(path + "/blobs/00");
    std::ofstream(path + "/blobs/00/notes.txt") << "x";
    open(none_referred);
    EXPECT_TRUE(std::filesystem::exists(path + "/segments/notes.txt"));
    EXPECT_TRUE(std::filesystem::exists(path + "/blobs/00/notes.txt"));
}

TEST_F(FileBlobsTest, an_append_of_many_windows_is_read_back) {
    open();
    const auto writer = blobs().open("a");
    constexpr std::size_t count = 3 * writeback_bytes / append_bytes_max;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(BlobHarness::append(*writer,
                                        std::string(append_bytes_max, static_cast<char>('a' + i))));
    }
    const BlobRef ref = BlobHarness::seal(*writer).value();
    EXPECT_EQ(ref.length, count * append_bytes_max);
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(blobs().read(ref, {.offset = i * append_bytes_max, .length = 3}).value(),
                  std::string(3, static_cast<char>('a' + i)));
    }
}

// A blob's bytes follow from its key, so a reader needs no list.
std::string bytes_of(std::uint64_t number) {
    return std::string((number * 7919) % 60'000, static_cast<char>('a' + number % 26));
}

// Writes blobs 1, 2, 3 ... many at a time and tells the reference of each that is sealed.
[[noreturn]] void write_for_ever(const std::string& path, int pipe) {
    struct Told {
        std::uint64_t number = 0;
        BlobRef ref;
    };
    const auto store =
        open_file_blobs({.directory = path, .segment_bytes = segment_bytes_min}, {}).value();
    ONPUT_CHECK(store->recover(asked_by_owner(all_referred)).has_value());
    std::atomic<int> under_way = 0;
    for (std::uint64_t number = 1;; ++number) {
        while (under_way > 32) std::this_thread::yield();
        ++under_way;
        const auto tell = [&under_way, pipe, number](const Result<BlobRef>& ref) {
            const Told told{.number = number, .ref = ref.value()};
            ONPUT_CHECK(::write(pipe, &told, sizeof(told)) == sizeof(told));
            --under_way;
        };
        if (number % 8 == 0) {
            const auto writer = store->open({.partition = "p", .key = std::to_string(number)});
            (*writer)->append(bytes_of(number), [](const Result<void>&) {});
            (*writer)->seal(tell);
        } else {
            store->write({.partition = "p", .key = std::to_string(number)}, bytes_of(number), tell);
        }
    }
}

TEST_F(FileBlobsTest, what_was_sealed_survives_a_kill) {
    struct Told {
        std::uint64_t number = 0;
        BlobRef ref;
    };
    for (const std::size_t enough : {1U, 100U, 400U}) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) write_for_ever(path, ends[1]);
        ::close(ends[1]);
        std::vector<Told> told;
        Told next;
        while (::read(ends[0], &next, sizeof(next)) == sizeof(next)) {
            told.push_back(next);
            if (told.size() == enough) ::kill(child, SIGKILL);
        }
        ::waitpid(child, nullptr, 0);
        ::close(ends[0]);
        ASSERT_GE(told.size(), enough);
        open();
        for (const Told& blob : told) {
            EXPECT_EQ(blobs().read(blob.ref).value(), bytes_of(blob.number)) << blob.number;
        }
        store.reset();
    }
}

TEST_F(FileBlobsTest, a_full_disk_is_told_and_passes) {
    const SmallDisk disk;
    if (!disk.is_mounted()) GTEST_SKIP() << "NOT TESTED: no right to mount a small file system";
    path = disk.path();
    open();
    std::vector<BlobRef> refs;
    Result<BlobRef> last = blobs().write("a", std::string(1'000'000, 'a'));
    while (last) {
        refs.push_back(*last);
        last = blobs().write("a", std::string(1'000'000, 'a'));
    }
    EXPECT_EQ(last.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(last.error().reason, "storage_full");

    // Large blobs take what is left, then fail as a whole.
    const auto writer = blobs().open("b");
    Result<void> appended;
    while (appended) appended = BlobHarness::append(*writer, std::string(500'000, 'b'));
    EXPECT_EQ(appended.error().reason, "storage_full");
    EXPECT_EQ(BlobHarness::seal(*writer).error().reason, "storage_full");
    EXPECT_TRUE(files_in("blobs").empty());

    EXPECT_EQ(blobs().read(refs.back()).value(), std::string(1'000'000, 'a'));
    store->remove(refs.back());
    store->remove(refs.front());
    open();
    EXPECT_EQ(blobs().read(refs[1]).value(), std::string(1'000'000, 'a'));
    // What the recovery cut off and the removals gave back is enough for a segment.
    EXPECT_TRUE(blobs().write("c", "1"));
    EXPECT_EQ(failures, 0);
}

// Keeps an engine's thread in a callback, so that what is queued behind it stays there.
struct Plug {
    std::latch plugged{1};
    std::latch pulled{1};
    void hold() {
        plugged.count_down();
        pulled.wait();
    }
};

TEST_F(FileBlobsTest, writes_beyond_the_queue_are_refused) {
    Plug plug;
    segment_bytes = 2 * segment_queue_bytes_max;
    open();
    store->write({}, "", [&](const Result<BlobRef>&) { plug.hold(); });
    plug.plugged.wait();
    const std::string bytes(segment_blob_bytes_max, 'x');
    int refused = 0;
    for (std::size_t i = 0; i < segment_queue_bytes_max / segment_blob_bytes_max + 3; ++i) {
        store->write({}, bytes, [&](const Result<BlobRef>& ref) {
            if (ref) return;
            EXPECT_EQ(ref.error().code, ErrorCode::resource_exhausted);
            ++refused;
        });
    }
    EXPECT_EQ(refused, 3);
    plug.pulled.count_down();
    store.reset();
    EXPECT_EQ(refused, 3);
}

TEST_F(FileBlobsTest, reads_beyond_the_queue_are_refused) {
    std::array<Plug, 2> plugs;
    open();
    const BlobRef ref = blobs().write("a", "1").value();
    for (Plug& plug : plugs) {
        store->read(ref, {}, [&](const Result<std::string>&) { plug.hold(); });
        plug.plugged.wait();
    }
    std::atomic<int> read = 0;
    int refused = 0;
    for (std::size_t i = 0; i < pool_jobs_max + 2; ++i) {
        store->read(ref, {}, [&](const Result<std::string>& bytes) { bytes ? ++read : ++refused; });
    }
    EXPECT_EQ(refused, 2);
    for (Plug& plug : plugs) plug.pulled.count_down();
    store.reset();
    EXPECT_EQ(read, static_cast<int>(pool_jobs_max));
}

TEST_F(FileBlobsTest, a_writer_whose_append_was_refused_cannot_be_sealed) {
    std::array<Plug, 2> plugs;
    open();
    const BlobRef ref = blobs().write("a", "1").value();
    for (Plug& plug : plugs) {
        store->read(ref, {}, [&](const Result<std::string>&) { plug.hold(); });
        plug.plugged.wait();
    }
    const auto writer = blobs().open("b");
    const std::string bytes(append_bytes_max, 'b');
    int refused = 0;
    for (std::size_t i = 0; i < writer_queue_bytes_max / append_bytes_max + 1; ++i) {
        writer->append(bytes, [&](const Result<void>& result) { refused += result ? 0 : 1; });
    }
    EXPECT_EQ(refused, 1);
    for (Plug& plug : plugs) plug.pulled.count_down();
    EXPECT_EQ(BlobHarness::seal(*writer).error().code, ErrorCode::resource_exhausted);
    EXPECT_TRUE(files_in("blobs").empty());
}

}  // namespace
}  // namespace onput::store
