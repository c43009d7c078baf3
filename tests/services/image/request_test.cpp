#include "services/image/request.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

const std::string two_derivatives = R"({"output": {"bucket": "outbox"}, "derivatives": [
    {"name": "thumbnail", "steps": []}, {"name": "web", "steps": []}]})";

Subject tom() {
    return {.bucket = "inbox",
            .key = "cats/tom.jpg",
            .etag = "e1",
            .content_type = "image/jpeg",
            .size_bytes = 1000,
            .function = "photos",
            .message_id = "m1",
            .event_id = "v1"};
}

PhotoFacts facts_of_tom() {
    return {.format = "jpeg", .width = 4000, .height = 3000, .dominant_color = "#a08060"};
}

DerivativeResult thumbnail() {
    return {.name = "thumbnail",
            .content_type = "image/webp",
            .extension = "webp",
            .bytes = 12'345,
            .width = 320,
            .height = 240,
            .pages = 1,
            .quality = 80};
}

std::size_t bytes_of(const Metadata& metadata) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
    return bytes;
}

std::vector<std::string> chosen(const std::string& wanted) {
    const auto json = choose_recipe(two_derivatives, {{"onput-derivatives", wanted}});
    if (!json) return {json.error().reason, json.error().message};
    std::vector<std::string> names;
    const auto recipe = recipe::parse_recipe(*json);
    for (const auto& derivative : recipe->derivatives) names.push_back(derivative.name);
    return names;
}

using Names = std::vector<std::string>;

TEST(Request, without_metadata_all_derivatives_are_made) {
    EXPECT_EQ(choose_recipe(two_derivatives, {}).value(), two_derivatives);
}

TEST(Request, the_objects_metadata_chooses_derivatives) {
    EXPECT_EQ(chosen("web"), Names{"web"});
    EXPECT_EQ(chosen(" web ,\tthumbnail"), (Names{"thumbnail", "web"}));
}

TEST(Request, an_unknown_derivative_is_refused_by_name) {
    EXPECT_EQ(chosen("web,big"),
              (Names{"bad_derivatives",
                     "metadata onput-derivatives 'web,big': there is no derivative 'big'"}));
    EXPECT_EQ(chosen(""), (Names{"bad_derivatives",
                                 "metadata onput-derivatives '': there is no derivative ''"}));
}

TEST(Request, a_function_without_configuration_is_refused) {
    const auto refused = choose_recipe("", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "bad_recipe");
    EXPECT_EQ(refused.error().message, "the function has no configuration");
}

TEST(Request, a_derivative_carries_the_photos_facts) {
    const auto object =
        make_derivative_object(tom(), {"outbox", "photos/"}, facts_of_tom(), thumbnail());
    ASSERT_TRUE(object);
    EXPECT_EQ(object->bucket, "outbox");
    EXPECT_EQ(object->key, "photos/cats/tom.thumbnail.webp");
    EXPECT_EQ(object->content_type, "image/webp");
    EXPECT_EQ(object->metadata, (Metadata{{"onput-width", "320"},
                                          {"onput-height", "240"},
                                          {"onput-format", "webp"},
                                          {"onput-photo-width", "4000"},
                                          {"onput-photo-height", "3000"},
                                          {"onput-photo-format", "jpeg"},
                                          {"onput-photo-dominant-color", "#a08060"},
                                          {"onput-source", "s3://inbox/cats/tom.jpg"},
                                          {"onput-source-etag", "e1"},
                                          {"onput-function", "photos"}}));
}

TEST(Request, work_done_twice_has_one_idempotency_key_per_thing_and_photo) {
    const auto key_of = [](const Subject& photo, const std::string& name) {
        auto derivative = thumbnail();
        derivative.name = name;
        return make_derivative_object(photo, {"outbox", ""}, {}, derivative)->idempotency_key;
    };
    Subject replaced = tom();
    replaced.etag = "e2";
    EXPECT_EQ(key_of(tom(), "a"), key_of(tom(), "a"));
    EXPECT_NE(key_of(tom(), "a"), key_of(tom(), "b"));
    EXPECT_NE(key_of(tom(), "a"), key_of(replaced, "a"));
    EXPECT_NE(key_of(tom(), "a"), make_sidecar_object(tom(), {"outbox", ""}).idempotency_key);
}

TEST(Request, metadata_is_ascii_and_within_two_kilobytes) {
    Subject photo = tom();
    photo.key = "mèo 100%\n.jpg";
    const auto object = make_derivative_object(photo, {"outbox", ""}, facts_of_tom(), thumbnail());
    EXPECT_EQ(object->metadata.at("onput-source"), "s3://inbox/m%C3%A8o 100%25%0A.jpg");

    photo.key = std::string(1000, '\x01');
    const auto crowded = make_derivative_object(photo, {"outbox", ""}, facts_of_tom(), thumbnail());
    EXPECT_FALSE(crowded->metadata.contains("onput-source"));
    EXPECT_TRUE(crowded->metadata.contains("onput-width"));
    EXPECT_LE(bytes_of(crowded->metadata), schema::user_metadata_bytes_max);
    EXPECT_FALSE(make_sidecar_object(photo, {"outbox", ""}).metadata.contains("onput-source"));
}

TEST(Request, metadata_takes_what_just_fits) {
    Metadata metadata;
    EXPECT_TRUE(add_within_limit(metadata, "n", std::string(2047, 'v')));
    EXPECT_FALSE(add_within_limit(metadata, "o", ""));
    EXPECT_EQ(metadata.size(), 1U);
}

TEST(Request, keys_leave_room_for_the_prefix) {
    Subject photo = tom();
    photo.key = std::string(1024, 'k');
    const recipe::Place place{"outbox", std::string(recipe::prefix_bytes_max, 'p')};
    const auto object = make_derivative_object(photo, place, {}, thumbnail());
    EXPECT_EQ(object->key.size(), recipe::key_bytes_max);
    EXPECT_EQ(make_sidecar_object(photo, place).key.size(), recipe::key_bytes_max);
}

TEST(Request, an_unknown_extension_is_no_derivative) {
    auto derivative = thumbnail();
    derivative.extension = "exe";
    const auto refused = make_derivative_object(tom(), {"outbox", ""}, {}, derivative);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corruption);
}

TEST(Request, the_sidecar_lies_beside_the_derivatives) {
    const auto object = make_sidecar_object(tom(), {"outbox", "photos/"});
    EXPECT_EQ(object.key, "photos/cats/tom.json");
    EXPECT_EQ(object.content_type, "application/json");
}

TEST(Request, knows_its_own_work_and_its_quarantine) {
    const auto object = make_derivative_object(tom(), {"outbox", ""}, {}, thumbnail());
    EXPECT_TRUE(is_made_by(object->metadata, "photos"));
    EXPECT_FALSE(is_made_by(object->metadata, "other"));
    EXPECT_FALSE(is_made_by({}, "photos"));

    recipe::Recipe recipe;
    recipe.invalid = recipe::InvalidPolicy::quarantine;
    recipe.quarantine = {"inbox", "jail/"};
    Subject photo = tom();
    EXPECT_FALSE(is_in_quarantine(recipe, photo));
    photo.key = "jail/tom.jpg";
    EXPECT_TRUE(is_in_quarantine(recipe, photo));
    recipe.quarantine.prefix.clear();
    EXPECT_FALSE(is_in_quarantine(recipe, photo));
    recipe = {};
    EXPECT_FALSE(is_in_quarantine(recipe, photo));
}

TEST(Request, the_summary_names_photo_and_derivatives) {
    auto web = thumbnail();
    web.name = "web";
    web.bytes = 180'000;
    ImageResult result{.photo = facts_of_tom(), .derivatives = {thumbnail(), web}};
    EXPECT_EQ(summarise(tom(), result),
              "jpeg 4000x3000 from s3://inbox/cats/tom.jpg: thumbnail 320x240 12.3 kB, web 320x240 "
              "180.0 kB");
    result.derivatives.clear();
    EXPECT_EQ(summarise(tom(), result), "jpeg 4000x3000 from s3://inbox/cats/tom.jpg");
}

}  // namespace
}  // namespace onput::image
