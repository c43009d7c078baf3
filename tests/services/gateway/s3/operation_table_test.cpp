#include "services/gateway/s3/operation_table.hpp"

#include <set>

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {
namespace {

class S3OperationTable : public testing::Test {
protected:
    [[nodiscard]] std::string_view find(std::string_view method, Target target,
                                        std::vector<std::string_view> parameters,
                                        std::vector<http::Header> headers = {}) const {
        http::RequestHead head;
        head.method = method;
        head.headers = std::move(headers);
        const auto* entry = table.find({.head = head, .target = target, .parameters = parameters});
        return entry != nullptr ? entry->operation->name : "";
    }

    OperationTable table{aws::s3_model(), operation_names()};
};

TEST_F(S3OperationTable, parameters_and_headers_make_it_another_operation) {
    EXPECT_EQ(find("PUT", Target::object, {}), "PutObject");
    EXPECT_EQ(find("PUT", Target::object, {}, {{"x-amz-copy-source", "/a/b"}}), "CopyObject");
    EXPECT_EQ(find("PUT", Target::object, {"uploadId", "partNumber"}), "UploadPart");
    EXPECT_EQ(find("PUT", Target::object, {"uploadId", "partNumber"}, {{"x-amz-copy-source", "a"}}),
              "UploadPartCopy");
    EXPECT_EQ(find("POST", Target::object, {"select", "select-type"}), "SelectObjectContent");
    EXPECT_EQ(find("GET", Target::bucket, {"analytics"}), "ListBucketAnalyticsConfigurations");
    EXPECT_EQ(find("GET", Target::bucket, {"analytics", "id"}), "GetBucketAnalyticsConfiguration");
    EXPECT_EQ(find("POST", Target::bucket, {}), "");
    EXPECT_EQ(find("PATCH", Target::object, {}), "");
}

TEST_F(S3OperationTable, of_two_that_look_the_same_the_one_that_exists_here_is_found) {
    EXPECT_EQ(find("GET", Target::service, {}), "ListBuckets");
    EXPECT_EQ(find("GET", Target::bucket, {"notification"}), "GetBucketNotificationConfiguration");
    EXPECT_EQ(find("PUT", Target::bucket, {"notification"}), "PutBucketNotificationConfiguration");
}

TEST_F(S3OperationTable, what_refines_an_operation_that_exists_is_a_modifier) {
    for (const std::string_view name :
         {"prefix", "max-keys", "versionId", "response-expires", "bucket-region", "fetch-owner"})
        EXPECT_TRUE(table.is_modifier(name)) << name;
    for (const std::string_view name :
         {"acl", "uploadId", "partNumber", "upload-id-marker", "list-type", ""})
        EXPECT_FALSE(table.is_modifier(name)) << name;
}

TEST_F(S3OperationTable, what_asks_an_object_for_more_than_bytes_is_known) {
    for (const std::string_view name :
         {"acl", "annotation", "attributes", "encryption", "legal-hold", "partNumber", "restore",
          "retention", "select", "select-type", "tagging", "torrent", "uploadId", "uploads"})
        EXPECT_TRUE(table.is_object_sub_resource(name)) << name;
    EXPECT_FALSE(table.is_object_sub_resource("v"));
}

TEST_F(S3OperationTable, every_operation_that_exists_here_is_in_the_model) {
    for (const auto name : operation_names())
        EXPECT_NE(aws::s3_model().find_operation(name), nullptr) << name;
}

}  // namespace
}  // namespace onput::gateway::s3
