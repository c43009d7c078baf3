// The names of new directories are durable before anything in them is answered for. The test sees
// each fsync of this process.
#include <atomic>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/store/backup.hpp"
#include "common/store/directory_syncer.hpp"
#include "common/store/file_copy.hpp"
#include "common/store/file_io.hpp"
#include "common/store/rocks_store.hpp"
#include "tests/support/temp_directory.hpp"

namespace {

struct SyncWatch {
    std::string directory;  // Its syncs are counted.
    std::atomic<int> count = 0;
    std::latch* hold = nullptr;  // The sync ends when this is open.
};
std::atomic<SyncWatch*> watch = nullptr;

}  // namespace

extern "C" int fsync(int file) {
    using Fsync = int (*)(int);
    static const auto real = reinterpret_cast<Fsync>(::dlsym(RTLD_NEXT, "fsync"));
    SyncWatch* const watching = watch.load();
    if (watching != nullptr) {
        std::error_code ignored;
        const auto path =
            std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), ignored);
        if (path == watching->directory) {
            if (watching->hold != nullptr) watching->hold->wait();
            ++watching->count;
        }
    }
    return real(file);
}

namespace onput::store {
namespace {

class DurableNamesTest : public testing::Test {
protected:
    DurableNamesTest() {
        seen.directory = directory.path();
        watch = &seen;
    }
    ~DurableNamesTest() override { watch = nullptr; }

    support::TempDirectory directory;
    SyncWatch seen;
};

TEST_F(DurableNamesTest, a_directory_that_is_there_may_not_be_durable_yet) {
    const std::string path = directory.path_of("blobs");
    ASSERT_TRUE(make_directory(path));
    EXPECT_EQ(seen.count, 1);
    ASSERT_TRUE(make_directory(path));
    EXPECT_EQ(seen.count, 2);
}

TEST_F(DurableNamesTest, a_directory_is_made_durable_once) {
    DirectorySyncer syncer;
    ASSERT_TRUE(syncer.make(directory.path_of("00")));
    ASSERT_TRUE(syncer.make(directory.path_of("00")));
    EXPECT_EQ(seen.count, 1);
    ASSERT_TRUE(syncer.make(directory.path_of("01")));
    EXPECT_EQ(seen.count, 2);
}

TEST_F(DurableNamesTest, who_finds_a_new_directory_waits_until_its_name_is_durable) {
    std::latch hold(1);
    seen.hold = &hold;
    DirectorySyncer syncer;
    const std::string path = directory.path_of("00");
    std::jthread first([&] { EXPECT_TRUE(syncer.make(path)); });
    while (!std::filesystem::exists(path)) std::this_thread::yield();
    std::atomic<int> count_at_return = -1;
    std::jthread second([&] {
        EXPECT_TRUE(syncer.make(path));
        count_at_return = seen.count.load();
    });
    hold.count_down();
    second.join();
    EXPECT_GE(count_at_return, 1);
}

TEST_F(DurableNamesTest, every_directory_of_copied_files_is_synced_behind_the_last_of_them) {
    const std::string from = directory.path_of("from");
    std::ofstream(from) << "bytes";
    std::vector<std::string> written;
    CopyProgress unseen;
    for (const std::string name : {"copy/rows/1", "copy/rows/2", "copy/blobs/00/3"}) {
        written.push_back(directory.path_of(name));
        ASSERT_TRUE(copy_file(from, written.back(), std::nullopt, unseen));
    }
    for (const std::string name : {"copy/rows", "copy/blobs/00"}) {
        seen.directory = directory.path_of(name);
        seen.count = 0;
        ASSERT_TRUE(sync_names(written));
        EXPECT_EQ(seen.count, 1) << name;
    }
}

TEST_F(DurableNamesTest, a_backup_is_done_when_the_names_of_its_files_are_durable) {
    const std::string data = directory.path_of("data");
    const auto rows = *open_rocks_store({.directory = data}, {});
    seen.directory = directory.path_of("backup/rows");
    seen.count = 0;
    const auto backup = open_backup({.directory = data,
                                     .target = directory.path_of("backup"),
                                     .manifest = {.id = "1", .service = "queue"}},
                                    *rows, {});
    for (const auto step : {&Backup::prepare, &Backup::take, &Backup::copy, &Backup::finish}) {
        std::promise<Result<void>> answer;
        (*backup.*step)([&answer](Result<void> result) { answer.set_value(std::move(result)); });
        ASSERT_TRUE(answer.get_future().get());
    }
    EXPECT_EQ(seen.count, 1);
}

TEST_F(DurableNamesTest, a_failure_is_not_remembered_as_a_success) {
    DirectorySyncer syncer;
    const std::string path = directory.path_of("missing/00");
    EXPECT_FALSE(syncer.make(path));
    std::filesystem::create_directories(directory.path_of("missing"));
    EXPECT_TRUE(syncer.make(path));
}

}  // namespace
}  // namespace onput::store
