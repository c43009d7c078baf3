// What workers write and remove because of an object, against what has become of that object.
#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class ResultsTest : public testing::Test, public Harness {
protected:
    ResultsTest() { create_bucket("photos"); }
};

TEST_F(ResultsTest, a_result_of_an_older_source_never_replaces_a_newer_one_s) {
    const auto old_text = put("text", "long");
    const auto new_text = put("text", "short");
    const auto result_of = [this](const schema::ObjectPut& source, const std::string& bytes) {
        auto request = put_request("speech", bytes.size());
        request.source = {.bucket = "photos", .key = "text", .sequencer = source.sequencer};
        return put(request, {.bytes = bytes});
    };
    ASSERT_TRUE(result_of(*new_text, "of short"));
    EXPECT_EQ(result_of(*old_text, "of long").error().reason, "superseded");
    EXPECT_EQ(get("speech")->bytes, "of short");
}

TEST_F(ResultsTest, a_result_replaces_nothing_but_an_earlier_result_of_its_source) {
    const auto result_of = [this](const std::string& key, const std::string& at) {
        auto request = put_request(at, 1);
        request.source = {.bucket = "photos", .key = key, .sequencer = head(key)->sequencer};
        return put(request, {.bytes = "x"});
    };
    ASSERT_TRUE(put("cat.jpg", "j"));
    ASSERT_TRUE(put("cat.png", "p"));
    ASSERT_TRUE(put("report.json", "a user's own"));
    ASSERT_TRUE(result_of("cat.jpg", "cat.thumbnail.jpg"));
    ASSERT_TRUE(result_of("cat.jpg", "cat.thumbnail.jpg"));
    const auto other = result_of("cat.png", "cat.thumbnail.jpg");
    EXPECT_EQ(other.error().reason, "result_exists");
    EXPECT_NE(other.error().message.find("made of s3://photos/cat.jpg"), std::string::npos);
    EXPECT_EQ(result_of("cat.jpg", "report.json").error().reason, "result_exists");
    EXPECT_EQ(get("report.json")->bytes, "a user's own");
}

TEST_F(ResultsTest, a_result_is_not_made_once_its_source_is_deleted) {
    const auto text = put("text", "long");
    ASSERT_TRUE(remove("text"));
    auto request = put_request("speech", 1);
    request.source = {.bucket = "photos", .key = "text", .sequencer = text->sequencer};
    EXPECT_EQ(put(request, {.bytes = "x"}).error().reason, "superseded");
    EXPECT_FALSE(get("speech"));
}

TEST_F(ResultsTest,
       a_source_that_was_replaced_by_the_same_bytes_is_not_deleted_for_the_old_one_s_sake) {
    const auto old_photo = put("photo", "same");
    ASSERT_TRUE(put("photo", "same"));
    schema::DeleteObject request{.bucket = "photos", .key = "photo"};
    request.source = {.bucket = "photos", .key = "photo", .sequencer = old_photo->sequencer};
    Effects effects;
    EXPECT_EQ(core->delete_object(request, caller(), effects).error().reason, "superseded");
    EXPECT_TRUE(get("photo"));
}

}  // namespace
}  // namespace onput::storage
