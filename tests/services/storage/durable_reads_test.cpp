// What an answer to a read waits for: what it shows, and nothing else.
#include <gtest/gtest.h>

#include "services/storage/service.hpp"
#include "tests/common/service/test_platform.hpp"
#include "tests/support/memory_blobs.hpp"

namespace onput::storage {
namespace {

class PlatformWithBlobs final : public service::TestPlatform {
public:
    Result<std::unique_ptr<store::BlobStore>> open_blobs(const store::FileBlobOptions&,
                                                         std::function<void(Error)>) override {
        return std::make_unique<support::MemoryBlobs>();
    }
};

class DurableReadsTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = StorageService::open(platform, Config{.data = "/nowhere"});
        ASSERT_TRUE(opened) << opened.error().message;
        storage = *std::move(opened);
        ask(schema::CreateBucket{.name = "box"});
        put("old");
        settle();
        ASSERT_EQ(answers(), 2U);
    }

    template <schema::Message M>
    void ask(const M& message) {
        platform.ask(message, {.account = "000000000000", .id = "root"});
        platform.loop().turn();
    }
    void put(const std::string& key) {
        ask(schema::PutObject{.bucket = "box", .key = key, .etag = "e"});
    }
    void get(const std::string& key) { ask(schema::GetObject{.bucket = "box", .key = key}); }
    // Everything becomes durable, and is told.
    void settle() {
        while (platform.sync()) platform.loop().turn();
        platform.loop().turn();
    }
    // Since the last call.
    std::size_t answers() {
        const std::size_t count = platform.replies.size();
        platform.replies.clear();
        return count;
    }

    PlatformWithBlobs platform;
    std::unique_ptr<StorageService> storage;
};

TEST_F(DurableReadsTest, a_read_of_what_is_not_durable_waits_for_it) {
    put("new");
    get("new");
    ask(schema::HeadObject{.bucket = "box", .key = "new"});
    EXPECT_EQ(answers(), 0U);
    settle();
    EXPECT_EQ(answers(), 3U);
}

TEST_F(DurableReadsTest, a_read_of_another_key_leaves_at_once) {
    put("new");
    get("old");
    ask(schema::HeadObject{.bucket = "box", .key = "old"});
    get("never");
    EXPECT_EQ(answers(), 3U);
    settle();
    EXPECT_EQ(answers(), 1U);
}

TEST_F(DurableReadsTest, that_a_key_is_gone_is_told_when_its_deletion_is_durable) {
    ask(schema::DeleteObject{.bucket = "box", .key = "old"});
    get("old");
    EXPECT_EQ(answers(), 0U);
    settle();
    ASSERT_EQ(platform.replies.size(), 2U);
    EXPECT_EQ(platform.replies[1].error().reason, "no_such_key");
}

TEST_F(DurableReadsTest, what_a_bucket_is_told_holds_up_every_key) {
    ask(schema::PutVersioning{.bucket = "box", .status = schema::Versioning::enabled});
    get("old");
    EXPECT_EQ(answers(), 0U);
    settle();
    EXPECT_EQ(answers(), 2U);
}

TEST_F(DurableReadsTest, a_list_waits_for_everything) {
    put("new");
    ask(schema::ListObjects{.bucket = "box"});
    EXPECT_EQ(answers(), 0U);
    settle();
    EXPECT_EQ(answers(), 2U);
}

}  // namespace
}  // namespace onput::storage
