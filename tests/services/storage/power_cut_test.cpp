// The real storage process through power cuts: what it acknowledged is there, whole, whatever it
// had not synced is gone.
#include "tests/support/power_cut.hpp"

#include <map>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "tests/services/storage/process_harness.hpp"

namespace onput::storage {
namespace {

constexpr int cuts = 6;
constexpr int puts_per_life = 24;

// A content that follows from its key; rows, segment blobs and large blobs in turn.
std::string content_of(const std::string& key, int number) {
    const std::size_t sizes[] = {100, 20'000, 200'000, 1'500'000};
    std::string content;
    const std::size_t bytes = sizes[number % 4];
    while (content.size() < bytes) content += key + " ";
    content.resize(bytes);
    return content;
}

class PowerCutTest : public testing::Test {
protected:
    support::TempDirectory outer;
    support::PowerCut power{outer.path_of("folder/data"), outer.path_of("record")};
};

TEST_F(PowerCutTest, every_acknowledged_upload_survives) {
    std::filesystem::create_directories(outer.path_of("folder/data"));
    ProcessHarness harness(outer.path_of("folder/data"));
    harness.start_notifier();
    harness.create_bucket();
    std::map<std::string, std::string> acknowledged;
    int number = 0;
    for (int cut = 0; cut < cuts; ++cut) {
        for (int i = 0; i < puts_per_life; ++i) {
            const std::string key = "k" + std::to_string(++number);
            const std::string content = content_of(key, number);
            const bool is_large = content.size() > schema::whole_put_bytes_max;
            const auto put = is_large ? harness.stream(key, content) : harness.put(key, content);
            ASSERT_TRUE(put) << put.error().message;
            acknowledged[key] = content;
        }
        // Some are on their way when the power goes.
        int answered = 0;
        for (int i = 0; i < 8; ++i) {
            const std::string key = "k" + std::to_string(++number);
            const std::string content(20'000, 'x');
            harness.send<schema::PutObject>(
                ProcessHarness::put_request(key, content), content,
                [&, key, content](const ProcessHarness::Answered<schema::PutObject>& got) {
                    ++answered;
                    if (got.reply) acknowledged[key] = content;
                });
        }
        ASSERT_TRUE(harness.wait_until([&] { return answered >= cut; }));
        harness.process.kill();
        ASSERT_TRUE(harness.wait_until([&] { return answered == 8; }));
        power.happen();
        harness.process.start();
        for (const auto& [key, content] : acknowledged) {
            ASSERT_EQ(harness.read_all(key), content) << key << " after cut " << cut;
        }
    }
}

}  // namespace
}  // namespace onput::storage
