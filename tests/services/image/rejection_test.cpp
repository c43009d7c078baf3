#include "services/image/rejection.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::image {
namespace {

Subject tom() {
    return {.bucket = "inbox",
            .key = "cats/tom.jpg",
            .etag = "e1",
            .content_type = "image/jpeg",
            .message_id = "m1",
            .event_id = "v1"};
}

Error error_of(ErrorCode code, const std::string& reason) {
    return {.code = code, .message = "why", .reason = reason};
}

TEST(Rejection, is_what_a_photo_is_at_fault_for) {
    for (const char* reason : {"not_an_image", "unsupported_format", "too_many_bytes",
                               "too_many_pixels", "too_many_pages", "damaged"}) {
        const auto rejection = as_rejection(error_of(ErrorCode::invalid_argument, reason));
        ASSERT_TRUE(rejection) << reason;
        EXPECT_EQ(rejection->reason, reason);
        EXPECT_EQ(to_error(*rejection), error_of(ErrorCode::invalid_argument, reason));
    }
    EXPECT_FALSE(as_rejection(error_of(ErrorCode::invalid_argument, "bad_recipe")));
    EXPECT_FALSE(as_rejection(error_of(ErrorCode::invalid_argument, "bad_watermark")));
    EXPECT_FALSE(as_rejection(error_of(ErrorCode::internal, "damaged")));
    EXPECT_FALSE(as_rejection(error_of(ErrorCode::resource_exhausted, "job_memory")));
}

TEST(Rejection, is_read_back_in_the_same_words) {
    const Rejection rejection = reject("damaged", "mèo.jpg: 100% of \"line\" 7\nis cut");
    Metadata metadata;
    add_rejection(metadata, tom(), rejection);
    EXPECT_EQ(metadata.at("onput-reason"), "damaged");
    EXPECT_EQ(metadata.at("onput-source"), "s3://inbox/cats/tom.jpg");
    for (const auto& [name, value] : metadata) {
        EXPECT_EQ(value.find_first_of("\n\xc3"), std::string::npos) << name;
    }
    const auto read = read_rejection(metadata, "v1");
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, rejection);
}

TEST(Rejection, of_another_event_is_not_taken_for_this_ones) {
    Metadata metadata;
    add_rejection(metadata, tom(), reject("damaged", "why"));
    EXPECT_FALSE(read_rejection(metadata, "v2"));
    EXPECT_FALSE(read_rejection({}, "v1"));
    metadata["onput-message"] = "%zz";
    EXPECT_FALSE(read_rejection(metadata, "v1"));
}

TEST(Rejection, with_the_longest_words_fits_into_metadata) {
    Subject photo = tom();
    photo.key = std::string(1024, '\x01');
    std::string message;
    while (message.size() < 2000) message += "ộ";
    const Rejection rejection = reject("unsupported_format", message);
    EXPECT_LE(rejection.message.size(), rejection_message_bytes_max);
    EXPECT_TRUE(is_utf8(rejection.message));
    for (Metadata metadata : {Metadata{}, make_sidecar_object(photo, {"outbox", ""}).metadata}) {
        add_rejection(metadata, photo, rejection);
        std::size_t bytes = 0;
        for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
        EXPECT_LE(bytes, schema::user_metadata_bytes_max);
        EXPECT_EQ(read_rejection(metadata, "v1"), rejection);
    }
}

TEST(Rejection, the_copy_in_quarantine_keeps_key_and_content_type) {
    const auto object = make_quarantine_object(tom(), {"jail", "bad/"}, reject("damaged", "why"));
    EXPECT_EQ(object.bucket, "jail");
    EXPECT_EQ(object.key, "bad/cats/tom.jpg");
    EXPECT_EQ(object.content_type, "image/jpeg");
    EXPECT_EQ(object.metadata, (Metadata{{"onput-reason", "damaged"},
                                         {"onput-message", "why"},
                                         {"onput-event", "v1"},
                                         {"onput-source", "s3://inbox/cats/tom.jpg"}}));
}

}  // namespace
}  // namespace onput::image
