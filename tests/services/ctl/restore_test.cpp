// Restores that are killed or fail on their way, and what the next one makes of that.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/store/backup_manifest.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/restore_plan.hpp"
#include "tests/support/power_cut.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;  // Path to content.

void write(const std::string& path, const std::string& content) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << content;
}

Files files_in(const std::string& directory) {
    Files files;
    if (!fs::exists(directory)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path());
        files[entry.path().lexically_relative(directory).string()] = {
            std::istreambuf_iterator<char>(in), {}};
    }
    return files;
}

class RestoreTest : public testing::Test {
protected:
    RestoreTest() { write_backup(backup, "1"); }

    void write_backup(const std::string& to, const std::string& id) const {
        std::map<std::string, store::BackupManifest> manifests;
        for (const auto& [path, content] : whole) {
            const std::string service = path.substr(0, path.find('/'));
            write(directory.path_of("source"), content);
            store::CopyProgress unseen;
            auto copied = *store::copy_file(directory.path_of("source"), to + "/" + path,
                                            std::nullopt, unseen);
            copied.path = path.substr(service.size() + 1);
            auto& manifest = manifests[service];
            manifest.id = id;
            manifest.service = service;
            manifest.files.push_back(copied);
        }
        for (const auto& [service, manifest] : manifests) {
            ASSERT_TRUE(store::write_backup_manifest(to + "/" + service, manifest));
        }
    }
    ExitCode restore(RestoreOptions options = {}) const {
        if (options.backup.empty()) options.backup = backup;
        return run_restore({.data = data, .quiet = true}, options);
    }
    [[nodiscard]] RestorePlan plan(const std::string& cold = {}) const {
        return {.backup_id = "1",
                .services = {"storage", "notifier", "queue"},
                .cold_directory = cold.empty() ? data + "/storage/cold" : cold};
    }

    const Files whole{{"storage/life", "1\n"},          {"storage/rows/CURRENT", "current"},
                      {"storage/cold/life", "2\n"},     {"storage/cold/blobs/00/1", "archived"},
                      {"notifier/rows/CURRENT", "now"}, {"queue/rows/CURRENT", "here"}};
    // With the mark of a journal that was put back.
    const Files restored = [this] {
        Files files = whole;
        files.emplace("notifier/restored", "");
        return files;
    }();
    const support::TempDirectory directory;
    const std::string backup = directory.path_of("backup");
    const std::string data = directory.path_of("data");
};

TEST_F(RestoreTest, puts_all_in_its_place_and_leaves_nothing_else) {
    EXPECT_EQ(restore(), ExitCode::ok);
    EXPECT_EQ(files_in(data), restored);
    EXPECT_FALSE(fs::exists(data + "/restore.part"));
    EXPECT_TRUE(check_is_restored(data));
    EXPECT_EQ(restore(), ExitCode::conflict);
}

TEST_F(RestoreTest, one_that_was_killed_anywhere_is_done_again) {
    const std::vector<std::function<void()>> kills{
        [&] { fs::create_directories(data + "/restore.part"); },
        [&] { write(data + "/restore.part/PLAN", "onput-restore 1\nid"); },
        [&] { ASSERT_TRUE(write_restore_plan(data, plan())); },
        [&] {
            ASSERT_TRUE(write_restore_plan(data, plan()));
            write(data + "/restore.part/storage/life", "half");
        },
        [&] {
            ASSERT_TRUE(write_restore_plan(data, plan()));
            for (const auto& [path, content] : restored) {
                const bool is_moved = path.starts_with("storage/");
                write(data + (is_moved ? "/" : "/restore.part/") + path, content);
            }
        },
        [&] {
            ASSERT_TRUE(write_restore_plan(data, plan()));
            for (const auto& [path, content] : restored) write(data + "/" + path, content);
        }};
    for (std::size_t at = 0; at < kills.size(); ++at) {
        fs::remove_all(data);
        kills[at]();
        const bool is_planned = at >= 2;
        EXPECT_EQ(check_is_restored(data).has_value(), !is_planned) << at;
        EXPECT_EQ(restore(), ExitCode::ok) << at;
        EXPECT_EQ(files_in(data), restored) << at;
        EXPECT_TRUE(check_is_restored(data)) << at;
    }
}

TEST_F(RestoreTest, an_unfinished_one_is_refused_to_any_other_and_kept) {
    ASSERT_TRUE(write_restore_plan(data, plan()));
    write(data + "/storage/life", "1\n");
    const Files before = files_in(data);
    const std::string other = directory.path_of("other");
    write_backup(other, "2");
    EXPECT_EQ(restore({.backup = other}), ExitCode::conflict);
    EXPECT_EQ(restore({.services = {"queue"}}), ExitCode::conflict);
    EXPECT_EQ(files_in(data), before);
    EXPECT_EQ(check_is_restored(data).error().code, ErrorCode::conflict);
}

TEST_F(RestoreTest, what_was_used_since_it_was_put_in_its_place_is_not_replaced) {
    ASSERT_TRUE(write_restore_plan(data, plan()));
    for (const auto& [path, content] : whole) {
        if (path.starts_with("queue/")) write(data + "/" + path, content + " and more");
    }
    EXPECT_EQ(restore(), ExitCode::conflict);
    EXPECT_EQ(files_in(data)["queue/rows/CURRENT"], "here and more");
    EXPECT_FALSE(fs::exists(data + "/storage"));
}

TEST_F(RestoreTest, what_no_plan_says_is_nobodys_to_remove) {
    write(data + "/restore.part/storage/life", "?");
    EXPECT_EQ(restore(), ExitCode::conflict);
    EXPECT_EQ(check_is_restored(data).error().code, ErrorCode::conflict);
    EXPECT_EQ(files_in(data).size(), 1U);
}

TEST_F(RestoreTest, one_that_fails_while_it_copies_leaves_nothing) {
    write(directory.path_of("file"), "mine");
    EXPECT_NE(restore({.cold_data = directory.path_of("file/cold")}), ExitCode::ok);
    EXPECT_TRUE(files_in(data).empty());
    EXPECT_FALSE(fs::exists(data + "/restore.part"));
    EXPECT_EQ(restore(), ExitCode::ok);
}

TEST_F(RestoreTest, archived_bytes_go_where_the_storage_service_looks_for_them) {
    const std::string cold = directory.path_of("elsewhere/cold");
    // As it was killed between two moves.
    ASSERT_TRUE(write_restore_plan(data, plan(cold)));
    write(cold + "/life", "2\n");
    write(cold + "/restore.part/blobs/00/1", "arch");
    EXPECT_EQ(restore({.cold_data = cold}), ExitCode::ok);
    EXPECT_EQ(files_in(cold), (Files{{"life", "2\n"}, {"blobs/00/1", "archived"}}));
    EXPECT_FALSE(fs::exists(cold + "/restore.part"));
    EXPECT_FALSE(fs::exists(data + "/storage/cold"));
    EXPECT_EQ(files_in(data).size(), restored.size() - 2);

    fs::remove_all(data);
    EXPECT_EQ(restore({.cold_data = cold}), ExitCode::conflict);  // It is somebody's.
    EXPECT_FALSE(fs::exists(data));
    EXPECT_EQ(restore({.cold_data = data + "/storage/archive"}), ExitCode::ok);
    EXPECT_EQ(files_in(data + "/storage/archive").size(), 2U);
    EXPECT_FALSE(fs::exists(data + "/storage/cold"));
}

TEST_F(RestoreTest, what_it_says_is_restored_survives_a_power_cut) {
    const std::string disk = directory.path_of("disk");
    const std::string cold = disk + "/cold";
    fs::create_directories(disk);
    support::PowerCut power(disk, directory.path_of("record"));
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(ONPUT_BINARY, ONPUT_BINARY, "--data", (disk + "/data").c_str(), "restore",
                backup.c_str(), "--cold-data", cold.c_str(), nullptr);
        ::_exit(127);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    power.happen();
    EXPECT_EQ(files_in(disk), (Files{{"data/storage/life", "1\n"},
                                     {"data/storage/rows/CURRENT", "current"},
                                     {"data/notifier/restored", ""},
                                     {"data/notifier/rows/CURRENT", "now"},
                                     {"data/queue/rows/CURRENT", "here"},
                                     {"cold/life", "2\n"},
                                     {"cold/blobs/00/1", "archived"}}));
}

TEST(RestorePlanTest, is_read_as_it_was_written_and_believed_only_whole) {
    const RestorePlan plan{
        .backup_id = "4f", .services = {"storage", "queue"}, .cold_directory = "/a b"};
    const std::string text = to_text(plan);
    EXPECT_EQ(parse_restore_plan(text), plan);
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_FALSE(parse_restore_plan(text.substr(0, length))) << length;
    }
}

}  // namespace
}  // namespace onput::ctl
