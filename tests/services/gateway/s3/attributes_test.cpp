#include "services/gateway/s3/attributes.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

http::RequestHead head_with(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    return head;
}

schema::ObjectPartList object_of_two_parts() {
    schema::ObjectPartList list;
    list.object.size_bytes = 12;
    list.object.etag = "e-2";
    list.object.checksums = {{.algorithm = "CRC32", .value = "c-2"}};
    list.object.checksum_type = "COMPOSITE";
    list.object.parts_count = 2;
    list.parts = {{.number = 1, .size_bytes = 7, .checksums = {{"CRC32", "a"}}},
                  {.number = 2, .size_bytes = 5, .checksums = {{"CRC32", "b"}}}};
    return list;
}

TEST(S3Attributes, only_what_is_asked_for_is_shown) {
    const auto wanted =
        read_attributes_query(head_with({{"x-amz-object-attributes", "ETag, ObjectSize"}})).value();
    EXPECT_TRUE(wanted.wants_etag && wanted.wants_size);
    EXPECT_FALSE(wanted.wants_checksum || wanted.wants_parts || wanted.wants_storage_class);
    const std::string document = render_attributes(wanted, object_of_two_parts());
    EXPECT_TRUE(
        document.ends_with("<ETag>e-2</ETag><ObjectSize>12</ObjectSize>"
                           "</GetObjectAttributesResponse>"))
        << document;
}

TEST(S3Attributes, parts_and_checksums_are_as_they_are_kept) {
    const auto wanted =
        read_attributes_query(
            head_with({{"x-amz-object-attributes", "Checksum,ObjectParts,StorageClass"},
                       {"x-amz-max-parts", "2"}}))
            .value();
    const std::string document = render_attributes(wanted, object_of_two_parts());
    EXPECT_TRUE(
        document.contains("<Checksum><ChecksumCRC32>c-2</ChecksumCRC32>"
                          "<ChecksumType>COMPOSITE</ChecksumType></Checksum>"))
        << document;
    EXPECT_TRUE(document.contains("<PartsCount>2</PartsCount>")) << document;
    EXPECT_TRUE(
        document.contains("<Part><PartNumber>2</PartNumber><Size>5</Size>"
                          "<ChecksumCRC32>b</ChecksumCRC32></Part>"))
        << document;
    EXPECT_TRUE(document.contains("<StorageClass>STANDARD</StorageClass>")) << document;
}

TEST(S3Attributes, an_object_that_was_put_at_once_has_no_parts) {
    schema::ObjectPartList list;
    list.object.etag = "e";
    const std::string document = render_attributes({.wants_parts = true}, list);
    EXPECT_FALSE(document.contains("ObjectParts")) << document;
}

TEST(S3Attributes, an_unknown_attribute_is_refused) {
    for (const char* names : {"Size", "ETag,", "etag"}) {
        EXPECT_EQ(
            read_attributes_query(head_with({{"x-amz-object-attributes", names}})).error().message,
            "Invalid attribute name specified.")
            << names;
    }
    EXPECT_FALSE(read_attributes_query(
        head_with({{"x-amz-object-attributes", "ETag"}, {"x-amz-max-parts", "-1"}})));
    for (const auto& head : {head_with({}), head_with({{"x-amz-object-attributes", ""}})})
        EXPECT_EQ(read_attributes_query(head).error().reason, "invalid_request");
    EXPECT_TRUE(read_attributes_query(head_with({{"x-amz-object-attributes", "ETag"},
                                                 {"x-amz-object-attributes", "ObjectSize"}}))
                    ->wants_size);
}

}  // namespace
}  // namespace onput::gateway::s3
