#include "services/gateway/s3/form_reader.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

const std::string whole =
    "--b\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\nphotos/${filename}\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\a b\\cat.jpg\"\r\n"
    "Content-Type: image/jpeg\r\n\r\nby\r\n--tes\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\n1\r\n--b--\r\n";

struct Reading {
    FormReader reader{"b"};
    std::string file;
    Result<void> fed;
};

Reading read(std::string_view body, std::size_t piece_bytes = SIZE_MAX) {
    Reading reading;
    while (!body.empty() && reading.fed) {
        const auto piece = body.substr(0, piece_bytes);
        reading.fed = reading.reader.feed(piece, reading.file);
        body.remove_prefix(piece.size());
    }
    return reading;
}

std::string reason_of(const Reading& reading) {
    if (!reading.fed) return reading.fed.error().reason;
    const auto finished = reading.reader.finish();
    return finished ? std::string() : finished.error().reason;
}

TEST(S3FormReader, pieces_of_any_size_give_the_same_fields_and_file) {
    for (std::size_t bytes = 1; bytes <= whole.size(); ++bytes) {
        auto reading = read(whole, bytes);
        ASSERT_EQ(reason_of(reading), "") << bytes;
        EXPECT_EQ(reading.file, "by\r\n--tes") << bytes;
        EXPECT_EQ(reading.reader.fields().text_of("key"), "photos/${filename}");
        EXPECT_EQ(*reading.reader.fields().find("empty"), "");
        EXPECT_EQ(reading.reader.fields().find("late"), nullptr);
        EXPECT_EQ(reading.reader.filename(), "cat.jpg");
    }
}

TEST(S3FormReader, the_filename_is_filled_in_everywhere) {
    auto reading = read(whole);
    auto& fields = reading.reader.fields();
    fields.add("X-Amz-Meta-Name", "${filename}, ${filename}");
    ASSERT_TRUE(fields.fill_in_filename("${filename}.jpg"));
    EXPECT_EQ(fields.text_of("key"), "photos/${filename}.jpg");
    EXPECT_EQ(fields.text_of("x-amz-meta-name"), "${filename}.jpg, ${filename}.jpg");
    const auto filled = fields.fill_in_filename(std::string(form_fields_bytes_max, 'n'));
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().reason, "form_too_large");
}

TEST(S3FormReader, a_body_that_ends_early_or_is_no_form_is_malformed) {
    EXPECT_EQ(reason_of(read(whole.substr(0, whole.find("--tes")))), "malformed_post_request");
    EXPECT_EQ(reason_of(read("")), "malformed_post_request");
    EXPECT_EQ(reason_of(read("--bad\r\n")), "malformed_post_request");
    EXPECT_EQ(reason_of(read("--b\r\n\r\n\r\n--b--")), "malformed_post_request");
    EXPECT_EQ(reason_of(read("--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--")),
              "malformed_post_request");
    EXPECT_EQ(reason_of(read("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--b--")),
              "malformed_post_request");
    EXPECT_EQ(reason_of(read("--b--\r\n")), "no_form_file");
}

TEST(S3FormReader, fields_and_heads_before_the_file_are_bounded) {
    const std::string head = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
    const std::string long_value(form_fields_bytes_max, 'v');
    EXPECT_EQ(reason_of(read(head + long_value, 1000)), "form_too_large");
    EXPECT_EQ(reason_of(read(long_value, 1000)), "form_too_large");
    EXPECT_EQ(reason_of(read("--b\r\n" + long_value, 1000)), "form_too_large");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += head + "v\r\n";
    EXPECT_EQ(reason_of(read(many)), "form_too_large");
    const std::string file = "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n";
    EXPECT_EQ(reason_of(read(file + long_value + "\r\n--b--")), "");
}

TEST(S3FormReader, the_boundary_is_a_parameter_of_the_type) {
    EXPECT_EQ(boundary_of("multipart/form-data; boundary=a b"), "a b");
    EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=x; Boundary=\"a;b\""), "a;b");
    EXPECT_EQ(boundary_of("multipart/form-data"), "");
    EXPECT_FALSE(boundary_of("application/x-www-form-urlencoded; boundary=b"));
    EXPECT_FALSE(boundary_of(""));
}

}  // namespace
}  // namespace onput::gateway::s3
