#include "common/worker/object_client.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "common/worker/file_descriptor.hpp"
#include "tests/common/transport/harness.hpp"
#include "tests/common/worker/fake_storage.hpp"

namespace onput::worker {
namespace {

// Bytes that differ everywhere, so that a piece in the wrong place shows.
std::string pattern(std::size_t count) {
    std::string bytes(count, '\0');
    std::uint32_t state = 12345;
    for (char& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

class ObjectClientTest : public testing::Test {
protected:
    ObjectClientTest() : file(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {}

    void write_file(const std::string& bytes) {
        ASSERT_EQ(pwrite(file.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
    }
    std::string read_file(std::uint64_t offset, std::size_t length) {
        std::string bytes(length, '\0');
        const ssize_t count = pread(file.get(), bytes.data(), length, static_cast<off_t>(offset));
        bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return bytes;
    }
    Result<schema::ObjectInfo> download(const std::string& key, std::uint64_t offset,
                                        std::uint64_t bytes_max) {
        std::optional<Result<schema::ObjectInfo>> result;
        objects.download({.bucket = "b", .key = key}, {},
                         {.fd = file.get(), .bytes_max = bytes_max, .offset = offset},
                         [&](Result<schema::ObjectInfo> done) { result = std::move(done); });
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    }
    Result<schema::ObjectPut> upload(const std::string& key, ObjectClient::FileRange from) {
        schema::PutObject object;
        object.bucket = "b";
        object.key = key;
        std::optional<Result<schema::ObjectPut>> result;
        objects.upload(std::move(object), {}, from,
                       [&](Result<schema::ObjectPut> done) { result = std::move(done); });
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    }
    std::string stored(const std::string& key) { return storage.objects.at({"b", key}).bytes; }

    transport::TestFolder folder;
    transport::TestLoop loop;
    FakeStorage storage{loop.get(), folder.ipc("storage")};
    std::unique_ptr<transport::RequestClient> client =
        transport::RequestClient::connect(loop.get(), folder.ipc("storage"));
    ObjectClient objects{*client};
    FileDescriptor file;
};

TEST_F(ObjectClientTest, several_objects_share_one_file) {
    const std::string large = pattern(2'500'000);
    storage.add({"b", "large"}, large);
    storage.add({"b", "small"}, "small");
    storage.add({"b", "empty"}, "");
    ASSERT_TRUE(download("large", 0, 1U << 30));
    ASSERT_TRUE(download("small", large.size(), 1U << 30));
    ASSERT_TRUE(download("empty", large.size() + 5, 1U << 30));
    EXPECT_EQ(storage.pieces_read, 3U);
    EXPECT_TRUE(read_file(0, large.size()) == large);
    EXPECT_EQ(read_file(large.size(), 100), "small");
}

TEST_F(ObjectClientTest, an_object_above_the_limit_is_refused_before_its_bytes_are_asked_for) {
    storage.add({"b", "large"}, pattern(300'000));
    const auto refused = download("large", 0, 299'999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "object_too_large");
    EXPECT_EQ(storage.pieces_read, 0U);
    EXPECT_EQ(read_file(0, 10), "");
    EXPECT_TRUE(download("large", 0, 300'000));
}

TEST_F(ObjectClientTest, a_range_of_a_file_becomes_an_object) {
    const std::string bytes = pattern(3'000'000);
    write_file(bytes);
    ASSERT_TRUE(upload("small", ObjectClient::FileRange{file.get(), 1000, 5}));
    ASSERT_TRUE(upload("large", ObjectClient::FileRange{file.get(), 77, 2'000'000}));
    ASSERT_TRUE(upload("rest", ObjectClient::FileRange{file.get(), 2'999'990, {}}));
    ASSERT_TRUE(upload("nothing", ObjectClient::FileRange{file.get(), 3'000'000, {}}));
    ASSERT_TRUE(upload("whole", ObjectClient::FileRange{file.get()}));
    EXPECT_EQ(stored("small"), bytes.substr(1000, 5));
    EXPECT_TRUE(stored("large") == bytes.substr(77, 2'000'000));
    EXPECT_EQ(stored("rest"), bytes.substr(2'999'990));
    EXPECT_EQ(stored("nothing"), "");
    EXPECT_TRUE(stored("whole") == bytes);
}

TEST_F(ObjectClientTest, a_range_beyond_the_files_end_is_refused) {
    write_file("0123456789");
    for (const ObjectClient::FileRange range :
         {ObjectClient::FileRange{file.get(), 5, 6}, ObjectClient::FileRange{file.get(), 11, {}},
          ObjectClient::FileRange{file.get(), 1, ~std::uint64_t{0}}}) {
        const auto refused = upload("a", range);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::corruption);
    }
    EXPECT_TRUE(storage.objects.empty());
}

TEST_F(ObjectClientTest, bytes_in_memory_become_an_object) {
    schema::PutObject object;
    object.bucket = "b";
    object.key = "a";
    std::optional<Result<schema::ObjectPut>> result;
    objects.upload_bytes(object, {}, "hello",
                         [&](Result<schema::ObjectPut> done) { result = std::move(done); });
    ASSERT_TRUE(loop.run_until([&] { return result.has_value(); }));
    ASSERT_TRUE(*result);
    EXPECT_EQ(stored("a"), "hello");
    EXPECT_EQ(storage.objects.at({"b", "a"}).info.etag, "5d41402abc4b2a76b9719d911017c592");
}

TEST_F(ObjectClientTest, an_object_is_removed_only_while_it_is_the_one_meant) {
    storage.add({"b", "a"}, "new");
    const auto remove = [this](const std::string& etag) {
        schema::DeleteObject gone;
        gone.bucket = "b";
        gone.key = "a";
        gone.conditions.if_match = "\"" + etag + "\"";
        std::optional<Result<schema::ObjectDeleted>> result;
        objects.remove(gone, {}, [&](Result<schema::ObjectDeleted> done) { result = done; });
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    };
    const auto refused = remove("00000000000000000000000000000000");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "precondition_failed");
    EXPECT_TRUE(storage.has({"b", "a"}));
    ASSERT_TRUE(remove(storage.objects.at({"b", "a"}).info.etag));
    EXPECT_FALSE(storage.has({"b", "a"}));
}

TEST_F(ObjectClientTest, an_inspected_object_comes_without_bytes) {
    storage.add({"b", "a"}, pattern(400'000), {{"onput-reason", "damaged"}});
    std::optional<Result<schema::ObjectInfo>> result;
    objects.inspect({.bucket = "b", .key = "a"}, {},
                    [&](Result<schema::ObjectInfo> done) { result = std::move(done); });
    ASSERT_TRUE(loop.run_until([&] { return result.has_value(); }));
    EXPECT_EQ((*result)->size_bytes, 400'000U);
    EXPECT_EQ((*result)->metadata.at("onput-reason"), "damaged");
    EXPECT_EQ(storage.pieces_read, 0U);
}

TEST_F(ObjectClientTest, a_failed_piece_fails_the_download_once) {
    storage.add({"b", "large"}, pattern(6'000'000));
    storage.fault = [](std::string_view method, const std::string&) -> std::optional<Error> {
        if (method != schema::ReadObject::method) return {};
        return Error{.code = ErrorCode::unavailable, .message = "gone"};
    };
    const auto refused = download("large", 0, 1U << 30);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace onput::worker
