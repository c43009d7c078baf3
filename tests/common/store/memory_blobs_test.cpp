// What MemoryBlobs promises to simulations beyond what every engine does.
#include "tests/support/memory_blobs.hpp"

#include <gtest/gtest.h>

namespace onput::support {
namespace {

using store::BlobRef;

const Error fault{.code = ErrorCode::resource_exhausted, .message = "injected"};

class MemoryBlobsTest : public testing::Test {
protected:
    void write(MemoryBlobs& blobs, std::string bytes) {
        blobs.write({.partition = "p", .key = "k"}, std::move(bytes),
                    [this](Result<BlobRef> ref) { sealed.push_back(std::move(ref)); });
    }

    std::vector<Result<BlobRef>> sealed;
};

TEST_F(MemoryBlobsTest, manual_operations_happen_when_run) {
    MemoryBlobs blobs(BlobRun::manual);
    write(blobs, "1");
    write(blobs, "2");
    EXPECT_EQ(blobs.waiting(), 2U);
    EXPECT_TRUE(blobs.run_one());
    EXPECT_EQ(sealed.size(), 1U);
    EXPECT_EQ(blobs.run(), 1U);
    EXPECT_EQ(sealed.size(), 2U);
    EXPECT_FALSE(blobs.run_one());
    EXPECT_EQ(blobs.count(), 2U);
    EXPECT_EQ(blobs.bytes(), 2U);
    EXPECT_EQ(blobs.refs().size(), 2U);
}

TEST_F(MemoryBlobsTest, a_crash_forgets_what_waits_and_what_is_unsealed) {
    MemoryBlobs blobs(BlobRun::manual);
    write(blobs, "kept");
    blobs.run();
    const auto writer = blobs.open({.partition = "p", .key = "k"}).value();
    writer->append("lost", [](const Result<void>&) {});
    blobs.run();
    write(blobs, "lost");
    blobs.crash();
    EXPECT_EQ(blobs.run(), 0U);
    EXPECT_EQ(sealed.size(), 1U);
    EXPECT_EQ(blobs.bytes(), 4U);
    // The dead process's writer is harmless.
    writer->append("x", [](const Result<void>&) { FAIL(); });
    writer->seal([](const Result<BlobRef>&) { FAIL(); });
    EXPECT_EQ(blobs.run(), 0U);
}

TEST_F(MemoryBlobsTest, an_injected_write_fault_fails_one_write) {
    MemoryBlobs blobs;
    blobs.fail_next_write(fault);
    write(blobs, "1");
    write(blobs, "2");
    EXPECT_EQ(sealed[0].error(), fault);
    EXPECT_TRUE(sealed[1]);
}

TEST_F(MemoryBlobsTest, after_a_failed_append_the_seal_fails_too) {
    MemoryBlobs blobs;
    const auto writer = blobs.open({.partition = "p", .key = "k"}).value();
    blobs.fail_next_write(fault);
    writer->append("1", [](const Result<void>& result) { EXPECT_EQ(result.error(), fault); });
    writer->append("2", [](const Result<void>& result) { EXPECT_EQ(result.error(), fault); });
    writer->seal([](const Result<BlobRef>& ref) { EXPECT_EQ(ref.error(), fault); });
    EXPECT_EQ(blobs.count(), 0U);
}

TEST_F(MemoryBlobsTest, an_injected_seal_fault_leaves_nothing) {
    MemoryBlobs blobs;
    const auto writer = blobs.open({.partition = "p", .key = "k"}).value();
    blobs.fail_next_seal(fault);
    writer->seal([](const Result<BlobRef>& ref) { EXPECT_EQ(ref.error(), fault); });
    EXPECT_EQ(blobs.count(), 0U);
}

TEST_F(MemoryBlobsTest, a_damaged_blob_is_corruption) {
    MemoryBlobs blobs;
    write(blobs, "1");
    blobs.damage(*sealed[0]);
    blobs.read(*sealed[0], {.offset = 0, .length = 1}, [](const Result<std::string>& bytes) {
        EXPECT_EQ(bytes.error().code, ErrorCode::corruption);
    });
}

}  // namespace
}  // namespace onput::support
