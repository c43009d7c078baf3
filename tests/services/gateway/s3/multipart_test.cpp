#include "services/gateway/s3/multipart.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

http::RequestHead head_with(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.headers = std::move(headers);
    return head;
}

std::string completion_of(std::string_view parts) {
    return fmt::format("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts);
}

TEST(S3Multipart, parts_are_read_with_quotes_and_without) {
    const auto parts =
        read_completed_parts(
            completion_of("<Part><ETag>\"a\"</ETag><PartNumber>1</PartNumber></Part>"
                          "<Part><PartNumber> 3 </PartNumber><ETag>&quot;b&quot;</ETag></Part>"
                          "<Part><PartNumber>4</PartNumber><ETag>c</ETag>"
                          "<ChecksumCRC32>x</ChecksumCRC32></Part>"))
            .value();
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[0].etag, "a");
    EXPECT_EQ(parts[1].number, 3U);
    EXPECT_EQ(parts[1].etag, "b");
    EXPECT_EQ(parts[2].etag, "c");
    EXPECT_EQ(parts[2].checksums, (std::vector<schema::Checksum>{{"CRC32", "x"}}));
}

TEST(S3Multipart, a_document_that_names_no_part_is_refused) {
    EXPECT_EQ(read_completed_parts("").error().message, "You must specify at least one part");
    for (const std::string& body :
         {std::string("<a/>"), completion_of(""), completion_of("<Part/>"),
          completion_of("<Part><PartNumber>1</PartNumber></Part>"),
          completion_of("<Part><PartNumber>x</PartNumber><ETag>a</ETag></Part>"),
          completion_of("<Part><PartNumber>-1</PartNumber><ETag>a</ETag></Part>")}) {
        EXPECT_EQ(read_completed_parts(body).error().reason, "malformed_xml") << body;
    }
}

TEST(S3Multipart, ten_thousand_parts_fit_and_more_do_not) {
    std::string parts;
    for (std::uint32_t number = 1; number <= schema::part_number_max; ++number) {
        parts += fmt::format(
            "  <Part>\n    <ETag>&quot;{:032}&quot;</ETag>\n    <PartNumber>{}</PartNumber>\n"
            "    <ChecksumSHA256>{:044}</ChecksumSHA256>\n  </Part>\n",
            number, number, number);
    }
    EXPECT_LE(completion_of(parts).size(), complete_body_bytes_max);
    EXPECT_EQ(read_completed_parts(completion_of(parts)).value().size(), schema::part_number_max);
    parts += "<Part><ETag>a</ETag><PartNumber>1</PartNumber></Part>";
    EXPECT_EQ(read_completed_parts(completion_of(parts)).error().reason, "malformed_xml");
}

TEST(S3Multipart, a_part_has_a_number_in_range) {
    EXPECT_EQ(read_part_target({{"partNumber", "10000"}, {"uploadId", "u"}}).value(),
              (schema::PartTarget{.upload_id = "u", .number = 10000}));
    for (const char* number : {"0", "10001", "", "1x", "-1"}) {
        const auto error = read_part_target({{"partNumber", number}, {"uploadId", "u"}}).error();
        EXPECT_EQ(error.message, "Part number must be an integer between 1 and 10000, inclusive");
        EXPECT_EQ(error.details.front().second, "partNumber");
    }
}

TEST(S3Multipart, an_algorithm_has_a_type_of_its_own_when_none_is_stated) {
    const auto type_of = [](std::vector<http::Header> headers) {
        schema::CreateUpload upload;
        EXPECT_TRUE(read_upload_checksum(head_with(std::move(headers)), upload));
        return upload.checksum_type;
    };
    EXPECT_EQ(type_of({}), "");
    EXPECT_EQ(type_of({{"x-amz-checksum-algorithm", "CRC32"}}), "COMPOSITE");
    EXPECT_EQ(type_of({{"x-amz-checksum-algorithm", "sha256"}}), "COMPOSITE");
    EXPECT_EQ(type_of({{"x-amz-checksum-algorithm", "CRC64NVME"}}), "FULL_OBJECT");
    EXPECT_EQ(
        type_of({{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", "FULL_OBJECT"}}),
        "FULL_OBJECT");
}

TEST(S3Multipart, a_type_without_an_algorithm_is_refused) {
    schema::CreateUpload upload;
    EXPECT_FALSE(read_upload_checksum(head_with({{"x-amz-checksum-type", "COMPOSITE"}}), upload));
    EXPECT_FALSE(read_upload_checksum(head_with({{"x-amz-checksum-algorithm", "CRC1"}}), upload));
}

TEST(S3Multipart, a_completion_states_the_checksum_and_size_of_the_whole) {
    schema::CompleteUpload completion;
    EXPECT_TRUE(read_completion_headers(head_with({{"x-amz-checksum-crc32", "v"},
                                                   {"x-amz-checksum-type", "FULL_OBJECT"},
                                                   {"x-amz-mp-object-size", "7"}}),
                                        completion));
    EXPECT_EQ(completion.checksums, (std::vector<schema::Checksum>{{"CRC32", "v"}}));
    EXPECT_EQ(completion.checksum_type, "FULL_OBJECT");
    EXPECT_EQ(completion.size_bytes, 7U);
    schema::CompleteUpload other;
    EXPECT_FALSE(read_completion_headers(
        head_with({{"x-amz-checksum-crc32", "v"}, {"x-amz-checksum-sha1", "v"}}), other));
    EXPECT_FALSE(read_completion_headers(head_with({{"x-amz-mp-object-size", "x"}}), other));
}

TEST(S3Multipart, a_marker_of_uploads_means_nothing_without_one_of_keys) {
    const auto alone = read_uploads_query({{"upload-id-marker", "u"}}).value();
    EXPECT_EQ(alone.message.after_upload_id, "");
    const std::string id(schema::upload_id_digits, 'a');
    const auto both = read_uploads_query({{"key-marker", "k"}, {"upload-id-marker", id}}).value();
    EXPECT_EQ(both.message.after_upload_id, id);
    EXPECT_FALSE(read_uploads_query({{"key-marker", "k"}, {"upload-id-marker", "u"}}));
    EXPECT_EQ(read_uploads_query({{"max-uploads", "5000"}}).value().message.uploads_max, 1000U);
    EXPECT_FALSE(read_uploads_query({{"max-uploads", "-1"}}));
    EXPECT_FALSE(read_uploads_query({{"encoding-type", "x"}}));
}

TEST(S3Multipart, names_in_lists_are_encoded_when_asked_for) {
    const auto wanted = read_uploads_query({{"prefix", "a b/"}, {"encoding-type", "url"}}).value();
    schema::UploadList list;
    list.uploads = {{.key = "a b/+", .upload_id = "u"}};
    list.common_prefixes = {"a b/c d/"};
    const std::string document = render_uploads(wanted, list);
    for (const char* element :
         {"<Prefix>a+b/</Prefix>", "<Key>a+b/%2B</Key>",
          "<CommonPrefixes><Prefix>a+b/c+d/</Prefix></CommonPrefixes>",
          "<EncodingType>url</EncodingType>", "<StorageClass>STANDARD</StorageClass>"}) {
        EXPECT_TRUE(document.contains(element)) << element << document;
    }
}

TEST(S3Multipart, a_completion_is_answered_with_where_the_object_is) {
    schema::CompleteUpload request{.bucket = "b", .key = "k<"};
    schema::UploadCompleted completed;
    completed.object.etag = "e-1";
    completed.checksums = {{"CRC32", "v-1"}};
    completed.checksum_type = "COMPOSITE";
    const std::string document =
        render_completed({.request = request, .completed = completed, .location = "http://h/b/k"});
    EXPECT_TRUE(document.ends_with(
        "<Location>http://h/b/k</Location><Bucket>b</Bucket><Key>k&lt;</Key>"
        "<ETag>&quot;e-1&quot;</ETag><ChecksumCRC32>v-1</ChecksumCRC32>"
        "<ChecksumType>COMPOSITE</ChecksumType></CompleteMultipartUploadResult>"))
        << document;
}

}  // namespace
}  // namespace onput::gateway::s3
