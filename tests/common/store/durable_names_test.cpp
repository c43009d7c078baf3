// The names of new directories are durable before anything in them is answered for. The test sees
// each fsync of this process.
#include <atomic>
#include <dlfcn.h>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/store/directory_syncer.hpp"
#include "common/store/file_io.hpp"
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

TEST_F(DurableNamesTest, a_failure_is_not_remembered_as_a_success) {
    DirectorySyncer syncer;
    const std::string path = directory.path_of("missing/00");
    EXPECT_FALSE(syncer.make(path));
    std::filesystem::create_directories(directory.path_of("missing"));
    EXPECT_TRUE(syncer.make(path));
}

}  // namespace
}  // namespace onput::store
