#include "services/image/sidecar.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace onput::image {
namespace {

Subject tom() {
    return {.bucket = "inbox",
            .key = "tom.jpg",
            .etag = "e1",
            .version_id = "7",
            .content_type = "image/jpeg",
            .size_bytes = 1000,
            .function = "photos",
            .message_id = "m1",
            .event_id = "v1"};
}

ImageResult result_of_tom() {
    ImageResult result;
    result.photo = {.format = "jpeg",
                    .width = 40,
                    .height = 30,
                    .pages = 1,
                    .bands = 3,
                    .bits = 8,
                    .color_space = "srgb",
                    .has_profile = true,
                    .orientation = 6,
                    .dominant_color = "#a08060",
                    .exif = {{"Make", "Box \"A\""}},
                    .has_gps = true};
    result.derivatives.push_back({.name = "web",
                                  .content_type = "image/webp",
                                  .extension = "webp",
                                  .bytes = 99,
                                  .width = 20,
                                  .height = 15,
                                  .quality = 71});
    result.omitted.push_back({.name = "tall", .reason = "bad_recipe", .message = "too tall"});
    return result;
}

std::vector<schema::JobOutput> outputs_of_tom() {
    return {{.name = "web",
             .bucket = "outbox",
             .key = "tom.web.webp",
             .version_id = "8",
             .etag = "e2",
             .content_type = "image/webp",
             .size_bytes = 99,
             .width = 20,
             .height = 15,
             .pages = 1}};
}

TEST(Sidecar, tells_everything_that_is_known) {
    const auto expected = nlohmann::json::parse(R"({
        "version": 1, "valid": true,
        "source": {"bucket": "inbox", "key": "tom.jpg", "version_id": "7", "etag": "e1",
                   "size_bytes": 1000, "content_type": "image/jpeg"},
        "function": "photos", "event_id": "v1",
        "photo": {"format": "jpeg", "width": 40, "height": 30, "pages": 1, "bands": 3, "bits": 8,
                  "color_space": "srgb", "has_alpha": false, "has_profile": true,
                  "orientation": 6, "dominant_color": "#a08060", "has_gps": true,
                  "exif": {"Make": "Box \"A\""}},
        "derivatives": [{"name": "web", "bucket": "outbox", "key": "tom.web.webp",
                         "version_id": "8", "etag": "e2", "content_type": "image/webp",
                         "size_bytes": 99, "width": 20, "height": 15, "pages": 1,
                         "quality": 71}],
        "omitted": [{"name": "tall", "reason": "bad_recipe", "message": "too tall"}]})");
    const std::string text = make_sidecar(tom(), result_of_tom(), outputs_of_tom());
    EXPECT_EQ(nlohmann::json::parse(text), expected);
    EXPECT_TRUE(text.starts_with("{\n  \"version\": 1,\n  \"valid\": true,"));
}

TEST(Sidecar, is_the_same_for_the_same_photo) {
    EXPECT_EQ(make_sidecar(tom(), result_of_tom(), outputs_of_tom()),
              make_sidecar(tom(), result_of_tom(), outputs_of_tom()));
}

TEST(Sidecar, of_hostile_exif_is_json_all_the_same) {
    auto result = result_of_tom();
    result.photo.exif = {{"Make", "\xff\xfe\x01"}, {"\xc3", "x"}};
    const auto parsed =
        nlohmann::json::parse(make_sidecar(tom(), result, outputs_of_tom()), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded());
    EXPECT_EQ(parsed["photo"]["exif"]["Make"], "\xef\xbf\xbd\xef\xbf\xbd\x01");
}

TEST(Sidecar, too_large_for_one_message_does_without_exif) {
    auto result = result_of_tom();
    result.photo.exif["Make"] = std::string(60'000, '\x01');  // Six bytes each in JSON.
    const std::string text = make_sidecar(tom(), result, outputs_of_tom());
    EXPECT_LE(text.size(), schema::whole_put_bytes_max);
    EXPECT_TRUE(nlohmann::json::parse(text)["photo"]["exif"].empty());
}

TEST(Sidecar, of_a_deleted_upload_says_why) {
    const auto parsed = nlohmann::json::parse(
        make_rejected_sidecar(tom(), {.reason = "damaged", .message = "cut at line 7"}));
    EXPECT_EQ(parsed["valid"], false);
    EXPECT_EQ(parsed["error"]["reason"], "damaged");
    EXPECT_EQ(parsed["error"]["message"], "cut at line 7");
    EXPECT_EQ(parsed["disposition"], "deleted");
    EXPECT_EQ(parsed["source"]["key"], "tom.jpg");
    EXPECT_FALSE(parsed.contains("photo"));
}

}  // namespace
}  // namespace onput::image
