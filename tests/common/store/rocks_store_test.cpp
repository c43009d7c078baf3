// What the RocksDB engine promises across restarts of its process.
#include "common/store/rocks_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "tests/common/store/small_disk.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::store {
namespace {

using support::TempDirectory;

Result<std::unique_ptr<Store>> open(const TempDirectory& directory, Store::Events events = {}) {
    return open_rocks_store({.directory = directory.path(),
                             .cache_bytes = 1024 * 1024,
                             .write_buffer_bytes = 1024 * 1024},
                            std::move(events));
}

Batch numbered(Ticket number) {
    // Two rows per commit: half a commit would show.
    Batch batch("p");
    batch.put("a/" + std::to_string(number), std::string(300, 'a'));
    batch.put("last", std::to_string(number));
    return batch;
}

constexpr int child_pipe = 3;
constexpr const char* child_test = "RocksStoreChild.DISABLED_commits_for_ever";

// Commits 1, 2, 3 ... each synced, in the working directory, and writes every durable ticket to its
// pipe, until killed. A process of its own: a child without exec would lack RocksDB's threads.
TEST(RocksStoreChild, DISABLED_commits_for_ever) {
    const auto tell = [](Ticket durable) {
        ONPUT_CHECK(::write(child_pipe, &durable, sizeof(durable)) == sizeof(durable));
    };
    const auto store = open_rocks_store({.directory = ".", .write_buffer_bytes = 1024 * 1024},
                                        {.on_durable = tell})
                           .value();
    for (;;) {
        ONPUT_CHECK(store->commit(numbered(store->last_ticket() + 1)).has_value());
        store->sync();
        // Runs ahead of the disk a little, as a busy service does.
        while (store->last_ticket() - store->durable() > 64) std::this_thread::yield();
    }
}

[[noreturn]] void become_child(const TempDirectory& directory, int pipe) {
    ONPUT_CHECK(::dup2(pipe, child_pipe) == child_pipe);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ONPUT_CHECK(::dup2(null, STDOUT_FILENO) == STDOUT_FILENO);
    ONPUT_CHECK(::chdir(directory.path().c_str()) == 0);
    const std::string filter = std::string("--gtest_filter=") + child_test;
    ::execl("/proc/self/exe", "store_test", filter.c_str(), "--gtest_also_run_disabled_tests",
            nullptr);
    ::_exit(1);
}

// Lets a child commit until `enough` was durable, then kills it. Returns the newest ticket that it
// reported.
Ticket commit_until_killed(const TempDirectory& directory, Ticket enough) {
    std::array<int, 2> ends{};
    ONPUT_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    if (child == 0) become_child(directory, ends[1]);
    ::close(ends[1]);
    Ticket told = 0;
    while (told < enough) ONPUT_CHECK(::read(ends[0], &told, sizeof(told)) == sizeof(told));
    ::kill(child, SIGKILL);
    while (::read(ends[0], &told, sizeof(told)) == sizeof(told)) {
    }
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    return told;
}

std::string newest_log(const TempDirectory& directory) {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path_of("rows"))) {
        if (entry.path().extension() == ".log") newest = std::max(newest, entry.path().string());
    }
    return newest;
}

// Overwrites bytes of the newest log from where `marker` is in it.
void damage_log(const TempDirectory& directory, std::string_view marker,
                const std::string& damage = "DAMAGED") {
    const std::string path = newest_log(directory);
    std::string bytes;
    {
        std::ifstream file(path, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    const std::size_t at = bytes.find(marker);
    ASSERT_NE(at, std::string::npos);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << damage;
}

TEST(RocksStore, what_was_reported_durable_survives_a_kill_and_commits_are_whole_and_in_order) {
    for (const Ticket enough : {1, 50, 3000}) {
        const TempDirectory directory;
        const Ticket told = commit_until_killed(directory, enough);
        auto store = open(directory);
        ASSERT_TRUE(store) << store.error().message;
        const Ticket kept = std::stoull((*store)->get("p", "last").value().value_or("0"));
        EXPECT_GE(kept, told);
        for (Ticket number = 1; number <= kept + 100; ++number) {
            const auto row = (*store)->get("p", "a/" + std::to_string(number)).value();
            EXPECT_EQ(row.has_value(), number <= kept) << number << " of " << kept;
        }
    }
}

TEST(RocksStore, a_second_opening_conflicts) {
    const TempDirectory directory;
    const auto first = open(directory);
    ASSERT_TRUE(first);
    EXPECT_EQ(open(directory).error().code, ErrorCode::conflict);
    EXPECT_FALSE(std::filesystem::exists(directory.path_of("rows.kept-logs")));
}

TEST(RocksStore, a_clean_end_keeps_what_was_durable) {
    const TempDirectory directory;
    {
        std::promise<Ticket> durable;
        auto store = open(directory, {.on_durable = [&](Ticket t) { durable.set_value(t); }});
        ASSERT_TRUE((*store)->commit(numbered(1)));
        (*store)->sync();
        EXPECT_EQ(durable.get_future().get(), 1U);
    }
    auto store = open(directory);
    EXPECT_EQ((*store)->get("p", "last").value(), "1");
    EXPECT_EQ((*store)->last_ticket(), 0U);
}

bool has_table(const TempDirectory& directory) {
    const std::filesystem::directory_iterator files(std::filesystem::path(directory.path()) /
                                                    "rows");
    return std::ranges::any_of(files,
                               [](const auto& file) { return file.path().extension() == ".sst"; });
}

TEST(RocksStore, deletions_that_a_scan_has_to_skip_go_to_a_table) {
    constexpr int rows = 20'000;
    TempDirectory directory;
    const auto store = open_rocks_store({.directory = directory.path()}, {}).value();
    Batch puts("p");
    Batch removals("p");
    for (int i = 0; i < rows; ++i) {
        puts.put("a/" + std::to_string(i), "");
        removals.remove("a/" + std::to_string(i));
    }
    ASSERT_TRUE(store->commit(std::move(puts)));
    ASSERT_TRUE(store->commit(std::move(removals)));
    EXPECT_FALSE(has_table(directory));
    EXPECT_TRUE(store->scan("p", {}, 10)->empty());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!has_table(directory) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(has_table(directory));
}

TEST(RocksStore, every_sync_is_timed) {
    const TempDirectory directory;
    std::promise<Ticket> durable;
    auto store = open(directory, {.on_durable = [&](Ticket t) { durable.set_value(t); }});
    EXPECT_EQ((*store)->sync_times().count(), 0U);
    ASSERT_TRUE((*store)->commit(numbered(1)));
    (*store)->sync();
    durable.get_future().wait();
    EXPECT_EQ((*store)->sync_times().count(), 1U);
    EXPECT_GT((*store)->sync_times().sum, Duration{});
}

TEST(RocksStore, damage_to_an_acknowledged_commit_is_corruption_on_every_opening) {
    const TempDirectory directory;
    ASSERT_GE(commit_until_killed(directory, 100), 100U);
    damage_log(directory, "a/50");
    EXPECT_EQ(open(directory).error().code, ErrorCode::corruption);
    EXPECT_EQ(open(directory).error().code, ErrorCode::corruption);
    EXPECT_FALSE(std::filesystem::is_empty(directory.path_of("rows.kept-logs")));
}

TEST(RocksStore, a_page_of_zeros_among_acknowledged_commits_is_corruption) {
    const TempDirectory directory;
    ASSERT_GE(commit_until_killed(directory, 300), 300U);
    damage_log(directory, "a/50", std::string(4096, '\0'));
    EXPECT_EQ(open(directory).error().code, ErrorCode::corruption);
}

TEST(RocksStore, a_page_that_did_not_reach_the_disk_hides_the_commits_behind_it) {
    const TempDirectory directory;
    ASSERT_GE(commit_until_killed(directory, 300), 300U);
    std::filesystem::remove(directory.path_of("rows.durable"));
    damage_log(directory, "a/50", std::string(4096, '\0'));
    auto store = open(directory);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->get("p", "last").value(), "49");
    EXPECT_FALSE((*store)->get("p", "a/290").value());
}

TEST(RocksStore, a_lost_log_is_corruption) {
    const TempDirectory directory;
    commit_until_killed(directory, 10);
    std::filesystem::remove(newest_log(directory));
    EXPECT_EQ(open(directory).error().code, ErrorCode::corruption);
}

TEST(RocksStore, a_torn_tail_of_what_was_not_acknowledged_is_forgotten) {
    const TempDirectory directory;
    commit_until_killed(directory, 100);
    // As after a power loss: the durable sequence is an old one, and what is after it is damaged.
    std::filesystem::remove(directory.path_of("rows.durable"));
    damage_log(directory, "a/50");
    auto store = open(directory);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->get("p", "last").value(), "49");
    EXPECT_FALSE(std::filesystem::exists(directory.path_of("rows.kept-logs")));
}

TEST(RocksStore, a_tail_torn_within_a_record_is_forgotten) {
    const TempDirectory directory;
    commit_until_killed(directory, 100);
    std::filesystem::remove(directory.path_of("rows.durable"));
    const std::string log = newest_log(directory);
    std::filesystem::resize_file(log, 10'000);
    auto store = open(directory);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->get("p", "a/1").value());
}

TEST(RocksStore, a_full_disk_ends_it_once_and_loses_nothing_that_was_durable) {
    const SmallDisk disk;
    if (!disk.is_mounted()) GTEST_SKIP() << "NOT TESTED: no right to mount a small file system";
    std::atomic<int> failures = 0;
    std::atomic<Ticket> told = 0;
    {
        auto store = open_rocks_store({.directory = disk.path(), .write_buffer_bytes = 1024 * 1024},
                                      {.on_durable = [&](Ticket durable) { told = durable; },
                                       .on_failed = [&](const Error&) { ++failures; }});
        ASSERT_TRUE(store) << store.error().message;
        while (failures == 0) {
            Batch batch = numbered((*store)->last_ticket() + 1);
            batch.put("filling/" + std::to_string((*store)->last_ticket()),
                      secure_random_bytes(100'000));
            static_cast<void>((*store)->commit(std::move(batch)));
            (*store)->sync();
        }
        for (int i = 0; i < 3; ++i) {
            const auto refused = (*store)->commit(numbered(1));
            EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
            EXPECT_EQ(refused.error().reason, "storage_full") << refused.error().message;
            (*store)->sync();
        }
    }
    EXPECT_EQ(failures, 1);
    // More room, and the next process goes on.
    ASSERT_TRUE(disk.grow());
    auto store = open_rocks_store({.directory = disk.path()}, {});
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_GE(std::stoull((*store)->get("p", "last").value().value_or("0")), told.load());
}

}  // namespace
}  // namespace onput::store
