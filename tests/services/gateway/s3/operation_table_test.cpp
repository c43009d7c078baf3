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

TEST_F(S3OperationTable, what_asks_for_something_else_is_a_sub_resource) {
    for (const std::string_view name :
         {"acl", "annotation", "attributes", "encryption", "legal-hold", "partNumber", "restore",
          "retention", "select", "select-type", "tagging", "torrent", "uploadId", "uploads"})
        EXPECT_TRUE(table.is_sub_resource(Target::object, name)) << name;
    for (const std::string_view name : {"acl", "analytics", "delete", "list-type", "location",
                                        "notification", "uploads", "versions"})
        EXPECT_TRUE(table.is_sub_resource(Target::bucket, name)) << name;
}

TEST_F(S3OperationTable, what_refines_an_operation_or_means_nothing_is_none) {
    for (const std::string_view name : {"prefix", "max-keys", "max-uploads", "key-marker", "id",
                                        "bucket-region", "versionId", "v", ""})
        EXPECT_FALSE(table.is_sub_resource(Target::bucket, name)) << name;
    for (const std::string_view name : {"versionId", "response-expires", "location", "v", ""})
        EXPECT_FALSE(table.is_sub_resource(Target::object, name)) << name;
}

TEST_F(S3OperationTable, a_sub_resource_of_one_thing_is_known_on_others) {
    for (const std::string_view name : {"acl", "cors", "location", "versions", "retention"})
        EXPECT_TRUE(table.is_sub_resource(name)) << name;
    for (const std::string_view name : {"list-type", "partNumber", "id", "v"})
        EXPECT_FALSE(table.is_sub_resource(name)) << name;
}

TEST_F(S3OperationTable, every_operation_that_exists_here_is_in_the_model) {
    for (const auto name : operation_names())
        EXPECT_NE(aws::s3_model().find_operation(name), nullptr) << name;
}

}  // namespace
}  // namespace onput::gateway::s3
